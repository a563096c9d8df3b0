"""Shifts as they come in: weekdays by name, wall times as clocks show them.

Invariant: a wall time has no date and no offset; ``24:00`` is the midnight that ends a day.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from booking import domain
from booking.schemas.bodies import Body, Capacity, MeetingPointBody
from booking.schemas.inputs import FromWall, Line, ToWall, wall
from booking.service.roster_answers import WEEKDAYS
from shared.web import Day, Text

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WardText = Annotated[Text, Field(min_length=1, max_length=20)]


def hours(begin: str, end: str) -> domain.Hours:
    """The wall times of a shift; raises ValueError when it has no length."""
    if wall(begin) == wall(end):
        raise ValueError("a shift ends at another time than it begins")
    return wall(begin), wall(end)


class ShiftBody(Body):
    """When an officer offers walks every week, and where. One that ends before it begins ends on the
    next day.
    """

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "weekday": "tuesday",
                    "from": "18:00",
                    "to": "24:00",
                    "from_date": "2027-01-12",
                    "until_date": None,
                    "ward": "L05000001",
                    "near": "the old mill",
                    "meeting_point": {"name": "Mill Lane bus stop", "coordinates": [-0.02, 51.44]},
                    "capacity": 1,
                }
            ]
        }
    }

    weekday: Weekday
    begin: Annotated[FromWall, Field(alias="from")]
    end: Annotated[ToWall, Field(alias="to")]
    from_date: Day
    until_date: Day | None = None
    ward: WardText
    near: Line
    meeting_point: MeetingPointBody
    capacity: Capacity = 1

    @model_validator(mode="after")
    def _lasts(self) -> "ShiftBody":
        hours(self.begin, self.end)
        if self.until_date and self.until_date < self.from_date:
            raise ValueError("must not end before it begins")
        return self

    def shift(self, shift_id: UUID, officer_id: UUID) -> domain.Shift:
        """The shift."""
        place = self.meeting_point
        return domain.Shift(
            id=shift_id,
            officer_id=officer_id,
            weekday=WEEKDAYS.index(self.weekday) + 1,
            hours=hours(self.begin, self.end),
            from_date=self.from_date,
            until_date=self.until_date,
            ward=self.ward,
            near=self.near,
            meeting_point=domain.MeetingPoint(place.name, *place.coordinates),
            capacity=self.capacity,
        )


class ExceptionBody(Body):
    """Other hours on one day; neither: the shift is not worked that day."""

    model_config = Body.model_config | {
        "json_schema_extra": {"examples": [{"from": "20:00", "to": "22:00"}, {}]}
    }

    begin: Annotated[FromWall | None, Field(alias="from")] = None
    end: Annotated[ToWall | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> "ExceptionBody":
        if (self.begin is None) != (self.end is None):
            raise ValueError("say both from and to, or neither")
        self.hours()
        return self

    def hours(self) -> domain.Hours | None:
        """The hours of that day, if any."""
        return hours(self.begin, self.end) if self.begin and self.end else None
