"""Walks that are broken off, missed and debriefed; taps that come late and say their own time."""

from alembic import op

revision = "booking_0004"
down_revision = "booking_0003"
branch_labels = None
depends_on = None

# walk_check5 and 6 said which states a walk has been started and ended in.
STATEMENTS = (
    """
    alter table walk
        drop constraint walk_state_check,
        drop constraint walk_check5,
        drop constraint walk_check6,
        add column started_late boolean not null default false,
        add column ended_late boolean not null default false,
        add column abort_reason text
            check (abort_reason in ('incident', 'weather', 'participant', 'safety')),
        add column missed_at timestamptz,
        add column missed_by text,
        add column missing_party text check (missing_party in ('participant', 'officer')),
        add column debriefed_at timestamptz,
        add column debriefed_by text,
        add constraint walk_state_check check (state in
            ('held', 'confirmed', 'started', 'ended', 'aborted', 'debriefed', 'closed', 'no_show',
             'cancelled')),
        add constraint walk_started_check check ((started_at is not null)
            = (state in ('started', 'ended', 'aborted', 'debriefed', 'closed'))),
        add constraint walk_ended_check check ((ended_at is not null)
            = (state in ('ended', 'aborted', 'debriefed', 'closed'))),
        add constraint walk_aborted_check check (state <> 'aborted' or abort_reason is not null),
        add constraint walk_missed_check check ((missed_at is null) = (missed_by is null)
            and (missed_at is null) = (missing_party is null)
            and (missed_at is not null) = (state = 'no_show')),
        add constraint walk_debriefed_check check ((debriefed_at is null) = (debriefed_by is null)
            and (state <> 'debriefed' or debriefed_at is not null))
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
