"""A held walk may be a form's, and no offer's; what can be had is asked of one slot after the other."""

from alembic import op

revision = "booking_0010"
down_revision = "booking_0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    # A digest of what only her browser has, or who called the API; a place held for an offer has none.
    """
    alter table walk
        add column holder bytea check (length(holder) = 32),
        add check (holder is null or state = 'held')
    """,
    # Whoever it is has one at most: a new one lets the old go.
    "create unique index walk_of_holder on walk (holder) where holder is not null",
    "create index slot_of_day on slot (local_date, ward_code, starts_at, id) where state = 'open'",
    # As before; ``offset 0`` makes each question one of a single officer and time, answered by the index of
    # the exclusion constraint. Whatever is of the same London day begins within 25 hours.
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
              and absence.during && tstzrange(slot.starts_at, slot.ends_at)
           offset 0)
       and not exists (
           select from assignment
            where int4range(assignment.officer_no, assignment.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and assignment.during && tstzrange(slot.starts_at - policy.buffer,
                                                 slot.ends_at + policy.buffer + policy.debrief)
              and assignment.slot_id <> slot.id
           offset 0)
       and policy.daily_limit > (
           select count(*) from assignment join slot as other on other.id = assignment.slot_id
            where int4range(assignment.officer_no, assignment.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and assignment.during && tstzrange(slot.starts_at - interval '25 hours',
                                                 slot.starts_at + interval '25 hours')
              and other.local_date = slot.local_date and other.id <> slot.id)
       and (policy.officer_sex <> 'women' or officer.sex = 'female')
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
