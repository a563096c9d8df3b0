"""What every use case of booking is given.

Invariant: made once by ``app`` from the process's parts; nothing here is looked up anywhere else.
"""

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from booking import domain
from booking.service import answers
from booking.service.together import Together
from booking.store.erasures import ErasureList
from booking.store.sealing import Sealing
from shared.areas import BoundarySet
from shared.clock import Clock
from shared.errors import Fault, Invalid
from shared.postgres import Database

MINUTE = timedelta(minutes=1)


class Burst:
    """At most so many within any minute, in this process; whoever asks is not looked at."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: deque[datetime] = deque()

    def take(self, at: datetime) -> bool:
        """Whether one more may go ahead now."""
        while self._taken and self._taken[0] <= at - MINUTE:
            self._taken.popleft()
        if len(self._taken) >= self._limit:
            return False
        self._taken.append(at)
        return True


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk at which walks are booked: its database, clock, wards, keys and limits.

    ``burst`` counts bookings and wishes, ``holds`` slots held by forms, ``returns`` codes said. ``wait``
    is how long after its band the shared tier is told, ``slots_shown`` how many slots the public sees
    for each ward and day. ``mobiles``: texts can be sent.
    """

    database: Database
    clock: Clock
    log: FilteringBoundLogger
    areas: BoundarySet
    tz_version: str
    public_origin: str
    links: domain.Links
    contact_key: bytes
    sealing: Sealing
    erasures: ErasureList
    limits: domain.Limits
    burst: Burst
    holds: Burst
    returns: Burst
    together: Together
    wait: timedelta
    slots_shown: int
    mobiles: bool

    def require_reachable(self, mobile: str | None) -> None:
        """Raise Invalid when she gives a number and there is nothing to send texts with."""
        if mobile is not None and not self.mobiles:
            said = "cannot be written to here: give an email address, or call us"
            raise Invalid(faults=[Fault("#/mobile", said)])

    def telling(self, at: datetime) -> domain.Telling:
        """How something that happens at ``at`` is told."""
        return domain.Telling(at, self.wait)

    def contact(self, email: str | None, mobile: str | None) -> bytes:
        """The digest by which an address or a number is counted."""
        counted = domain.counted_as(email, mobile).encode()
        return hmac.new(self.contact_key, counted, hashlib.sha256).digest()

    def holder(self, secret: str) -> bytes:
        """The digest by which somebody who holds a slot is known, of what only she has."""
        return hmac.new(self.contact_key, f"holder {secret}".encode(), hashlib.sha256).digest()

    def said(self, reference: str) -> bytes:
        """The digest by which wrong codes are counted, of a reference that was said."""
        return hmac.new(self.contact_key, f"said {reference}".encode(), hashlib.sha256).digest()

    def manage_url(self, walk: domain.Walk) -> str:
        """The participant's own link to a walk."""
        return self._origin + self.path_of("manage", walk.id, walk.link_generation)

    def wish_url(self, request: domain.Request) -> str:
        """The participant's own link to a wish."""
        return self._origin + self.path_of("wish", request.id, domain.requests.LINK_GENERATION)

    def wish_code(self, request: domain.Request) -> str:
        """The code with which she comes back to a wish."""
        return self.links.return_code(request.id, domain.requests.LINK_GENERATION)

    @property
    def _origin(self) -> str:
        return self.public_origin.rstrip("/")

    def path_of(self, page: Literal["manage", "wish"], of: UUID, generation: int) -> str:
        """The path of a page that is somebody's own."""
        return f"/booking/{page}/{self.links.token(of, generation)}"

    def hers(self, walk: domain.Walk) -> answers.Hers:
        """What only she is given of a walk."""
        code = self.links.return_code(walk.id, walk.link_generation)
        return answers.Hers(self.manage_url(walk), self.safe_word(walk), code)

    def safe_word(self, walk: domain.Walk) -> str:
        """The words by which a walk's two sides know each other."""
        return self.links.safe_word(walk.id)

    def feed_url(self, token: str) -> str:
        """The address of an officer's calendar."""
        return f"{self._origin}/booking/calendar/{token}.ics"
