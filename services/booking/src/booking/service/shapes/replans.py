"""Plans for the walks of an officer who is away, as they are answered.

Invariant: walks and wishes are named by reference, participants never.
"""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from booking import domain
from booking.service.shapes.values import Id, Instant, Reference, one_of
from booking.service.shapes.walks import OfficerRef

Choice = Annotated[str, one_of(domain.plans.Choice)]


class Instead(TypedDict):
    """Another time that would suit now: a forecast, not a hold."""

    starts_at: Instant


class WishLeft(TypedDict):
    """The wish that was made in her name, and how it stands."""

    reference: Reference
    state: Annotated[str, one_of(domain.RequestState)]


class PlannedWalk(TypedDict):
    """What is to become of one walk, why, and what has."""

    id: Id
    reference: Reference
    ward: Annotated[str, Field(examples=["Millfield"])]
    starts_at: Instant
    ends_at: Instant
    choice: Choice
    why: Annotated[list[str], Field(examples=[["Has 1 walk in the last four weeks."]])]
    officer: OfficerRef | None
    instead: Instead | None
    outcome: Literal["done", "changed", "left"] | None
    said: str | None
    wish: WishLeft | None


class PlanShown(TypedDict):
    """A plan, how many walks each choice and each outcome has, and its steps."""

    id: Id
    absence_id: Id
    made_at: Instant
    carried_out: bool
    choices: dict[str, int]
    outcomes: dict[str, int]
    walks: list[PlannedWalk]
