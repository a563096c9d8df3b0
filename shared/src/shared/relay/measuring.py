"""How much waits in the outbox, measured also while nobody can send it.

Invariant: it needs the database alone, and every worker does it, leading or not: an alert must not
depend on what it is to watch.
"""

import asyncio
from typing import Any

from shared.relay import queue
from shared.service import Parts

MEASURE_SECONDS = 5


async def measure_forever(parts: Parts[Any]) -> None:
    """Measure every few seconds, until cancelled."""
    while True:
        parts.progress.moved("outbox measure", resting=MEASURE_SECONDS)
        try:
            async with parts.database.reading() as connection:
                rows, oldest = await queue.waiting(connection, parts.clock())
            parts.metrics.outbox_rows.set(rows)
            parts.metrics.outbox_oldest_seconds.set(oldest)
        except Exception as error:  # noqa: BLE001 - measured again in a moment
            parts.log.warning("outbox.not_measured", cause=type(error).__name__)
        await asyncio.sleep(MEASURE_SECONDS)
