"""A slot kept while a form is filled: a held walk that a visitor has, and no offer."""

from alembic import op

revision = "booking_0011"
down_revision = "booking_0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A digest of what only her browser has, or who called the API; a place held for an offer has none.
    """
    alter table walk
        add column holder bytea check (length(holder) = 32),
        add check (holder is null or state = 'held')
    """,
    # Whoever it is has one at most: a new one lets the old go.
    "create unique index walk_of_holder on walk (holder) where holder is not null",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
