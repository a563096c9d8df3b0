"""What booking says about wishes for a walk, and the offers that answer them.

Invariant: a request is told to the four services only: whoever waits for a walk in a ward at an hour may
be the only one who does.
"""

from datetime import datetime
from typing import Literal

from shared.bands import BandLabel
from shared.events.base import Fact, WardRef
from shared.events.walks import Light

INTERNAL = "internal.booking.requests.v1"

Mode = Literal["slot", "preference", "group"]


class Request(Fact):
    """What every event of a request repeats: where somebody would like to walk."""

    topic = INTERNAL

    wards: list[WardRef]


class WalkRequested(Request):
    """Somebody would like to walk, at some time that suits her.

    ``attention_at``: from when on a coordinator should look at it, if it is still open.
    """

    type = "walk.requested.v1"
    mode: Mode
    bands: list[BandLabel]
    light: Light | None
    has_needs: bool
    source: Literal["online", "assisted"]
    attention_at: datetime | None = None


class RequestWaitlisted(Request):
    """No officer is to be had yet."""

    type = "request.waitlisted.v1"
    reason: Literal["no_slot", "no_woman", "needs", "declined", "expired"]
    ahead: Literal["none", "few", "many"]


class RequestWithdrawn(Request):
    """She no longer wishes it, or nobody could be found in time."""

    type = "request.withdrawn.v1"
    reason: Literal["participant", "coordinator", "too_late"]


class OfferMade(Request):
    """A slot is kept for her until an hour."""

    type = "offer.made.v1"
    offer_no: int
    expires_at: datetime
    borrowed: bool


class OfferExpired(Request):
    """She did not answer in time."""

    type = "offer.expired.v1"
    offer_no: int


FACTS: tuple[type[Fact], ...] = (
    WalkRequested,
    RequestWaitlisted,
    RequestWithdrawn,
    OfferMade,
    OfferExpired,
)
