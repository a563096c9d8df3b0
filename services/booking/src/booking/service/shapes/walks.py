"""Slots and walks as they are answered.

Invariant: a slot for the public has no meeting point; a walk for staff has no participant.
"""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from booking import domain
from booking.service.shapes.values import (
    Companions,
    Cursor,
    Day,
    Id,
    Instant,
    Link,
    Near,
    Reference,
    ReturnCode,
    SafeWord,
    Version,
    Wall,
    WardCode,
    one_of,
)
from shared.events.walks import Aborted, Initiator, Level, Party

WalkState = Annotated[str, one_of(domain.State)]

Local = TypedDict(
    "Local", {"date": Day, "from": Wall, "to": Wall, "timezone": Literal["Europe/London"]}
)


Capacity = Annotated[int, Field(ge=1, examples=[4])]


class WardJson(TypedDict):
    """A ward of the boundary set in force."""

    code: WardCode
    name: Annotated[str, Field(examples=["Millfield"])]
    set: Annotated[str, Field(examples=["millbrook-2024"])]


class Point(TypedDict):
    """A place with a name; coordinates are longitude, latitude in degrees."""

    name: Annotated[str, Field(examples=["Mill Lane bus stop"])]
    coordinates: Annotated[
        list[float], Field(min_length=2, max_length=2, examples=[[-0.02, 51.44]])
    ]


class OfficerJson(TypedDict):
    """Who walks with her."""

    display_name: Annotated[str, Field(examples=["PC Robin Example"])]
    force_phone: Annotated[str, Field(examples=["020 7946 0000"])]


class OfficerRef(TypedDict):
    """Which officer."""

    id: Id
    display_name: Annotated[str, Field(examples=["PC Robin Example"])]


class SlotJson(TypedDict):
    """A time that can be booked, as anybody may see it. ``group``: others may walk along."""

    id: Id
    ward: WardJson
    near: Near
    starts_at: Instant
    ends_at: Instant
    local: Local
    after_dark: bool
    group: bool


class StaffSlot(SlotJson):
    """A slot as staff see it: with its meeting point and officer, and for how many people it is."""

    meeting_point: Point
    officer: OfficerRef
    capacity: Capacity


class SlotOfficers(TypedDict):
    """The officers of a slot, the one who offers it first; ``people`` have a place, of ``capacity``."""

    slot_id: Id
    capacity: Capacity
    people: Annotated[int, Field(ge=0, examples=[3])]
    officers: list[OfficerRef]


class BookedWalk(TypedDict):
    """A confirmed walk, as she who booked it sees it."""

    id: Id
    reference: Reference
    state: WalkState
    starts_at: Instant
    ends_at: Instant
    local: Local
    meeting_point: Point
    officer: OfficerJson
    companions: Companions
    next_steps: Annotated[list[str], Field(examples=[["We will meet at Mill Lane bus stop."]])]
    manage_url: Link
    safe_word: SafeWord
    return_code: ReturnCode


class DeedJson(TypedDict):
    """Who did something and when; ``late``: it was heard of later than it was done."""

    at: Instant
    by: Annotated[str, Field(description="a subject at the issuer, or ``participant``")]
    late: bool


class OverdueJson(TypedDict):
    """What should have happened by then and has not; whose it is to act, and since when one does."""

    due_at: Instant
    missing: Literal["start", "end"]
    level: Level
    acknowledged_at: Instant | None


class StaffWalk(TypedDict):
    """A walk as staff see it: all but who booked it."""

    id: Id
    reference: Reference
    state: WalkState
    ward: WardJson
    near: Near
    meeting_point: Point
    starts_at: Instant
    ends_at: Instant
    local: Local
    after_dark: bool
    officer: OfficerRef
    companions: Companions
    safe_word: SafeWord
    started: DeedJson | None
    ended: DeedJson | None
    cancelled: DeedJson | None
    cancelled_for: Initiator | None
    aborted_for: Aborted | None
    missed: DeedJson | None
    who_missed: Party | None
    debriefed: DeedJson | None
    overdue: OverdueJson | None
    concerns: Annotated[int, Field(ge=0, examples=[2])]
    version: Version


class BarJson(TypedDict):
    """Somebody who may not book online, by the reference of a walk of hers."""

    id: Id
    reference: Reference
    ward: WardCode
    reason: Annotated[str, Field(examples=["abusive to an officer, see log 12"])]
    by: Annotated[str, Field(examples=["coordinator-1"])]
    since: Instant
    until: Instant | None


class FeedAddress(TypedDict):
    """Where a calendar reads an officer's walks; told once."""

    url: Link


class SlotPage(TypedDict):
    """A page of slots; staff see more of each."""

    items: list[StaffSlot | SlotJson]
    next: Cursor


class WalkPage(TypedDict):
    """A page of walks."""

    items: list[StaffWalk]
    next: Cursor


class WardList(TypedDict):
    """Wards."""

    items: list[WardJson]


class BarPage(TypedDict):
    """A page of bars."""

    items: list[BarJson]
    next: Cursor


class HoldJson(TypedDict):
    """What a slot is held by, and until when."""

    hold: Annotated[
        str, Field(description="to book by, or to let go", examples=["bEaD0x2Kc9-mill"])
    ]
    expires_at: Instant
