"""Whether an officer is there, asked of a b-tree of her assignments: lists ask it of every slot judged."""

from alembic import op

revision = "booking_0013"
down_revision = "booking_0012"
branch_labels = None
depends_on = None

INDEX = (
    "create index assignment_by_begin on assignment (officer_no, lower(during))",
    "drop index assignment_of_officer",
)

# An officer and the policy that holds for her: looked up once a slot, ``offset 0`` sees to that. Joined as
# tables, small ones were gone through whole, and each of their rows asked whether it is away.
OFFICER = """
     cross join lateral (
           select officer.officer_no, officer.display_name, officer.force_phone, officer.role,
                  officer.team_id, officer.sex, officer.languages, officer.skills, policy.min_notice,
                  policy.horizon, policy.buffer, policy.debrief, policy.daily_limit,
                  policy.officer_sex, policy.group_size, policy.people_per_officer
             from officer
             join team on team.id = officer.team_id
             join policy on policy.team_id = team.id and policy.version = team.policy_version
            where officer.id = {whose}
           offset 0) as officer
"""

# What is asked of every officer of a slot. Her assignments never overlap (``officer_is_free``), so that of
# those that begin before a time is over only the last can reach into it. An assignment begins at most four
# hours before its walk; two more are for a day that other rules of the clock have moved since.
OFFICER_IS_THERE = """not exists (
           select from absence
            where int4range(absence.officer_no, absence.officer_no, '[]')
                  && int4range(officer.officer_no, officer.officer_no, '[]')
              and absence.during && tstzrange(slot.starts_at, slot.ends_at)
           offset 0)
       and slot.starts_at - officer.buffer >= coalesce((
           select upper(assignment.during) from assignment
            where assignment.officer_no = officer.officer_no
              and lower(assignment.during) < slot.ends_at + officer.buffer + officer.debrief
              and assignment.slot_id <> slot.id
            order by lower(assignment.during) desc
            limit 1), '-infinity')
       and officer.daily_limit > (
           select count(*) from assignment join slot as other on other.id = assignment.slot_id
            where assignment.officer_no = officer.officer_no
              and lower(assignment.during) >= slot.local_date::timestamp at time zone 'Europe/London'
                                              - interval '6 hours'
              and lower(assignment.during) < (slot.local_date + 1)::timestamp at time zone 'Europe/London'
                                             + interval '2 hours'
              and other.local_date = slot.local_date and other.id <> slot.id)
       and (officer.officer_sex <> 'women' or officer.sex = 'female')
"""

VIEWS = (
    "drop view bookable_slot",
    "drop view free_beside",
    # The further officers of a slot who are there then, asked as the view below asks of the first.
    f"""
    create view free_beside as
    select slot.id as slot_id, slot_officer.officer_id, officer.officer_no
      from slot_officer
      join slot on slot.id = slot_officer.slot_id
     {OFFICER.format(whose="slot_officer.officer_id")}
     where {OFFICER_IS_THERE}
    """,  # noqa: S608 - of constants
    # What may be booked, and how many places are left: never more people than the policy has to the
    # officers who are there, companions counted. ``domain.most_places``, said again for the database.
    f"""
    create view bookable_slot as
    select slot.id, slot.officer_id, slot.state, slot.ward_code, slot.ward_name, slot.ward_set,
           slot.near, slot.meeting_name, slot.meeting_lon, slot.meeting_lat, slot.starts_at,
           slot.ends_at, slot.local_date, slot.local_from, slot.local_to, slot.tz_version,
           slot.after_dark, slot.opened_by, slot.opened_at, slot.shift_id, slot.capacity,
           officer.officer_no, officer.display_name, officer.force_phone, officer.role,
           officer.team_id, officer.sex, officer.languages, officer.skills,
           officer.min_notice, officer.horizon,
           coalesce(team_ward.borrowed, false) as borrowed,
           slot.officers, room.places_left
      from slot
     {OFFICER.format(whose="slot.officer_id")}
      left join team_ward
        on team_ward.team_id = officer.team_id and team_ward.ward_code = slot.ward_code
     cross join lateral (
           select (least(slot.capacity, officer.group_size,
                         officer.people_per_officer * (1 + case when slot.officers = 1 then 0 else (
                             select count(*) from free_beside where free_beside.slot_id = slot.id) end))
                   - coalesce((select sum(1 + walk.companions) from walk
                                where walk.slot_id = slot.id and walk.state <> 'cancelled'), 0)
                  )::int as places_left
           offset 0) as room
     where slot.state = 'open'
       and (team_ward.ward_code is not null
            or not exists (select from team_ward as any_ward where any_ward.team_id = officer.team_id))
       and room.places_left > 0
       and {OFFICER_IS_THERE}
    """,  # noqa: S608 - of constants
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in (*INDEX, *VIEWS):
        op.execute(statement)
