"""A day's walks, with whom to expect.

Invariant: a name is read together with its line in the audit log.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from booking import domain, store
from booking.service.desk import Desk
from shared.auth import Principal

MOST = 200
EXPECTED = (domain.State.CONFIRMED, domain.State.STARTED)


async def walks_of_day(
    desk: Desk, who: Principal, day: date, wards: Sequence[str] | None
) -> tuple[list[domain.Walk], Mapping[UUID, domain.Person]]:
    """The walks of a London day, and who is expected at those that are not over."""
    wanted = store.walks.Wanted(day=day, wards=wards, limit=MOST)
    async with desk.database.transaction() as connection:
        walks = await store.walks.list_walks(connection, wanted)
        ahead = [walk.id for walk in walks if walk.state in EXPECTED]
        expected = await store.people.participants(connection, desk.sealing, ahead)
        await store.people.audit(
            connection,
            actor=who.subject,
            action="participant.read",
            subjects=[f"walk {walk_id}" for walk_id in expected],
            reason="the day's walks",
        )
    return walks, expected
