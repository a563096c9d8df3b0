"""The kinds of values that come in: lines of text, addresses, times, pages of a list.

Invariant: whatever passes can be stored, shown on one line where one line is meant, and told back to
nobody in a refusal.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from fastapi import Depends, Query, Request
from pydantic import (
    AfterValidator,
    Field,
    Strict,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.functional_validators import BeforeValidator, WrapValidator

from booking import domain
from booking.service import Desk
from shared.auth import Principal
from shared.errors import Fault, Invalid
from shared.web import WRITTEN_DAY, Text, Timestamp

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")
SPACE_FOR_PLUS = re.compile(r" (?=\d\d:\d\d$)")
ASSISTING = frozenset({"officer", "coordinator"})
CURSOR_PARTS = 2
UNDIALLED = "must be a mobile number, like 07700 900123"
DIALLED = re.compile(r"\+?[0-9 ().-]+")
TEXTED = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.UNKNOWN,
    }
)
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _one_line(text: str) -> str:
    if any(not character.isprintable() for character in text):
        raise ValueError("must be one line of ordinary characters")
    return text


Line = Annotated[Text, StringConstraints(min_length=1, max_length=100), AfterValidator(_one_line)]
Note = Annotated[Text, StringConstraints(max_length=1000)]

FromWall = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
ToWall = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


def wall(text: str) -> time:
    """A wall time; 24:00 is midnight."""
    return time() if text == "24:00" else time.fromisoformat(text)


Code = Annotated[Text, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Language = Annotated[Text, StringConstraints(pattern=r"^[a-z]{2,3}$")]


def _deliverable(text: str) -> str:
    """The address in the form in which mail is sent to it: ASCII, its domain in lower case."""
    try:
        found = validate_email(
            text, check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise ValueError("must be an email address, like name@example.com") from error
    return found.ascii_email or found.normalized


def _dialled(text: str) -> str:
    """The number in E.164, read as it is dialled in the United Kingdom.

    Possible is enough: Ofcom keeps numbers for tests (07700 900000 to 900999) that are valid for nobody.
    """
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException as error:
        raise ValueError(UNDIALLED) from error
    possible = phonenumbers.is_possible_number_for_type(number, phonenumbers.PhoneNumberType.MOBILE)
    takes_texts = phonenumbers.number_type(number) in TEXTED
    if not (DIALLED.fullmatch(text) and possible and takes_texts):
        raise ValueError(UNDIALLED)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _one_way(email: str | None, said: ValidationInfo) -> str | None:
    """An address or a number, not both; of a number that was refused nothing more is said."""
    if "mobile" in said.data and (email is None) == (said.data["mobile"] is None):
        raise ValueError("must be given, or a mobile in its place: one of the two")
    return email


Email = Annotated[Text, StringConstraints(max_length=254), AfterValidator(_deliverable)]
Mobile = Annotated[Text, StringConstraints(max_length=30), AfterValidator(_dialled)]
# Of a body whose ``mobile`` stands before it.
EmailUnlessMobile = Annotated[Email | None, AfterValidator(_one_way), Field(validate_default=True)]
YesOrNo = Annotated[bool, Strict()]
Minutes = Annotated[int, Strict()]
Companions = Annotated[
    int, Strict(), Field(ge=0, le=domain.MOST_COMPANIONS, description="who come with her")
]
Degrees = Annotated[float, Strict()]


def _london(value: Any, parse: ValidatorFunctionWrapHandler) -> datetime:
    """RFC 3339 text; its offset is London's at that moment, or it says ``Z``, which claims none."""
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        raise ValueError("must be a time with its offset, like 2027-01-12T18:00:00+00:00")
    instant: datetime = parse(value)
    if value[-1] not in "Zz" and not domain.is_london_time(instant):
        raise ValueError("must have the offset that London has at that time")
    return instant


LondonTime = Annotated[Timestamp, WrapValidator(_london)]


def _instant_or_day(value: Any) -> Any:
    """In a query, a plus that was not escaped arrives as a space."""
    return SPACE_FOR_PLUS.sub("+", value) if isinstance(value, str) else value


def _from_day(value: Any, parse: ValidatorFunctionWrapHandler) -> datetime:
    return _edge(value, parse, timedelta())


def _to_day(value: Any, parse: ValidatorFunctionWrapHandler) -> datetime:
    return _edge(value, parse, timedelta(days=1))


def _edge(value: Any, parse: ValidatorFunctionWrapHandler, later: timedelta) -> datetime:
    """An instant, or the beginning of a London day, so much later."""
    if isinstance(value, str) and WRITTEN_DAY.fullmatch(value):
        day = date.fromisoformat(value)
        if day.year > LAST_YEAR:
            raise ValueError("must be a day before the year 2100")
        value = datetime.combine(day + later, time(), tzinfo=domain.LONDON).isoformat()
    return parse(value)


FromTime = Annotated[LondonTime, WrapValidator(_from_day), BeforeValidator(_instant_or_day)]
ToTime = Annotated[LondonTime, WrapValidator(_to_day), BeforeValidator(_instant_or_day)]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: what comes after a start and an id, and how many."""

    after: tuple[datetime, UUID] | None
    limit: int


async def _page(
    cursor: Annotated[Text | None, Query(max_length=200, description="``next`` of a list")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:
    try:
        return Page(_read_cursor(cursor) if cursor else None, limit)
    except (ValueError, binascii.Error) as error:
        raise Invalid(
            faults=[Fault("#/query/cursor", "is not one that a list gave you")]
        ) from error


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    parts = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").split(" ")
    if len(parts) != CURSOR_PARTS:
        raise ValueError("not a start and an id")
    start = datetime.fromisoformat(parts[0])
    if start.tzinfo is None or not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise ValueError("not the start of a slot or walk")
    return start, UUID(parts[1])


def cursor_after(start: datetime, last: UUID) -> str:
    """The cursor that leads on after a start and an id."""
    return base64.urlsafe_b64encode(f"{start.isoformat()} {last}".encode()).decode()


def wards_of(who: Principal) -> list[str] | None:
    """The wards to which a reader's lists are narrowed; None: every ward."""
    return None if who.covers("*") else sorted(who.wards)


def assisting(who: Principal | None) -> str | None:
    """Who of the staff does for somebody what she could do online; None: she does it herself."""
    return who.subject if who and who.roles & ASSISTING else None


# Both are coroutines, because FastAPI takes plain functions to a thread.
async def _desk(request: Request) -> Desk:
    return request.app.state.desk


PageDep = Annotated[Page, Depends(_page)]
DeskDep = Annotated[Desk, Depends(_desk)]
