"""Before when she must know what a message says: it does not wait for her hours beyond that."""

from alembic import op

revision = "notifications_0004"
down_revision = "notifications_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table message add column needed_by timestamptz")
