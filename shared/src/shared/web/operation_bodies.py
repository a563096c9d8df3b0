"""What goes in and out of the operators' routes.

Invariant: a body that comes in holds nothing but what is known here; what goes out names places,
numbers, causes and times, never what an event says.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared import operations
from shared.web.inputs import Text, Timestamp

BIGGEST = 2**63 - 1
NEVER = 9999  # the year of PostgreSQL's infinity

Number = Annotated[
    int, Path(ge=1, le=BIGGEST, description="its number in the list of parked events")
]
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=500)]
OptionalReason = Annotated[
    Reason | None,
    Field(description="for the audit; no personal data", examples=["the handler is mended"]),
]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class WhyBody(_In):
    """Why it is done, if that is worth a word."""

    reason: OptionalReason = None


class DiscardBody(_In):
    """Why an event is given up for good."""

    reason: Reason = Field(
        description="for the audit; no personal data", examples=["said twice by a test of ours"]
    )


class ExpireBody(WhyBody):
    """Whether to let go, or only to count."""

    dry_run: bool = Field(strict=True, description="only say what would go", examples=[True])


class RepublishBody(WhyBody):
    """Since when to say everything again."""

    since: Timestamp = Field(examples=["2027-01-12T18:00:00+00:00"])


class ParkedShown(_Out):
    """One event that waits; ``key`` and ``sequence`` are null where its record could not be read."""

    number: int = Field(examples=[17])
    topic: str = Field(examples=["internal.booking.walks.v1"])
    partition: int = Field(examples=[3])
    offset: int = Field(examples=[118])
    key: str | None = Field(examples=["5f0c1f2e-7d0b-4f0e-9d0e-0f6a9c1b2d3e"])
    sequence: int | None = Field(examples=[2])
    cause: str = Field(examples=["refused: ValueError"])
    attempts: int = Field(examples=[4])
    parked_at: datetime
    retry_at: datetime | None = Field(description="null: not before an operator asks for it")


class ParkedList(_Out):
    """One page; ``next`` is what ``after`` says for the following one."""

    items: list[ParkedShown]
    next: int | None = Field(examples=[None])


class Retried(_Out):
    """How many are tried again now; what comes of it is seen in the list."""

    retried: int = Field(examples=[1])


class Discarded(_Out):
    """It is gone, and its key goes on past it."""

    discarded: int = Field(examples=[17])


class Resumed(_Out):
    """Whether there was a declared stop to end, and what it was for."""

    resumed: bool = Field(examples=[True])
    stopped_for: str | None = Field(
        examples=["more than 50 keys parked within ten minutes: mend the cause, then events resume"]
    )


class Expired(_Out):
    """What is past its time, by kind: gone now, or only counted."""

    dry_run: bool = Field(examples=[True])
    found: dict[str, int] = Field(examples=[{"inbox rows": 12}])


class RepublishShown(_Out):
    """What became of a request; ``done`` means queued: the outbox then drains by itself."""

    id: UUID
    state: Literal["asked", "running", "done", "failed"] = Field(examples=["done"])
    since: datetime
    asked_at: datetime
    ended_at: datetime | None
    events: int | None = Field(description="how many were queued", examples=[1204])
    failure: str | None = Field(examples=[None])


class FindingShown(_Out):
    """One thing looked at; ``todo`` is null where all is well."""

    well: bool = Field(examples=[False])
    about: str = Field(examples=["kafka"])
    what: str = Field(examples=["does not answer"])
    todo: str | None = Field(examples=["start Kafka"])


class Diagnosis(_Out):
    """Everything that the doctor looked at."""

    well: bool = Field(examples=[False])
    findings: list[FindingShown]


class SaidShown(_Out):
    """An event that this service has said; ``due`` is null once it has left the outbox."""

    topic: str = Field(examples=["internal.booking.walks.v1"])
    key: str
    sequence: int = Field(examples=[2])
    event_id: UUID
    type: str = Field(examples=["walk.started.v1"])
    logged_at: datetime
    due: datetime | None


class SeenShown(_Out):
    """A record on Kafka; ``became`` is null where this service does not listen."""

    topic: str = Field(examples=["internal.booking.walks.v1"])
    partition: int = Field(examples=[3])
    offset: int = Field(examples=[118])
    key: str | None
    sequence: int | None = Field(examples=[2])
    became: str | None = Field(examples=["applied"])


class KeptShown(_Out):
    """A parked or discarded event."""

    topic: str = Field(examples=["internal.booking.walks.v1"])
    key: str | None
    sequence: int | None = Field(examples=[2])
    became: str = Field(examples=["parked as 17: gap, tried 4 times"])


class PlacesShown(_Out):
    """All that this service knows of an event or a key; the other services know the rest."""

    said: list[SaidShown]
    on_kafka: list[SeenShown]
    kept: list[KeptShown]
    unread: int = Field(description="older records that were not looked at", examples=[0])
    kafka_fault: str | None = Field(description="why Kafka could not be asked", examples=[None])


def shown(row: operations.ParkedRow) -> ParkedShown:
    """A parked event as it goes out."""
    return ParkedShown(
        number=row.id,
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        key=row.key,
        sequence=row.sequence,
        cause=row.cause,
        attempts=row.attempts,
        parked_at=row.parked_at,
        retry_at=row.retry_at if row.retry_at.year < NEVER else None,
    )
