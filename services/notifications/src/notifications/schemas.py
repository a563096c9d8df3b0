"""Alerts as they come in and go out over HTTP.

Invariant: an alarm is never refused for a field that is not known here, so that booking may grow
first; a cursor is opaque, and one that was not made here is refused.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from notifications.domain.alerts import Alert, Overdue
from notifications.store.alerts import Filter, Place
from shared.errors import Fault, Invalid
from shared.events import WardRef
from shared.web import Text, Timestamp

WardNames = Mapping[str, str]


class _Ward(BaseModel):
    code: Text = Field(min_length=1, max_length=50, examples=["L05000001"])
    set: Text = Field(min_length=1, max_length=100, examples=["larkmere-2026"])


class AlertQuery(BaseModel):
    """Which alerts to list."""

    state: Filter | None = Field(
        None, description="open: raised or escalated, and nobody has it yet"
    )
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before")


class OverdueWalk(BaseModel):
    """A walk that was not started, or not ended, by its time and grace."""

    model_config = ConfigDict(extra="ignore")

    event_id: UUID = Field(description="id of the WalkOverdue event that says the same")
    walk_id: UUID
    ward: _Ward
    due_at: Timestamp = Field(examples=["2026-11-26T19:15:00+00:00"])
    missing: Literal["start", "end"]

    def as_overdue(self) -> Overdue:
        """The same in the domain's words."""
        ward = WardRef(code=self.ward.code, set=self.ward.set)
        return Overdue(self.event_id, self.walk_id, ward, self.due_at, self.missing)


class Accepted(BaseModel):
    """The alert that an overdue walk has raised, now or before."""

    alert_id: UUID


class NamedWard(BaseModel):
    """A ward, with its name where it is of the boundary set in force."""

    code: str
    set: str
    name: str | None


class Taken(BaseModel):
    """Who acknowledged an alert, and when."""

    name: str
    at: datetime


class AlertShown(BaseModel):
    """An alert as the duty desk sees it."""

    id: UUID
    code: Literal["walk_overdue"] = "walk_overdue"
    state: Literal["raised", "escalated", "acknowledged", "cleared"]
    rung: Literal["supervisor", "control_room"]
    walk_id: UUID
    ward: NamedWard
    missing: Literal["start", "end"]
    due_at: datetime
    raised_at: datetime
    escalated_at: datetime | None
    acknowledged: Taken | None
    cleared_at: datetime | None


class AlertList(BaseModel):
    """A page of alerts, newest first; ``next`` is the cursor of the page after it."""

    items: list[AlertShown]
    next: str | None


def shown(alert: Alert, ward_names: WardNames) -> AlertShown:
    """An alert for the duty desk."""
    ward, taken = alert.ward, alert.acknowledged
    return AlertShown(
        id=alert.id,
        state=alert.state,
        rung=alert.rung,
        walk_id=alert.walk_id,
        ward=NamedWard(code=ward.code, set=ward.set, name=ward_names.get(ward.code)),
        missing=alert.missing,
        due_at=alert.due_at,
        raised_at=alert.raised_at,
        escalated_at=alert.escalated_at,
        acknowledged=Taken(name=taken.name, at=taken.at) if taken else None,
        cleared_at=alert.cleared_at,
    )


def shown_as_json(alert: Alert, ward_names: WardNames) -> dict[str, Any]:
    """The same as JSON values, as an idempotent answer is kept."""
    return shown(alert, ward_names).model_dump(mode="json")


def cursor_after(alert: Alert) -> str:
    """The opaque cursor of what follows this alert."""
    place = f"{alert.raised_at.isoformat()} {alert.id}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """The place that a cursor of ours names; raises Invalid for any other text."""
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        raised_at, _, alert_id = place.decode().partition(" ")
        found = Place(datetime.fromisoformat(raised_at), UUID(alert_id))
    except ValueError:
        found = None
    if found is None or found.raised_at.tzinfo is None:
        raise Invalid(faults=[Fault("#/query/cursor", "is not a cursor that was given out here")])
    return found
