"""Teams, officers, slots, assignments, walks and participants."""

from alembic import op

revision = "booking_0001"
down_revision = None
branch_labels = ("booking",)
depends_on = ("shared_0001",)

TABLES = (
    """
    create table team (
        id uuid primary key,
        name text not null unique,
        min_notice interval not null,
        horizon interval not null,
        buffer interval not null,
        grace interval not null
    )
    """,
    """
    create table officer (
        id uuid primary key,
        officer_no int generated always as identity unique,
        subject text not null unique,
        display_name text not null,
        role text not null check (role in ('PC', 'PCSO')),
        force_phone text not null,
        team_id uuid not null references team
    )
    """,
    """
    create table slot (
        id uuid primary key,
        officer_id uuid not null references officer,
        state text not null default 'open' check (state in ('open', 'booked', 'withdrawn')),
        ward_code text not null,
        ward_name text not null,
        ward_set text not null,
        near text not null,
        meeting_name text not null,
        meeting_lon double precision not null,
        meeting_lat double precision not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        local_date date not null,
        local_from time not null,
        local_to time not null,
        tz_version text not null,
        after_dark boolean not null,
        opened_by text not null,
        opened_at timestamptz not null,
        check (ends_at > starts_at),
        check (ends_at <= starts_at + interval '4 hours')
    ) with (fillfactor = 80)
    """,
    "create unique index slot_once on slot (officer_id, starts_at) where state <> 'withdrawn'",
    "create index slot_open on slot (starts_at, id) where state = 'open'",
    """
    create table walk (
        id uuid primary key,
        shared_id uuid not null unique,
        reference text not null constraint walk_reference unique,
        slot_id uuid not null references slot,
        officer_id uuid not null references officer,
        state text not null
            check (state in ('held', 'confirmed', 'started', 'ended', 'cancelled')),
        version int not null default 1,
        sequence int not null default 0,
        link_generation int not null default 1,
        ward_code text not null,
        ward_name text not null,
        ward_set text not null,
        near text not null,
        meeting_name text not null,
        meeting_lon double precision not null,
        meeting_lat double precision not null,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        local_date date not null,
        local_from time not null,
        local_to time not null,
        tz_version text not null,
        after_dark boolean not null,
        start_due_at timestamptz not null,
        end_due_at timestamptz not null,
        confirmed_at timestamptz not null,
        started_at timestamptz,
        started_by text,
        ended_at timestamptz,
        ended_by text,
        cancelled_at timestamptz,
        cancelled_by text,
        initiator text check (initiator in ('participant', 'force', 'weather', 'safety')),
        overdue_due_at timestamptz,
        overdue_missing text check (overdue_missing in ('start', 'end')),
        concern_count int not null default 0,
        check ((started_at is null) = (started_by is null)),
        check ((ended_at is null) = (ended_by is null)),
        check ((cancelled_at is null) = (cancelled_by is null)),
        check ((cancelled_at is null) = (initiator is null)),
        check ((overdue_due_at is null) = (overdue_missing is null)),
        check ((started_at is not null) = (state in ('started', 'ended'))),
        check ((ended_at is not null) = (state = 'ended')),
        check ((cancelled_at is not null) = (state = 'cancelled'))
    ) with (fillfactor = 80)
    """,
    "create unique index walk_of_slot on walk (slot_id) where state <> 'cancelled'",
    "create index walk_by_start on walk (starts_at, id)",
    "create index walk_by_day on walk (local_date, starts_at, id)",
    """
    create index walk_start_due on walk (start_due_at)
     where state = 'confirmed' and overdue_due_at is null
    """,
    """
    create index walk_end_due on walk (end_due_at)
     where state = 'started' and overdue_due_at is null
    """,
    "create index walk_overdue on walk (overdue_due_at) where overdue_due_at is not null",
    # An officer is never double-booked: no two of her assignments overlap, buffers included. Ranges
    # of one number stand in for equality, which a gist index has only with an extension.
    """
    create table assignment (
        walk_id uuid not null references walk,
        officer_no int not null references officer (officer_no),
        during tstzrange not null check (not isempty(during)),
        state text not null check (state in ('held', 'confirmed', 'started', 'ended', 'released')),
        primary key (walk_id, officer_no),
        constraint officer_is_free exclude using gist (
            int4range(officer_no, officer_no, '[]') with &&, during with &&
        ) where (state <> 'released')
    )
    """,
    # What may be booked as far as rows can tell; what the hour allows is asked with the hour in hand.
    """
    create view bookable_slot as
    select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
           officer.team_id, team.min_notice, team.horizon
      from slot
      join officer on officer.id = slot.officer_id
      join team on team.id = officer.team_id
     where slot.state = 'open'
       and not exists (
           select from assignment
            where int4range(assignment.officer_no, assignment.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and assignment.during
                  && tstzrange(slot.starts_at - team.buffer, slot.ends_at + team.buffer)
              and assignment.state <> 'released')
    """,
    # The only table that knows who somebody is.
    """
    create table participant (
        id uuid primary key,
        walk_id uuid not null references walk,
        name text not null,
        email text not null,
        contact_hmac bytea not null,
        note text,
        created_at timestamptz not null
    )
    """,
    "create index participant_of_walk on participant (walk_id)",
    "create index participant_by_contact on participant (contact_hmac, created_at)",
    "create table refused_try (contact_hmac bytea not null, tried_at timestamptz not null)",
    "create index refused_try_by_contact on refused_try (contact_hmac, tried_at)",
    # What notifications must hear by HTTP as well, until it has answered.
    """
    create table overdue_report (
        event_id uuid primary key,
        walk_id uuid not null references walk,
        ward_code text not null,
        ward_set text not null,
        due_at timestamptz not null,
        missing text not null check (missing in ('start', 'end')),
        attempts int not null default 0,
        next_attempt_at timestamptz not null,
        reported_at timestamptz,
        unique (walk_id, due_at)
    )
    """,
    """
    create index overdue_report_pending on overdue_report (next_attempt_at)
     where reported_at is null
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in TABLES:
        op.execute(statement)
