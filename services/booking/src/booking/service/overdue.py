"""Walks that nobody started or ended in time.

Invariant: the mark, the event and the report to notifications commit together; a report is sent until
it is answered, whatever Kafka does meanwhile.
"""

from datetime import datetime, timedelta

from booking import domain, store
from booking.service.desk import Desk
from shared import outbox

LONGEST_WAIT = timedelta(seconds=30)


async def mark_next_overdue(desk: Desk) -> bool:
    """Mark one walk that is overdue; False when there is none that is not locked by somebody."""
    at = desk.clock()
    async with desk.database.transaction() as connection:
        walk = await store.overdue.lock_next_due(connection, at)
        marked = domain.mark_overdue(walk, at) if walk else None
        if marked is None:
            return False
        after, mark, fact = marked
        await store.walks.save_walk(connection, after)
        [event] = await outbox.append(connection, fact)
        await store.overdue.queue_report(connection, event.id, after, mark, at)
    desk.log.warning("walk.overdue", walk=str(after.id), missing=mark.missing)
    return True


async def take_reports(desk: Desk) -> list[domain.Report]:
    """Reports that are due; each is put off for longer than the last time, for the case that it fails."""
    async with desk.database.transaction() as connection:
        return await store.overdue.take_reports(connection, desk.clock(), LONGEST_WAIT)


async def note_reported(desk: Desk, report: domain.Report) -> None:
    """Notifications has answered: the report is done."""
    at: datetime = desk.clock()
    async with desk.database.transaction() as connection:
        await store.overdue.reported(connection, report.event_id, at)
    desk.log.info("overdue.reported", walk=str(report.walk_id))
