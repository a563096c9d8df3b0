"""What is forgotten after a while: which walk a concern was said on, and the windows of old walks.

Invariant: the concern itself stays, and that it was said on a walk; a dry run changes nothing.
"""

from concerns import domain, store
from concerns.settings import Settings
from shared.service import Parts


async def count_what_is_old(parts: Parts[Settings]) -> int:
    """How many concerns ``forget_what_is_old`` would part from their walks now."""
    async with parts.database.reading() as connection:
        before = parts.clock() - domain.WALK_KEPT_AFTER_END
        return await store.concerns.count_old_links(connection, before)


async def forget_what_is_old(parts: Parts[Settings]) -> int:
    """Part concerns from their walks 28 days after the walk's planned end; answers how many."""
    at = parts.clock()
    async with parts.database.transaction() as connection:
        parted = await store.concerns.forget_old_links(connection, at - domain.WALK_KEPT_AFTER_END)
        await store.windows.forget_old(connection, at - domain.WINDOW_KEPT_AFTER_END)
    if parted:
        parts.log.info("walks.forgotten", concerns=parted)
    return parted
