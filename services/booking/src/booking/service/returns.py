"""Coming back without the link: a reference and a code lead to the page of a walk or a wish.

Invariant: a reference that there is not is answered as a wrong code is, with the same statements and after
the same time; every wrong code is counted, for whichever reference.
"""

from booking import domain, store
from booking.service.desk import Desk


async def way_back(desk: Desk, reference: str, code: str) -> str:
    """The path of her own page. Raises WrongCode, TooManyWalks."""
    at = desk.clock()
    if not desk.returns.take(at):
        raise domain.TooManyWalks(desk.limits.phone)
    said = domain.returns.as_said(reference)
    digest = desk.said(said)
    async with desk.database.transaction() as connection:
        wrong = await store.returns.wrong_codes(connection, digest, at)
        domain.returns.require_few_wrong(desk.limits, wrong)
        found = await store.returns.find_door(connection, said)
        door = found or domain.returns.NO_DOOR
        right = desk.links.holds_code(door.id, door.generation, code)
        opens = right and found is not None and door.is_open(at)
        if not opens:
            await store.people.note_refused_try(connection, digest, at)
    if not opens:
        raise domain.WrongCode
    return desk.path_of("wish" if door.is_wish else "manage", door.id, door.generation)
