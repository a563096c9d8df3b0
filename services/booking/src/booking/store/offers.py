"""Offers in the database; held walks keep their places.

Invariant: an offer is written only by who holds its wish's row.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from booking import domain
from booking.store import holds, rows
from shared.postgres import Connection

ADD = """
insert into offer (id, request_id, offer_no, slot_id, walk_id, officer_id, state, why, borrowed,
                   made_by, made_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
SAVE = "update offer set state = $2, answered_at = $3 where id = $1"

OF_REQUESTS = (
    "select * from offer where request_id = any ($1::uuid[]) order by request_id, offer_no"
)

HELD_FOR = "select request_id from offer where walk_id = $1 and state = 'made'"

# Whatever its state: an offer stands by it.
FIND_SLOT = """
select slot.*, officer.officer_no, officer.display_name, officer.force_phone, officer.role,
       officer.team_id
  from slot join officer on officer.id = slot.officer_id
 where slot.id = $1
"""

# Of a slot's officer, when a slot is named: any of her offers may stand in its way.
NEXT_DUE = """
select request_id from offer
 where state = 'made' and expires_at <= $1
   and ($2::uuid is null or officer_id = (select officer_id from slot where id = $2))
 order by expires_at, id
 limit 1
"""


async def let_go(connection: Connection, offer: domain.Offer) -> None:
    """Let go of an offer's place, if it is still held."""
    await holds.let_go(connection, offer.walk_id, offer.slot_id)


async def add(connection: Connection, offer: domain.Offer) -> None:
    """Write a new offer of a locked wish."""
    await connection.execute(
        ADD,
        offer.id,
        offer.request_id,
        offer.number,
        offer.slot_id,
        offer.walk_id,
        offer.officer_id,
        offer.state.value,
        offer.why,
        offer.borrowed,
        offer.made_by,
        offer.made_at,
        offer.expires_at,
    )


async def save(connection: Connection, offer: domain.Offer) -> None:
    """Write what has become of an offer of a locked wish."""
    await connection.execute(SAVE, offer.id, offer.state.value, offer.answered_at)


async def of_request(connection: Connection, request_id: UUID) -> list[domain.Offer]:
    """All offers of a wish, in order."""
    return [_offer(row) for row in await connection.fetch(OF_REQUESTS, [request_id])]


async def of_requests(
    connection: Connection, request_ids: Sequence[UUID]
) -> dict[UUID, list[domain.Offer]]:
    """All offers of some wishes, in order."""
    found: dict[UUID, list[domain.Offer]] = {each: [] for each in request_ids}
    for row in await connection.fetch(OF_REQUESTS, request_ids):
        found[row["request_id"]].append(_offer(row))
    return found


async def held_for(connection: Connection, walk_id: UUID) -> UUID | None:
    """The wish for which a held walk keeps a place; None when it does no longer."""
    return await connection.fetchval(HELD_FOR, walk_id)


async def find_slot(connection: Connection, slot_id: UUID) -> domain.Slot | None:
    """A slot as it is now, offered to the public or not."""
    row = await connection.fetchrow(FIND_SLOT, slot_id)
    return rows.slot(row) if row else None


async def next_due(
    connection: Connection, at: datetime, slot_id: UUID | None = None
) -> UUID | None:
    """The wish of an offer whose time is over; of a slot's officer, where a slot is named."""
    return await connection.fetchval(NEXT_DUE, at, slot_id)


def _offer(row: Record) -> domain.Offer:
    return domain.Offer(
        id=row["id"],
        request_id=row["request_id"],
        number=row["offer_no"],
        slot_id=row["slot_id"],
        walk_id=row["walk_id"],
        officer_id=row["officer_id"],
        why=tuple(row["why"]),
        borrowed=row["borrowed"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        state=domain.OfferState(row["state"]),
        answered_at=row["answered_at"],
    )
