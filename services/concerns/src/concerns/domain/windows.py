"""The capture window of a walk: opened by what booking says of it, closed some time after its end.

Invariant: a walk that nobody has told of yet has no window, and refuses nothing; only a window that is
known to be closed refuses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from concerns.domain.refusals import WindowClosed

# After a walk's planned end: how long a concern tells which walk it was said on, and how long it is
# remembered that the walk's window has closed.
WALK_KEPT_AFTER_END = timedelta(days=28)
WINDOW_KEPT_AFTER_END = timedelta(days=2 * 365)


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of a walk. ``ends_at`` is planned; the others are None until they happen.

    ``stands``: the walk is to take place after all, whatever was told of a cancellation before.
    """

    walk_id: UUID
    starts_at: datetime
    ends_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancelled_at: datetime | None = None
    stands: bool = False

    def must_be_open(self, at: datetime, stays_open: timedelta) -> None:
        """Raise WindowClosed after a cancellation, or ``stays_open`` after the walk's end.

        A walk whose end nobody told is taken to have ended as planned.
        """
        over_at = (self.ended_at or self.ends_at) + stays_open
        if self.cancelled_at is not None or at > over_at:
            raise WindowClosed
