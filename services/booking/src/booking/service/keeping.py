"""What is set up from a file, and what is forgotten after a while.

Invariant: seeding twice is seeding once; a dry run of forgetting changes nothing; who was erased at her
own wish stays erased, also in a database that was restored from an older backup.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from booking import domain, store
from booking.service.desk import Desk
from shared.clock import new_id
from shared.errors import NotFound
from shared.postgres import Connection

SEALED_AT_ONCE = 100
SEEDED_BY = "seed"


async def seed(
    desk: Desk,
    team: str,
    policy: domain.Policy,
    officers: Sequence[store.teams.NewOfficer],
    wards: domain.Wards | None = None,
) -> None:
    """Make a team and its officers what a seed file says; nobody is removed.

    Another policy than the one in force becomes the next version; without ``wards`` they stay.
    """
    async with desk.database.transaction() as connection:
        found = await store.teams.lock_team(connection, team, new_id())
        if found.policy != policy:
            after = replace(policy, version=found.policy.version + 1 if found.policy else 1)
            await store.teams.add_policy(connection, found.id, after, by=SEEDED_BY, at=desk.clock())
        if wards is not None:
            await store.teams.set_wards(connection, found.id, wards)
        await store.teams.save_officers(connection, found.id, officers)
    desk.log.info("team.seeded", officers=len(officers))


async def seal_what_is_plain(desk: Desk) -> None:
    """Seal the participants whom an earlier version wrote in plain, some at a time."""
    more = True
    while more:
        async with desk.database.transaction() as connection:
            more = bool(await store.people.seal_plain(connection, desk.sealing, SEALED_AT_ONCE))


async def count_what_is_old(desk: Desk) -> int:
    """How many participants ``forget_what_is_old`` would erase now."""
    async with desk.database.reading() as connection:
        before = desk.clock() - domain.KEPT_AFTER_END
        participants = await store.people.count_old_participants(connection, before)
        return participants + await store.requests.count_old(connection, before)


async def forget_what_is_old(desk: Desk) -> int:
    """Erase participants 28 days after their walk's or wish's end, bars as long after theirs, old tries.

    A walk that was debriefed is closed with it.
    """
    at = desk.clock()
    before = at - domain.KEPT_AFTER_END
    async with desk.database.transaction() as connection:
        erased = await store.people.forget_old_participants(connection, before)
        erased += await store.requests.forget_old(connection, before)
        await store.endings.close_old(connection, before)
        await store.people.forget_old_tries(connection, at)
        await store.bars.forget_old(connection, before)
        await store.overdue.forget_old_reports(connection, before)
    if erased:
        desk.log.info("participants.erased", count=erased)
    return erased


async def erase(desk: Desk, reference: str, *, by: str, reason: str) -> int:
    """Erase whoever a walk or a wish is of, everywhere here, at her own wish; answers how many participants.

    Raises NotFound (no such walk, or erased before), WalkAhead while a walk of hers is not over, OSError
    when the list cannot be written: then nothing is erased.
    """
    async with desk.database.transaction() as connection:
        contact = await store.requests.contact_of(connection, reference)
        if contact is None:
            raise NotFound("There is no participant for a walk of that reference.")
        await store.requests.lock_all_of_hers(connection, contact)
        hers = await store.people.lock_all_of_hers(connection, contact)
        domain.require_over(state for _, state in hers)
        # Looked at last: a walk that was just called off may have left a wish in her name.
        wishes = await store.requests.lock_all_of_hers(connection, contact)
        domain.requests.require_all_over(state for _, state in wishes)
        ids = [each for each, _ in (*wishes, *hers)]
        desk.erasures.add(ids)
        erased = await _forget(connection, ids)
        await store.people.audit(
            connection,
            actor=by,
            action="participant.erased",
            subjects=[f"participant {each}" for each in ids],
            reason=reason,
        )
    desk.log.info("participants.erased", count=erased)
    return erased


async def erase_again(desk: Desk) -> int:
    """Erase whoever is on the list and here all the same: a backup has been restored."""
    listed = desk.erasures.read()
    if not listed:
        return 0
    async with desk.database.transaction() as connection:
        erased = await _forget(connection, listed)
    if erased:
        desk.log.warning("participants.erased_again", count=erased)
    return erased


async def _forget(connection: Connection, ids: Sequence[UUID]) -> int:
    """Erase participants, and who made wishes; answers how many were there."""
    return await store.people.forget(connection, ids) + await store.requests.forget(connection, ids)
