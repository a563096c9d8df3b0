"""Where the time and new ids come from; everything else is given them.

Invariant: the only callers of ``datetime.now`` and ``uuid4``. Ids are random (version 4)
everywhere, because an id that carries its moment of creation would tell it to whoever reads a
shared topic.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A random id (RFC 9562, version 4)."""
    return uuid4()
