"""Slots are bookable in the wards that a team covers; shifts know how far their slots have been opened."""

from alembic import op

revision = "booking_0005"
down_revision = "booking_0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table team add column wards_version int not null default 1",
    # What a shift's slots were last opened to, and under which policy and time zone rules: another
    # value says that there is something to do.
    """
    alter table shift
        add column opened_to date,
        add column opened_under text
    """,
    # The roster opens a slot again that it withdrew itself, and never one that somebody else did.
    "alter table slot add column off_roster boolean not null default false",
    "create index slot_of_officer on slot (officer_id, starts_at)",
    # As before, and: in a ward that the team covers or borrows. A team without any covers every ward.
    """
    create or replace view bookable_slot as
    select slot.id, slot.officer_id, slot.state, slot.ward_code, slot.ward_name, slot.ward_set,
           slot.near, slot.meeting_name, slot.meeting_lon, slot.meeting_lat, slot.starts_at,
           slot.ends_at, slot.local_date, slot.local_from, slot.local_to, slot.tz_version,
           slot.after_dark, slot.opened_by, slot.opened_at, slot.shift_id, slot.capacity,
           officer.officer_no, officer.display_name, officer.force_phone, officer.role,
           officer.team_id, officer.sex, officer.languages, officer.skills,
           policy.min_notice, policy.horizon,
           coalesce(team_ward.borrowed, false) as borrowed
      from slot
      join officer on officer.id = slot.officer_id
      join team on team.id = officer.team_id
      join policy on policy.team_id = team.id and policy.version = team.policy_version
      left join team_ward
        on team_ward.team_id = team.id and team_ward.ward_code = slot.ward_code
     where slot.state = 'open'
       and (team_ward.ward_code is not null
            or not exists (select from team_ward as any_ward where any_ward.team_id = team.id))
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
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
