"""Policies with versions, rosters and absences; an officer's time is taken by a slot, not by a walk."""

from alembic import op

revision = "booking_0003"
down_revision = "booking_0002"
branch_labels = None
depends_on = None

TEAMS = (
    # Only ever added to: what was promised under a version is kept by it.
    """
    create table policy (
        team_id uuid not null references team,
        version int not null check (version > 0),
        min_notice interval not null,
        horizon interval not null,
        buffer interval not null,
        debrief interval not null default '0',
        grace interval not null,
        walk_minutes int not null default 30 check (walk_minutes between 1 and 240),
        daily_limit int not null default 12 check (daily_limit > 0),
        officer_sex text not null default 'any' check (officer_sex in ('any', 'if_asked', 'women')),
        group_size int not null default 1 check (group_size between 1 and 20),
        people_per_officer int not null default 6 check (people_per_officer > 0),
        youth text not null default 'adults_only' check (youth in ('adults_only', 'with_guardian')),
        youth_from int not null default 16 check (youth_from between 10 and 17),
        set_by text not null,
        set_at timestamptz not null,
        primary key (team_id, version)
    )
    """,
    """
    insert into policy (team_id, version, min_notice, horizon, buffer, grace, set_by, set_at)
    select id, 1, min_notice, horizon, buffer, grace, 'migration', now() from team
    """,
    "alter table team add column policy_version int not null default 1",
    # A team without any covers every ward; one that it borrows from is a neighbour's.
    """
    create table team_ward (
        team_id uuid not null references team,
        ward_code text not null,
        borrowed boolean not null default false,
        primary key (team_id, ward_code)
    )
    """,
)

ROSTERS = (
    """
    alter table officer
        add column sex text check (sex in ('female', 'male')),
        add column languages text[] not null default '{en}',
        add column skills text[] not null default '{}'
    """,
    # Why somebody is not there is for coordinators; nothing else asks for the kind.
    """
    create table absence (
        id uuid primary key,
        officer_no int not null references officer (officer_no),
        kind text not null
            check (kind in ('sick', 'redeployed', 'leave', 'moved', 'suspended', 'blocked')),
        during tstzrange not null check (not isempty(during)),
        noted_by text not null,
        noted_at timestamptz not null,
        version int not null default 1
    )
    """,
    """
    create index absence_of_officer
        on absence using gist (int4range(officer_no, officer_no, '[]'), during)
    """,
    # A shift says on which weekday (1 is Monday) and at which wall times somebody offers walks, and
    # where; its slots are opened by the worker, up to the horizon.
    """
    create table shift (
        id uuid primary key,
        officer_id uuid not null references officer,
        weekday int not null check (weekday between 1 and 7),
        wall_from time not null,
        wall_to time not null check (wall_to <> wall_from),
        from_date date not null,
        until_date date check (until_date >= from_date),
        ward_code text not null,
        near text not null,
        meeting_name text not null,
        meeting_lon double precision not null,
        meeting_lat double precision not null,
        capacity int not null default 1 check (capacity between 1 and 20),
        made_by text not null,
        made_at timestamptz not null,
        version int not null default 1
    )
    """,
    "create index shift_of_officer on shift (officer_id, weekday)",
    # A day on which a shift is worked at other times, or (both null) not at all.
    """
    create table shift_exception (
        shift_id uuid not null references shift on delete cascade,
        day date not null,
        wall_from time,
        wall_to time,
        primary key (shift_id, day),
        check ((wall_from is null) = (wall_to is null))
    )
    """,
)

SLOTS = (
    "drop view bookable_slot",
    "alter table team drop column min_notice, drop column horizon, drop column buffer, drop column grace",
    "update slot set state = 'open' where state = 'booked'",
    """
    alter table slot
        drop constraint slot_state_check,
        add constraint slot_state_check check (state in ('open', 'withdrawn')),
        add column shift_id uuid references shift on delete set null,
        add column capacity int not null default 1 check (capacity between 1 and 20)
    """,
    "create index slot_of_shift on slot (shift_id, starts_at) where shift_id is not null",
    # Officers who walk along beside the one that offers the slot.
    """
    create table slot_officer (
        slot_id uuid not null references slot,
        officer_id uuid not null references officer,
        primary key (slot_id, officer_id)
    )
    """,
    "drop index walk_of_slot",
    "create index walk_of_slot on walk (slot_id) where state <> 'cancelled'",
    """
    alter table walk
        alter confirmed_at drop not null,
        add column held_until timestamptz,
        add check ((state = 'held') = (held_until is not null)),
        add check (state = 'held' or confirmed_at is not null)
    """,
    "create index walk_held on walk (held_until) where state = 'held'",
    # An officer is never double-booked: no two of her assignments overlap, buffers included. Ranges
    # of one number stand in for equality, which a gist index has only with an extension.
    """
    alter table assignment
        drop constraint officer_is_free,
        drop constraint assignment_pkey,
        add column slot_id uuid references slot
    """,
    "delete from assignment where state = 'released'",
    "update assignment set slot_id = walk.slot_id from walk where walk.id = assignment.walk_id",
    """
    alter table assignment
        drop column walk_id,
        drop column state,
        alter slot_id set not null,
        add primary key (slot_id, officer_no),
        add constraint officer_is_free exclude using gist (
            int4range(officer_no, officer_no, '[]') with &&, during with &&
        )
    """,
    # What may be booked as far as rows can tell; what the hour allows is asked with the hour in hand.
    # The list, a hold, an offer and a booking all ask this one question.
    """
    create view bookable_slot as
    select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
           officer.team_id, officer.sex, officer.languages, officer.skills,
           policy.min_notice, policy.horizon
      from slot
      join officer on officer.id = slot.officer_id
      join team on team.id = officer.team_id
      join policy on policy.team_id = team.id and policy.version = team.policy_version
     where slot.state = 'open'
       and slot.capacity > (
           select count(*) from walk where walk.slot_id = slot.id and walk.state <> 'cancelled')
       and not exists (
           select from absence
            where int4range(absence.officer_no, absence.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and absence.during && tstzrange(slot.starts_at, slot.ends_at))
       and not exists (
           select from assignment
            where int4range(assignment.officer_no, assignment.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and assignment.during && tstzrange(slot.starts_at - policy.buffer,
                                                 slot.ends_at + policy.buffer + policy.debrief)
              and assignment.slot_id <> slot.id)
       and policy.daily_limit > (
           select count(*) from assignment join slot as other on other.id = assignment.slot_id
            where assignment.officer_no = officer.officer_no
              and other.local_date = slot.local_date and other.id <> slot.id)
       and (policy.officer_sex <> 'women' or officer.sex = 'female')
    """,
    "create index assignment_of_officer on assignment (officer_no)",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in (*TEAMS, *ROSTERS, *SLOTS):
        op.execute(statement)
