"""An officer's walks in her own calendar: an address that a program asks again and again.

Invariant: who holds the address reads, and nothing else; it is said once, kept as a digest, and good until
another is made, it is revoked, or its officer is suspended.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from booking import store
from booking.service import calendars
from booking.service.desk import Desk
from booking.service.teams import must_lead
from shared.auth import Principal
from shared.errors import Forbidden, NotFound
from shared.postgres import Connection

TOKEN_BYTES = 32
# A walk that has begun stays in her calendar for the day.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """An officer, and when her feed was made; None: she has none."""

    officer_id: UUID
    made_at: datetime | None


async def make_feed(desk: Desk, officer_id: UUID, who: Principal) -> str:
    """The address of an officer's feed; one that she had is void. Raises NotFound, Forbidden."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with desk.database.transaction() as connection:
        await _require_may(connection, officer_id, who)
        digest = _digest(token)
        await store.feeds.keep(connection, officer_id, digest, by=who.subject, at=desk.clock())
    desk.log.info("feed.made", officer=str(officer_id))
    return desk.feed_url(token)


async def revoke_feed(desk: Desk, officer_id: UUID, who: Principal) -> None:
    """Make an officer's feed void, if she has one. Raises NotFound, Forbidden."""
    async with desk.database.transaction() as connection:
        await _require_may(connection, officer_id, who)
        await store.feeds.forget(connection, officer_id)
    desk.log.info("feed.revoked", officer=str(officer_id))


async def own_feed(desk: Desk, who: Principal) -> OwnFeed | None:
    """The feed of whoever asks; None when she is no officer of any team."""
    async with desk.database.reading() as connection:
        found = await store.teams.officers_of(connection, [who.subject])
        officer = found.get(who.subject)
        if officer is None:
            return None
        return OwnFeed(officer.id, await store.feeds.made_at(connection, officer.id))


async def feed(desk: Desk, token: str) -> bytes:
    """An officer's walks ahead, also beyond a horizon that is shorter by now. Raises NotFound when void."""
    at = desk.clock()
    async with desk.database.reading() as connection:
        officer_id = await store.feeds.find(connection, _digest(token), at)
        if officer_id is None:
            raise NotFound("This calendar address does not work, or no longer.")
        walks = await store.feeds.walks_of(connection, officer_id, at - KEPT)
    return calendars.officer_feed(walks, at)


async def _require_may(connection: Connection, officer_id: UUID, who: Principal) -> None:
    """She herself may, and a coordinator of her team."""
    found = await store.teams.find_officer(connection, officer_id)
    if found is None:
        raise NotFound("There is no such officer.")
    own = await store.teams.officers_of(connection, [who.subject])
    if who.subject in own and own[who.subject].id == officer_id:
        return
    if "coordinator" not in who.roles:
        raise Forbidden("Only she herself and coordinators of her team may do this.")
    officer, _ = found
    team = await store.teams.find_team(connection, officer.team_id)
    assert team is not None  # an officer's team is never deleted
    must_lead(who, team)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
