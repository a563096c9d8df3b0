"""Plans for the walks of an officer who is away: what was reviewed, and what came of it."""

from alembic import op

revision = "booking_0009"
down_revision = "booking_0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table replan (
        id uuid primary key,
        absence_id uuid not null references absence on delete cascade,
        made_by text not null,
        made_at timestamptz not null
    )
    """,
    "create index replan_of_absence on replan (absence_id, made_at)",
    "create index offer_of_walk on offer (walk_id)",
    # A held walk goes when its offer does, and its row with it: no reference to a walk.
    """
    create table replan_step (
        replan_id uuid not null references replan on delete cascade,
        step_no int not null,
        walk_id uuid not null,
        walk_version int not null,
        slot_id uuid not null references slot,
        reference text not null,
        ward_name text not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        choice text not null
            check (choice in ('reassign', 'reoffer', 'waitlist', 'lapse', 'leave')),
        officer_id uuid references officer,
        other_slot_id uuid references slot,
        why text[] not null,
        outcome text check (outcome in ('done', 'changed', 'left')),
        said text,
        request_id uuid references request,
        done_by text,
        done_at timestamptz,
        primary key (replan_id, step_no),
        check ((choice = 'reassign') = (officer_id is not null)),
        check ((choice = 'reoffer') = (other_slot_id is not null)),
        check ((outcome is null) = (done_at is null) and (outcome is null) = (done_by is null))
    )
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
