"""One partition read by hand: records at places of the test's choosing, without a broker."""

from collections.abc import Awaitable
from typing import Any

from shared.codec import Record
from shared.consumer.arrivals import Arrival, read
from shared.consumer.batch import Reading
from shared.consumer.offsets import Mark, Partition, Standing, begin
from shared.events.walks import WalkStarted
from shared.postgres import Database
from shared.service import Handler
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import TOPIC

VALUE = path.a_start().model_dump_json().encode()
PARTITION = Partition("test", TOPIC, 0)
START = Mark(0, "")


def an_arrival(offset: int, key: str, sequence: int, **changes: str) -> Arrival:
    """A record as it would stand in partition 0."""
    headers = otherclient.headers_for(key, sequence, **changes)
    return read(Record(key.encode(), VALUE, headers), TOPIC, 0, offset)


async def a_reading(
    database: Database, *, handler: Handler = path.note, trimmed_until: int = 0, limit: int = 50
) -> Reading:
    """A reader that has just begun on partition 0."""
    await path.make_ledger(database)
    async with database.transaction() as connection:
        await begin(connection, PARTITION, None, Standing(START, "cluster", 0))
    return Reading(PARTITION, {WalkStarted.type: handler}, trimmed_until, park_limit=limit)


async def place(database: Database) -> tuple[int, str]:
    """Where the reader stands: the next offset, and the cluster it is of."""
    (row,) = await path.rows(database, "select next_offset, cluster from consumer_offset")
    return row["next_offset"], row["cluster"]


async def raises(what: type[Exception], attempt: Awaitable[Any]) -> bool:
    """Whether an attempt is refused with this."""
    try:
        await attempt
    except what:
        return True
    return False
