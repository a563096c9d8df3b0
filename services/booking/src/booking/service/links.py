"""What whoever holds a manage link may do: see one walk, and cancel it.

Invariant: looking changes nothing but the audit log; a link that is forged, revoked or over is refused
before anything is read out.
"""

from typing import Any
from uuid import UUID

from booking import domain, store
from booking.service import answers
from booking.service.claims import claim_of, require_holds
from booking.service.desk import Desk
from booking.service.walks import save
from shared import idempotency, outbox
from shared.errors import NotFound
from shared.idempotency import Once

PARTICIPANT = "participant"


async def walk_of_link(desk: Desk, token: str) -> domain.Walk:
    """The walk that a link leads to. Raises NotFound (forged), LinkOver (revoked, or 28 days after)."""
    claim = claim_of(token)
    async with desk.database.reading() as connection:
        walk = await store.walks.find_walk(connection, claim.walk_id)
    return require_holds(desk, claim, walk)


async def cancel_by_link(desk: Desk, token: str, request: Once) -> dict[str, Any]:
    """She cannot come. Raises as ``walk_of_link``, and WrongState or TooLate."""
    claim = claim_of(token)
    async with desk.database.transaction() as connection:
        if kept := await idempotency.replay(connection, request):
            return kept
        walk = await store.walks.lock_walk(connection, claim.walk_id)
        walk = require_holds(desk, claim, walk)
        after, facts = domain.cancel(walk, PARTICIPANT, PARTICIPANT, desk.telling(desk.clock()))
        await save(connection, after)
        await outbox.append(connection, *facts)
        answer = dict(answers.booked_walk(after, desk.hers(after)))
        await idempotency.keep(connection, request, answer)
    desk.log.info("walk.changed", walk=str(after.id), state=after.state.value)
    return answer


async def revoke_link(desk: Desk, reference: str) -> bool:
    """Make void every link given out so far for the walk of that reference; False when there is none."""
    async with desk.database.transaction() as connection:
        walk_id = await store.walks.find_by_reference(connection, reference)
        walk = await store.walks.lock_walk(connection, walk_id) if walk_id else None
        if walk is None:
            return False
        await store.walks.save_walk(connection, domain.revoke_link(walk))
    desk.log.info("link.revoked", walk=str(walk.id))
    return True


async def contact_of_walk(desk: Desk, walk_id: UUID, reader: str) -> dict[str, Any]:
    """What a service needs to write to a participant, audited. Raises NotFound, also once erased."""
    async with desk.database.transaction() as connection:
        walk = await store.walks.find_walk(connection, walk_id)
        people = await store.people.participants(connection, desk.sealing, [walk_id])
        if walk is None or walk_id not in people:
            raise NotFound("There is no contact for such a walk.")
        await store.people.audit(
            connection,
            actor=reader,
            action="contact.read",
            subjects=[f"walk {walk_id}"],
            reason="to write to the participant",
        )
    return answers.contact(walk, people[walk_id], desk.hers(walk))
