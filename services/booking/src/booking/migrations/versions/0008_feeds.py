"""Calendar feeds of officers: a digest of each one's token, and nothing that leads back to it."""

from alembic import op

revision = "booking_0008"
down_revision = "booking_0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table feed (
        officer_id uuid primary key references officer,
        digest bytea not null unique check (length(digest) = 32),
        made_by text not null,
        made_at timestamptz not null
    )
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
