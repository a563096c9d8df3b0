"""A walk as its events alone tell it.

Invariant: what is replayed knows nothing but what was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.base import Fact
from shared.events.walks import (
    InternalWalk,
    NoShowRecorded,
    WalkAborted,
    WalkCancelled,
    WalkConfirmed,
    WalkDebriefed,
    WalkEnded,
    WalkOverdue,
    WalkOverdueCleared,
    WalkReassigned,
    WalkRescheduled,
    WalkStarted,
)

BECOMES: Mapping[type[Fact], str] = {
    WalkConfirmed: "confirmed",
    WalkCancelled: "cancelled",
    WalkStarted: "started",
    WalkEnded: "ended",
    WalkAborted: "aborted",
    NoShowRecorded: "no_show",
    WalkDebriefed: "debriefed",
}


@dataclass
class Told:
    """A walk as its events alone tell it."""

    state: str = ""
    version: int = 0
    sequence: int = -1
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ward_code: str = ""
    local_date: Any = None
    after_dark: bool = False
    initiator: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    abort_reason: str | None = None
    missing_party: str | None = None
    overdue_due_at: datetime | None = None
    overdue_missing: str | None = None

    def hear(self, fact: Fact) -> None:
        """The next fact of this walk."""
        assert isinstance(fact, InternalWalk)
        if isinstance(fact, WalkOverdueCleared):
            assert self.due in (fact.due_at, None), "a mark that is cleared was set"
            self.overdue_due_at = self.overdue_missing = None
            self._as_planned(fact)
            return
        self.version += 1
        if isinstance(fact, WalkConfirmed | WalkRescheduled | WalkReassigned | WalkCancelled):
            self.sequence += 1
        if isinstance(fact, WalkConfirmed | WalkRescheduled):
            if isinstance(fact, WalkRescheduled):
                assert (fact.old_starts_at, fact.old_ends_at) == (self.starts_at, self.ends_at)
            self.starts_at, self.ends_at = fact.starts_at, fact.ends_at
            self.local_date, self.ward_code = fact.local_date, fact.ward.code
            self.after_dark = fact.light == "dark"
        self._as_planned(fact)
        self._become(fact)

    @property
    def due(self) -> datetime | None:
        """By when what is missing was due."""
        return self.overdue_due_at

    def _as_planned(self, fact: InternalWalk) -> None:
        assert (fact.starts_at, fact.ends_at) == (self.starts_at, self.ends_at), fact.type

    def _become(self, fact: InternalWalk) -> None:
        self.state = BECOMES.get(type(fact), self.state)
        match fact:
            case WalkConfirmed():
                self.initiator = None
            case WalkCancelled():
                self.initiator = fact.initiator
            case WalkStarted():
                self.started_at = fact.at
            case WalkEnded() | WalkAborted():
                self.ended_at = fact.at
                self.abort_reason = getattr(fact, "reason", None)
            case NoShowRecorded():
                self.missing_party = fact.party
            case WalkOverdue():
                self.overdue_due_at, self.overdue_missing = fact.due_at, fact.missing
            case _:
                assert isinstance(fact, WalkRescheduled | WalkReassigned | WalkDebriefed)
