"""What an event is made of: the fact it states, its envelope going out, and coming in.

Invariant: a fact is frozen, knows its topic and type, and refuses fields it does not declare when
it is written; when it is read, unknown fields are ignored, so that writers may add.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.bands import Band, release_time

TYPE_PREFIX = "uk.walkandtalk."
SCHEMAS = "https://walkandtalk.uk/schemas"
MAX_VALUE_BYTES = 64 * 1024

Tier = Literal["internal", "shared"]


class Fact(BaseModel):
    """A thing that happened. Subclasses are the payloads of one type on one topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: ClassVar[str]
    type: ClassVar[str]


class WardRef(BaseModel):
    """A ward, with the boundary set that drew it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    set: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A fact on its way to the outbox.

    ``key`` is the aggregate's id on that topic, ``time`` the CloudEvents ``time``,
    ``publish_after`` the earliest moment at which a relay may send it. ``fact`` None writes a
    tombstone.
    """

    topic: str
    type: str
    key: UUID
    fact: Fact | None
    time: datetime
    publish_after: datetime
    cause: UUID | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A decoded event. ``fact`` is of the class that the registry names for its topic and type."""

    id: UUID
    topic: str
    type: str
    key: str
    sequence: int
    time: datetime
    fact: Fact
    republished: bool = False
    cause: UUID | None = field(default=None)

    @property
    def subject(self) -> UUID:
        """The aggregate that the event is about."""
        return UUID(self.key)


def internal(fact: Fact, key: UUID, *, at: datetime, cause: UUID | None = None) -> Outgoing:
    """An event for the four services: exact time, sent at once."""
    return Outgoing(fact.topic, fact.type, key, fact, at, at, cause)


def shared_at_once(fact: Fact, key: UUID, *, band: Band, at: datetime, wait: timedelta) -> Outgoing:
    """An event for other systems that may be sent at once while its planned band has not begun."""
    if at < band.starts_at:
        return Outgoing(fact.topic, fact.type, key, fact, band.starts_at, at)
    return shared_later(fact, key, band=band, at=at, wait=wait)


def shared_later(fact: Fact, key: UUID, *, band: Band, at: datetime, wait: timedelta) -> Outgoing:
    """An event for other systems, held back until its moment can no longer be told from its
    arrival.
    """
    release = release_time(band, at=at, wait=wait)
    return Outgoing(fact.topic, fact.type, key, fact, band.starts_at, release)
