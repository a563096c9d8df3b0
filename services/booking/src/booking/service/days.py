"""A day's walks, or one of them, with whom to expect.

Invariant: a name is read together with its line in the audit log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from booking import domain, store
from booking.service.desk import Desk
from shared.auth import Principal
from shared.errors import NotFound
from shared.events.walks import InternalWalk
from shared.postgres import Connection

MOST = 200
EXPECTED = (domain.State.CONFIRMED, domain.State.STARTED)


@dataclass(frozen=True, slots=True)
class WalksOfDay:
    """A day's walks, whom to expect at those that are not over, by walk, and who walks along, by slot."""

    walks: Sequence[domain.Walk]
    expected: Mapping[UUID, domain.Person]
    beside: Mapping[UUID, Sequence[domain.Officer]]


@dataclass(frozen=True, slots=True)
class OneWalk:
    """A walk, whom to expect until it is over, who walks along, what was told, who else could take it."""

    walk: domain.Walk
    person: domain.Person | None
    beside: Sequence[domain.Officer]
    told: Sequence[tuple[datetime, InternalWalk]]
    takers: Sequence[domain.Officer]


async def walks_of_day(
    desk: Desk, who: Principal, day: date, wards: Sequence[str] | None
) -> WalksOfDay:
    """The walks of a London day."""
    wanted = store.walks.Wanted(day=day, wards=wards, limit=MOST)
    async with desk.database.transaction() as connection:
        walks = await store.walks.list_walks(connection, wanted)
        expected = await _expected(desk, connection, who, walks, "the day's walks")
        slots = [walk.slot_id for walk in walks]
        beside = await store.groups.beside(connection, slots)
    return WalksOfDay(walks, expected, beside)


async def one_walk(desk: Desk, who: Principal, walk_id: UUID) -> OneWalk:
    """A walk of one's wards. Raises NotFound, Forbidden."""
    async with desk.database.transaction() as connection:
        walk = await store.walks.find_walk(connection, walk_id)
        if walk is None:
            raise NotFound("There is no such walk.")
        who.must_cover(walk.ward.code)
        expected = await _expected(desk, connection, who, [walk], "the walk's page")
        told = await store.histories.told(connection, walk_id)
        takers = await store.histories.takers(connection, walk.slot_id)
        beside = (await store.groups.beside(connection, [walk.slot_id]))[walk.slot_id]
    return OneWalk(walk, expected.get(walk_id), beside, told, takers)


async def _expected(
    desk: Desk, connection: Connection, who: Principal, walks: Sequence[domain.Walk], why: str
) -> Mapping[UUID, domain.Person]:
    """Who is expected at walks that are not over."""
    ahead = [walk.id for walk in walks if walk.state in EXPECTED]
    expected = await store.people.participants(connection, desk.sealing, ahead)
    await store.people.audit(
        connection,
        actor=who.subject,
        action="participant.read",
        subjects=[f"walk {walk_id}" for walk_id in expected],
        reason=why,
    )
    return expected
