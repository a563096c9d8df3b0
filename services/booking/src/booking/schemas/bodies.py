"""Request bodies.

Invariant: fields that are not named here, and values of another type, are refused.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from booking import domain
from booking.schemas.inputs import (
    Code,
    Companions,
    Degrees,
    EmailUnlessMobile,
    FromWall,
    Language,
    Line,
    LondonTime,
    Minutes,
    Mobile,
    Note,
    ToWall,
    YesOrNo,
    wall,
)
from booking.service import Booking, NewBar, NewSlot
from shared.events.walks import Aborted, Party, Shortened
from shared.web import Text, Timestamp

Hold = Annotated[Text, Field(min_length=1, max_length=100)]

Capacity = Annotated[
    int, Field(ge=1, le=domain.MOST_PEOPLE, description="people, companions counted")
]

EXAMPLE_SLOT = "0c7d3f0e-5b1f-4a55-9a0e-2f6f6f1f0c11"


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MeetingPointBody(Body):
    """Where they meet: a name, and longitude and latitude in degrees."""

    name: Line
    coordinates: Annotated[
        tuple[Annotated[Degrees, Field(ge=-180, le=180)], Annotated[Degrees, Field(ge=-90, le=90)]],
        Field(json_schema_extra={"items": {"type": "number"}}),  # for readers of OpenAPI 3.0
    ]


class OpenSlotBody(Body):
    """A slot to be opened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "officer_id": "3f0f8a53-7f53-4e0e-8f5b-5d4d4f7b8b11",
                    "ward": "L05000001",
                    "starts_at": "2027-01-12T18:00:00+00:00",
                    "minutes": 30,
                    "near": "the old mill",
                    "meeting_point": {"name": "Mill Lane bus stop", "coordinates": [-0.02, 51.44]},
                }
            ]
        }
    )

    officer_id: UUID
    ward: Annotated[Text, Field(min_length=1, max_length=20)]
    starts_at: LondonTime
    minutes: Annotated[Minutes, Field(ge=1, le=domain.LONGEST_MINUTES)]
    near: Line
    meeting_point: MeetingPointBody
    capacity: Capacity = 1

    def wanted(self) -> NewSlot:
        """The slot that is asked for."""
        place = self.meeting_point
        return NewSlot(
            officer_id=self.officer_id,
            ward=self.ward,
            starts_at=self.starts_at,
            minutes=self.minutes,
            near=self.near,
            meeting_point=domain.MeetingPoint(place.name, *place.coordinates),
            capacity=self.capacity,
        )


class GuardianBody(Body):
    """A parent or guardian, and whether she agrees that somebody under 18 walks with an officer."""

    name: Line
    consents: YesOrNo


class SafeContactBody(Body):
    """When and how she may be reached. ``from`` and ``to`` are London wall times between which a message
    may be sent, over midnight where ``to`` is the earlier; both, an hour apart, or neither: at any time.
    ``neutral`` messages say only that there is something to see. What is left out is the safe side.
    """

    begin: FromWall | None = Field(None, alias="from")
    end: ToWall | None = Field(None, alias="to")
    no_voicemail: YesOrNo = True
    neutral: YesOrNo = True

    @model_validator(mode="after")
    def _last(self) -> "SafeContactBody":
        if (self.begin is None) != (self.end is None):
            raise ValueError("must say both from and to, or neither")
        if (
            self._hours
            and domain.safe_contact.last(self._hours) < domain.safe_contact.SHORTEST_MINUTES
        ):
            raise ValueError("must last an hour at least")
        return self

    @property
    def _hours(self) -> domain.Hours | None:
        return (wall(self.begin), wall(self.end)) if self.begin and self.end else None

    def rules(self) -> domain.SafeContact:
        """What she has said."""
        return domain.SafeContact(self._hours, self.no_voicemail, self.neutral)


class BookWalkBody(Body):
    """A booking: which slot, for whom. ``note`` is for the officer and stays here.

    Of ``companions`` nothing but their number is asked. Whoever is not ``adult`` says her ``age`` and a
    ``guardian`` who consents, where the slot's team takes her.
    ``needs`` and ``language`` are codes that the slot's officer must bring, kept as the note is.
    Without ``safe_contact`` she has not been asked: messages come at once and say when, where and with whom.
    ``hold`` is what ``POST /holds`` answered; without one the slot is booked if it is free.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slot_id": EXAMPLE_SLOT,
                    "name": "Ada Example",
                    "email": "ada@example.org",
                    "adult": True,
                    "note": "I will have a pushchair with me.",
                }
            ]
        }
    )

    slot_id: UUID
    name: Line
    mobile: Mobile | None = None
    email: EmailUnlessMobile = None
    adult: YesOrNo
    note: Note | None = None
    hold: Hold | None = None
    companions: Companions = 0
    age: Annotated[int, Strict(), Field(ge=0, lt=domain.OF_AGE)] | None = None
    guardian: GuardianBody | None = None
    needs: Annotated[tuple[Code, ...], Field(max_length=10)] = ()
    language: Language | None = None
    safe_contact: SafeContactBody | None = None

    def booking(self) -> Booking:
        """The booking that is asked for."""
        return Booking(
            slot_id=self.slot_id,
            name=self.name,
            email=self.email,
            mobile=self.mobile,
            adult=self.adult,
            note=self.note or None,
            hold=self.hold,
            companions=self.companions,
            young=self._young(),
            needs=tuple(dict.fromkeys(self.needs)),
            language=self.language,
            safe_contact=self.safe_contact and self.safe_contact.rules(),
        )

    def _young(self) -> domain.Young | None:
        if self.age is None or self.guardian is None or not self.guardian.consents:
            return None
        return domain.Young(self.age, self.guardian.name)


class FurtherOfficerBody(Body):
    """An officer who walks along, and (left out: as many as before) for how many people the slot is then."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"officer_id": "3f0f8a53-7f53-4e0e-8f5b-5d4d4f7b8b11", "capacity": 4}]
        }
    )

    officer_id: UUID
    capacity: Capacity | None = None


class HoldBody(Body):
    """The slot to be kept while a form is filled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slot_id": EXAMPLE_SLOT}]})

    slot_id: UUID


class TapBody(Body):
    """When something was done, where it could not be said at once: the line was bad."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2027-01-12T18:02:00Z"}]})

    at: Timestamp | None = None


class AbortWalkBody(TapBody):
    """Why a walk was broken off, and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "incident"}]})

    reason: Aborted


class ShortenWalkBody(Body):
    """How long a walk is to be instead, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"minutes": 20, "reason": "weather"}]}
    )

    minutes: Annotated[Minutes, Field(ge=1, le=domain.LONGEST_MINUTES)]
    reason: Shortened


class MissWalkBody(Body):
    """Which side did not come."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"party": "participant"}]})

    party: Party


class MoveWalkBody(Body):
    """The slot that a walk moves to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slot_id": EXAMPLE_SLOT}]})

    slot_id: UUID


class ReassignWalkBody(Body):
    """The officer who takes a walk."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"officer_id": "3f0f8a53-7f53-4e0e-8f5b-5d4d4f7b8b11"}]}
    )

    officer_id: UUID


class BarBody(Body):
    """Whom to let book online no longer, by the reference of a walk of hers; why, and until when."""

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {"reference": "7K2M-9QXD", "reason": "abusive to an officer, see log 12"},
            ]
        }
    }

    reference: Line
    reason: Annotated[Note, Field(min_length=1, description="for coordinators and the audit")]
    until: LondonTime | None = None

    def wanted(self) -> NewBar:
        """The bar that is asked for."""
        return NewBar(self.reference, self.reason, self.until)


class CancelWalkBody(Body):
    """Why the force calls a walk off."""

    reason: Literal["force", "weather", "safety"] = "force"
