"""Plans for the walks of an officer who is away, in the database, step by step.

Invariant: what a plan says is written once; whoever carries a step out holds the plan's row, so that each
has one outcome. Nobody locks a plan who holds a wish, a walk, a slot or an officer.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.domain.plans import Booked, Came, Choice, Plan, Planned, Step
from booking.store import offers, requests
from shared.postgres import Connection

ADD = "insert into replan (id, absence_id, made_by, made_at) values ($1, $2, $3, $4)"
ADD_STEP = """
insert into replan_step (replan_id, step_no, walk_id, walk_version, slot_id, reference, ward_name,
                         starts_at, ends_at, choice, why, officer_id, other_slot_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
FIND = "select * from replan where id = $1 and absence_id = $2"
LOCK = "select id from replan where id = $1 for update"

STEPS = """
select replan_step.*, officer.display_name, other.starts_at as other_starts_at,
       request.reference as wish_reference, request.state as wish_state
  from replan_step
  left join officer on officer.id = replan_step.officer_id
  left join slot as other on other.id = replan_step.other_slot_id
  left join request on request.id = replan_step.request_id
 where replan_id = $1
 order by step_no
"""
# Offers first: what they keep is nobody's then. Whoever goes to another officer goes with her group.
NEXT = """
with next as (
    select slot_id, choice, step_no from replan_step
     where replan_id = $1 and outcome is null
     order by choice <> 'lapse', step_no
     limit 1
)
select replan_step.step_no
  from replan_step, next
 where replan_id = $1 and outcome is null
   and (replan_step.step_no = next.step_no
        or next.choice = 'reassign' and replan_step.choice = 'reassign'
           and replan_step.slot_id = next.slot_id)
"""
NOTE = """
update replan_step
   set outcome = $3, said = $4, request_id = $5, done_by = $6, done_at = $7
 where replan_id = $1 and walk_id = any ($2::uuid[]) and outcome is null
"""

# The wish that a walk came from, or that is offered it.
WISHES = """
select distinct on (offer.walk_id) offer.walk_id, request.id as request_id
  from offer join request on request.id = offer.request_id
 where offer.walk_id = any ($1::uuid[]) and offer.state in ('made', 'accepted')
 order by offer.walk_id, offer.made_at desc
"""


async def booked(connection: Connection, walks: Sequence[domain.Walk]) -> list[Booked]:
    """Walks, each with the wish that it came from and what became of that wish's offers."""
    found = await connection.fetch(WISHES, [each.id for each in walks])
    by_walk = {row["walk_id"]: row["request_id"] for row in found}
    ids = list(by_walk.values())
    wishes = {each.id: each for each in await requests.of_ids(connection, ids)}
    made = await offers.of_requests(connection, ids)
    return [
        Booked(walk, wishes[by_walk[walk.id]], tuple(made[by_walk[walk.id]]))
        if walk.id in by_walk
        else Booked(walk)
        for walk in walks
    ]


async def add(
    connection: Connection,
    plan_id: UUID,
    absence_id: UUID,
    steps: Sequence[Step],
    *,
    by: str,
    at: datetime,
) -> None:
    """Write a plan."""
    await connection.execute(ADD, plan_id, absence_id, by, at)
    await connection.executemany(
        ADD_STEP,
        [
            (
                plan_id,
                number,
                step.walk.id,
                step.walk.version,
                step.walk.slot_id,
                step.reference,
                step.walk.ward.name,
                step.walk.times.starts_at,
                step.walk.times.ends_at,
                step.choice.value,
                step.why,
                step.officer.id if step.officer else None,
                step.slot.id if step.slot else None,
            )
            for number, step in enumerate(steps, start=1)
        ],
    )


async def find(connection: Connection, absence_id: UUID, plan_id: UUID) -> Plan | None:
    """A plan of an absence, with what has come of it so far."""
    row = await connection.fetchrow(FIND, plan_id, absence_id)
    if row is None:
        return None
    steps = tuple(_planned(each) for each in await connection.fetch(STEPS, plan_id))
    return Plan(row["id"], row["absence_id"], row["made_by"], row["made_at"], steps)


async def lock_next(connection: Connection, plan: Plan) -> list[Planned]:
    """Lock a plan until the commit; what is next of it: one step, or those of one group; none at its end."""
    await connection.execute(LOCK, plan.id)
    numbers = {row["step_no"] for row in await connection.fetch(NEXT, plan.id)}
    return [each for each in plan.steps if each.number in numbers]


async def note(connection: Connection, plan: Plan, came: Came, *, by: str, at: datetime) -> None:
    """Write down what has come of some steps of a locked plan; what is written stays."""
    await connection.execute(
        NOTE, plan.id, came.walks, came.outcome, came.said, came.request_id, by, at
    )


def _planned(row: Record) -> Planned:
    return Planned(
        number=row["step_no"],
        walk_id=row["walk_id"],
        walk_version=row["walk_version"],
        slot_id=row["slot_id"],
        reference=row["reference"],
        ward_name=row["ward_name"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        choice=Choice(row["choice"]),
        why=tuple(row["why"]),
        officer_id=row["officer_id"],
        officer_name=row["display_name"],
        other_starts_at=row["other_starts_at"],
        outcome=row["outcome"],
        said=row["said"],
        wish=row["wish_reference"],
        wish_state=row["wish_state"] and domain.RequestState(row["wish_state"]),
    )
