"""Wishes as they come in: wards by code, weekdays by name, wall times.

Invariant: hours lie within one day; an officer's sex is asked for or left open, never excluded.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from booking import domain
from booking.schemas.bodies import EXAMPLE_SLOT, Body, SafeContactBody
from booking.schemas.inputs import (
    Code,
    Companions,
    EmailUnlessMobile,
    FromWall,
    Language,
    Line,
    Mobile,
    Note,
    ToWall,
    YesOrNo,
    wall,
)
from booking.schemas.rosters import WardText, Weekday
from booking.service import Wish
from booking.service.roster_answers import WEEKDAYS


class HoursBody(Body):
    """Weekdays, and wall times between which a walk would suit; 24:00 is the day's end."""

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    begin: Annotated[FromWall, Field(alias="from")]
    end: Annotated[ToWall, Field(alias="to")]

    @model_validator(mode="after")
    def _lasts(self) -> "HoursBody":
        if self.end <= self.begin:
            raise ValueError("must end after they begin, on the same day")
        return self

    def hours(self) -> domain.WishedHours:
        """The hours."""
        days = sorted({WEEKDAYS.index(day) + 1 for day in self.days})
        return domain.WishedHours(tuple(days), wall(self.begin), wall(self.end))


class AskBody(Body):
    """A walk as somebody would like it. ``note`` is for the officer and stays here."""

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "wards": ["L05000001"],
                    "hours": [{"days": ["tuesday", "friday"], "from": "18:00", "to": "21:00"}],
                    "light": "dark",
                    "officer_sex": "female",
                    "language": None,
                    "needs": ["wheelchair"],
                    "name": "Ada Example",
                    "email": "ada@example.org",
                    "adult": True,
                    "note": "I will have a pushchair with me.",
                }
            ]
        }
    }

    wards: Annotated[list[WardText], Field(min_length=1, max_length=10)]
    hours: Annotated[list[HoursBody], Field(min_length=1, max_length=7)]
    light: Literal["dark", "day", "any"] = "any"
    officer_sex: Literal["female"] | None = None
    language: Language | None = None
    needs: Annotated[tuple[Code, ...], Field(max_length=10)] = ()
    name: Line
    mobile: Mobile | None = None
    email: EmailUnlessMobile = None
    adult: YesOrNo
    note: Note | None = None
    companions: Companions = 0
    safe_contact: SafeContactBody | None = None

    def wish(self) -> Wish:
        """The wish."""
        return Wish(
            wards=tuple(dict.fromkeys(self.wards)),
            hours=tuple(each.hours() for each in self.hours),
            light=self.light,
            officer_sex=self.officer_sex,
            language=self.language,
            needs=tuple(dict.fromkeys(self.needs)),
            name=self.name,
            email=self.email,
            mobile=self.mobile,
            adult=self.adult,
            note=self.note or None,
            companions=self.companions,
            safe_contact=self.safe_contact and self.safe_contact.rules(),
        )


class OfferBody(Body):
    """The slot that is offered."""

    model_config = Body.model_config | {
        "json_schema_extra": {"examples": [{"slot_id": EXAMPLE_SLOT}]}
    }

    slot_id: UUID
