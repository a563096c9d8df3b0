"""People who walk together: companions who take places, and further officers who make places."""

from alembic import op

revision = "booking_0011"
down_revision = "booking_0010"
branch_labels = None
depends_on = None

# A number, and nothing about who they are.
COMPANIONS = (
    "alter table walk add column companions int not null default 0 check (companions between 0 and 5)",
    """
    alter table request
        add column companions int not null default 0 check (companions between 0 and 5)
    """,
    # How many officers are on it, there or not: whoever locks the slot knows whether to lock others.
    "alter table slot add column officers int not null default 1 check (officers > 0)",
    """
    update slot set officers = 1 + (select count(*) from slot_officer where slot_id = slot.id)
     where exists (select from slot_officer where slot_id = slot.id)
    """,
)

# What is asked of every officer of a slot. ``offset 0`` makes each question one of a single officer and
# time, answered by the index of the exclusion constraint. What is of one London day begins within 25 hours.
OFFICER_IS_THERE = """not exists (
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
"""

VIEWS = (
    # The further officers of a slot who are there then, asked as the view below asks of the first.
    f"""
    create view free_beside as
    select slot.id as slot_id, officer.id as officer_id, officer.officer_no
      from slot_officer
      join slot on slot.id = slot_officer.slot_id
      join officer on officer.id = slot_officer.officer_id
      join team on team.id = officer.team_id
      join policy on policy.team_id = team.id and policy.version = team.policy_version
     where {OFFICER_IS_THERE}
    """,  # noqa: S608 - of constants
    # As before, and how many places are left: never more people than the policy has to the officers who
    # are there, companions counted. ``domain.most_places``, said again for the database.
    f"""
    create or replace view bookable_slot as
    select slot.id, slot.officer_id, slot.state, slot.ward_code, slot.ward_name, slot.ward_set,
           slot.near, slot.meeting_name, slot.meeting_lon, slot.meeting_lat, slot.starts_at,
           slot.ends_at, slot.local_date, slot.local_from, slot.local_to, slot.tz_version,
           slot.after_dark, slot.opened_by, slot.opened_at, slot.shift_id, slot.capacity,
           officer.officer_no, officer.display_name, officer.force_phone, officer.role,
           officer.team_id, officer.sex, officer.languages, officer.skills,
           policy.min_notice, policy.horizon,
           coalesce(team_ward.borrowed, false) as borrowed,
           slot.officers, room.places_left
      from slot
      join officer on officer.id = slot.officer_id
      join team on team.id = officer.team_id
      join policy on policy.team_id = team.id and policy.version = team.policy_version
      left join team_ward
        on team_ward.team_id = team.id and team_ward.ward_code = slot.ward_code
     cross join lateral (
           select (least(slot.capacity, policy.group_size,
                         policy.people_per_officer * (1 + case when slot.officers = 1 then 0 else (
                             select count(*) from free_beside where free_beside.slot_id = slot.id) end))
                   - coalesce((select sum(1 + walk.companions) from walk
                                where walk.slot_id = slot.id and walk.state <> 'cancelled'), 0)
                  )::int as places_left
           offset 0) as room
     where slot.state = 'open'
       and (team_ward.ward_code is not null
            or not exists (select from team_ward as any_ward where any_ward.team_id = team.id))
       and room.places_left > 0
       and {OFFICER_IS_THERE}
    """,  # noqa: S608 - of constants
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in (*COMPANIONS, *VIEWS):
        op.execute(statement)
