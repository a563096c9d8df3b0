"""``make bench``: how fast, on this machine, against what one would use instead.

``ROUNDS=`` and ``ONLY=booking,relay`` are for trying; a whole run writes RESULTS.md and results.json.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tests.bench import (
    booking,
    consuming,
    figures,
    ground,
    growth,
    latency,
    live,
    relaying,
    replanning,
    report,
    resting,
    searching,
)
from tests.bench.ground import Ground
from tests.bench.measuring import Row, say

SECTIONS: Mapping[str, Callable[[Ground], Awaitable[Sequence[Row]]]] = {
    "booking": booking.measure,
    "search": searching.measure,
    "replan": replanning.measure,
    "relay": relaying.measure,
    "consumer": consuming.measure,
    "latency": latency.measure,
    "live": live.measure,
    "figures": figures.measure,
    "resting": resting.measure,
    "growth": growth.measure,
}


async def main() -> None:
    """Measure every section that was asked for."""
    only = [name for name in os.environ.get("ONLY", "").split(",") if name]
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # while its Kafka starts
    rows: list[Row] = []
    async with ground.laid() as laid:
        versions = await ground.versions(laid)
        for name in only or SECTIONS:
            say(name)
            rows += await SECTIONS[name](laid)
    if only:
        print(report.text(rows, versions))
    else:
        report.write(rows, versions)
        say(f"written: {report.RESULTS}")


if __name__ == "__main__":
    asyncio.run(main())
