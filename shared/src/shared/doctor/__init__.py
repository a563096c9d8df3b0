"""``python -m <service> doctor``: what is wrong with a service, and what to do, in plain words.

The same in all four. It asks the database (``tables``), Kafka (``broker``) and whoever else the
service needs (``outside``); whichever of them is away, the others are still asked.
"""

import asyncio
from datetime import datetime

from shared.doctor import broker, outside, tables
from shared.doctor.finding import Finding
from shared.postgres import Database
from shared.settings import ServiceSettings

__all__ = ["Finding", "examine"]


async def examine(
    name: str, settings: ServiceSettings, database: Database | None, at: datetime
) -> list[Finding]:
    """Everything that can be told of a service now; ``database`` None: it cannot be opened."""
    knocking = asyncio.create_task(outside.examine(name, settings))
    try:
        found, standing = await tables.examine(name, database, at)
        found += await broker.examine(name, settings, standing)
        return found + await knocking
    finally:
        knocking.cancel()
