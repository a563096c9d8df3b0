"""Since when somebody has taken an overdue walk's alarm on; which walks are to be closed."""

from alembic import op

revision = "booking_0012"
down_revision = "booking_0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    alter table walk
        add column overdue_acknowledged_at timestamptz,
        add check (overdue_acknowledged_at is null or overdue_due_at is not null)
    """,
    "create index walk_to_close on walk (ends_at) where state = 'debriefed'",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
