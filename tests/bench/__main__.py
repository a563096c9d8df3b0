"""``make bench``: how fast, on this machine, against what one would use instead.

``ROUNDS=`` and ``ONLY=booking,relay`` are for trying; a whole run writes RESULTS.md and results.json.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tests.bench import booking, consuming, ground, relaying
from tests.bench.ground import Ground
from tests.bench.measuring import Row, say

SECTIONS: Mapping[str, Callable[[Ground], Awaitable[Sequence[Row]]]] = {
    "booking": booking.measure,
    "relay": relaying.measure,
    "consumer": consuming.measure,
}


async def main() -> None:
    """Measure every section that was asked for."""
    only = [name for name in os.environ.get("ONLY", "").split(",") if name]
    rows: list[Row] = []
    async with ground.laid() as laid:
        say(str(await ground.versions(laid)))
        for name in only or SECTIONS:
            rows += await SECTIONS[name](laid)
    for row in rows:
        say(f"{row.name}: {row.median:.3g} [{min(row.values):.3g}-{max(row.values):.3g}]")


if __name__ == "__main__":
    asyncio.run(main())
