"""Alerts with their ladder, and messages with what became of them."""

from alembic import op

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = ("shared_0001",)

TABLES = (
    # An alarm that comes by HTTP and by Kafka is one alert: unique by walk and deadline.
    """
    create table alert (
        id uuid primary key,
        walk_id uuid not null,
        due_at timestamptz not null,
        ward_code text not null,
        ward_set text not null,
        missing text not null check (missing in ('start', 'end')),
        rung text not null check (rung in ('supervisor', 'control_room')),
        raised_at timestamptz not null,
        climbs_at timestamptz,
        escalated_at timestamptz,
        acknowledged_at timestamptz,
        acknowledged_by text,
        acknowledged_name text,
        cleared_at timestamptz,
        constraint alert_once unique (walk_id, due_at),
        constraint alert_acknowledged_by_somebody check (
            num_nonnulls(acknowledged_at, acknowledged_by, acknowledged_name) in (0, 3)
        ),
        constraint alert_climbs_while_open check (
            climbs_at is null or num_nonnulls(acknowledged_at, cleared_at) = 0
        )
    )
    """,
    "create index alert_newest on alert (raised_at desc, id desc)",
    """
    create index alert_open on alert (raised_at desc, id desc)
     where acknowledged_at is null and cleared_at is null
    """,
    "create index alert_climbing on alert (climbs_at) where climbs_at is not null",
    # To a participant (about a walk: sequence and times) or to a rung (about an alert); no address.
    """
    create table message (
        id uuid primary key,
        purpose text not null check (
            purpose in ('walk_confirmed', 'walk_cancelled', 'alert_waiting')
        ),
        template text not null,
        walk_id uuid not null,
        sequence bigint,
        starts_at timestamptz,
        ends_at timestamptz,
        alert_id uuid references alert,
        rung text check (rung in ('supervisor', 'control_room')),
        state text not null default 'intended' check (
            state in ('intended', 'sending', 'retrying',
                      'delivered', 'withheld', 'expired', 'failed')
        ),
        reason text,
        attempts int not null default 0,
        claim uuid,
        due_at timestamptz not null,
        created_at timestamptz not null,
        settled_at timestamptz,
        constraint message_once unique (walk_id, purpose, sequence),
        constraint message_once_a_rung unique (alert_id, rung),
        constraint message_about_one_thing check (
            (num_nonnulls(sequence, starts_at, ends_at) = 3 and num_nonnulls(alert_id, rung) = 0)
            or (num_nonnulls(sequence, starts_at, ends_at) = 0 and num_nonnulls(alert_id, rung) = 2)
        )
    ) with (fillfactor = 80)
    """,
    """
    create index message_due on message (due_at)
     where state in ('intended', 'sending', 'retrying')
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in TABLES:
        op.execute(statement)
