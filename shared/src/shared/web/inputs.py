"""What routes ask for: the database, the idempotency key, text and times that are safe to store.

Invariant: a value of type Text holds no NUL and no lone surrogate, so PostgreSQL takes it; a value
of type Timestamp has an offset, and if it names London's own, one that London has at that moment; a
value of type Day was written as one, and is no number of seconds.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from shared.errors import Fault, Invalid
from shared.idempotency import Once, once
from shared.postgres import Database
from shared.service import Parts

MAX_KEY = 200
WRITTEN_DAY = re.compile(r"\d{4}-\d\d-\d\d")


# Coroutines, because FastAPI takes plain functions to a thread.
async def _parts(request: Request) -> Parts[Any]:
    return request.app.state.parts


async def _database(request: Request) -> Database:
    return request.app.state.parts.database


PartsDep = Annotated[Parts[Any], Depends(_parts)]
DatabaseDep = Annotated[Database, Depends(_database)]


def _storable(text: str) -> str:
    if "\x00" in text:
        message = "must not contain a NUL character"
        raise ValueError(message)
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "must not contain half of a surrogate pair"
        raise ValueError(message) from None
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]


def _sensible(instant: datetime) -> datetime:
    if not 2000 <= instant.year <= 2100:  # noqa: PLR2004 - outside, PostgreSQL or zoneinfo may refuse
        message = "must be between the years 2000 and 2100"
        raise ValueError(message)
    return instant


Timestamp = Annotated[AwareDatetime, AfterValidator(_sensible)]


def _written_day(value: Any) -> Any:
    if not isinstance(value, date) and not (
        isinstance(value, str) and WRITTEN_DAY.fullmatch(value)
    ):
        raise ValueError("must be a day, like 2027-03-28")
    return value


Day = Annotated[
    date,
    BeforeValidator(_written_day),
    Field(ge=date(2000, 1, 1), le=date(2100, 1, 1)),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2027-01-12"]}),
]


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str, Header(min_length=1, max_length=MAX_KEY, description="a fresh key for each request")
    ],
) -> Once:
    return await _name(request, idempotency_key)


async def _once_if_given(
    request: Request,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=MAX_KEY)] = None,
) -> Once:
    return await _name(request, idempotency_key)


async def _name(request: Request, key: str | None) -> Once:
    """The scope is the route, its path parameters and the caller."""
    if key is not None and not key.isprintable():
        raise Invalid(
            "Idempotency-Key must be printable text.",
            faults=[Fault("#/headers/Idempotency-Key", "must be printable")],
        )
    caller = getattr(request.state, "caller", "public")
    scope = f"{request.method} {request.url.path} {caller}"
    return once(scope, key, await request.body())


OnceDep = Annotated[Once, Depends(_once)]
OnceIfGivenDep = Annotated[Once, Depends(_once_if_given)]
