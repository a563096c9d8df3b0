"""What should be: places, walks and absences as a model has them, beside the database.

Invariant: nothing here asks the product anything but its constants.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.booking.desk import POLICY

WALK = timedelta(minutes=30)
LINK_LASTS = timedelta(days=28)


@dataclass
class Place:
    """A slot as the model has it."""

    id: str
    officer: int
    at: datetime
    capacity: int
    open: bool = True

    @property
    def kept(self) -> tuple[datetime, datetime]:
        """The time it takes of its officer while somebody walks on it."""
        return self.at - POLICY.buffer, self.at + WALK + POLICY.buffer


@dataclass
class Life:
    """A walk as the model has it."""

    id: str
    token: str
    place: Place
    officer: int
    companions: int = 0
    state: str = "confirmed"
    version: int = 1
    sequence: int = 0
    initiator: str | None = None
    cancelled_at: datetime | None = None
    overdue: str | None = None

    def link_is_over(self, at: datetime) -> bool:
        """Whether her link has stopped working: so long after its planned end."""
        return at > self.place.at + WALK + LINK_LASTS

    def change(self, state: str | None = None, *, promise: bool = False) -> None:
        """Something happened to it."""
        self.state = state or self.state
        self.version += 1
        self.sequence += promise
        self.overdue = None


@dataclass
class Away:
    """An absence as the model has it."""

    id: str
    officer: int
    since: datetime
    until: datetime | None
    version: int = 1


@dataclass
class Model:
    """What should be, and what each step should be answered."""

    places: list[Place] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)

    def on(self, place: Place, *, but: Life | None = None) -> list[Life]:
        """Who has a place there."""
        return [
            life
            for life in self.lives
            if life.place is place and life.state != "cancelled" and life is not but
        ]

    def left(self, place: Place, *, but: Life | None = None) -> int:
        """How many places are left, those of companions taken."""
        most = min(place.capacity, POLICY.group_size, POLICY.people_per_officer)
        return most - sum(1 + life.companions for life in self.on(place, but=but))

    def absent(self, officer: int, place: Place) -> bool:
        """Whether an officer is away during a walk."""
        return any(
            each.officer == officer
            and each.since < place.at + WALK
            and (each.until is None or each.until > place.at)
            for each in self.away
        )

    def busy(self, officer: int, place: Place, *, but: Life | None = None) -> bool:
        """Whether an officer's time around a walk is taken by another."""
        begin, end = place.kept
        return any(
            other is not place
            and other.officer == officer
            and self.on(other, but=but)
            and other.kept[0] < end
            and begin < other.kept[1]
            for other in self.places
        )

    def full_day(self, officer: int, place: Place, *, but: Life | None = None) -> bool:
        """Whether an officer has as many as she may have on that day."""
        same = [
            other
            for other in self.places
            if other is not place
            and other.officer == officer
            and other.at.date() == place.at.date()
            and self.on(other, but=but)
        ]
        return len(same) >= POLICY.daily_limit

    def bookable(
        self, place: Place, at: datetime, *, but: Life | None = None, companions: int = 0
    ) -> bool:
        """Whether places can be had now; ``but``: by somebody who gives up hers for it."""
        return (
            place.open
            and at < place.at <= at + POLICY.horizon
            and self.left(place, but=but) > companions
            and not self.absent(place.officer, place)
            and not self.busy(place.officer, place, but=but)
            and not self.full_day(place.officer, place, but=but)
        )
