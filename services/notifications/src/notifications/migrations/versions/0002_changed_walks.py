"""Messages about a walk that moved, that another officer takes, or to which somebody did not come."""

from alembic import op

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        """
        alter table message
            drop constraint message_purpose_check,
            add constraint message_purpose_check check (
                purpose in ('walk_confirmed', 'walk_moved', 'officer_changed', 'walk_missed',
                            'walk_cancelled', 'alert_waiting'))
        """
    )
