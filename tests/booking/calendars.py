"""A calendar as a program reads it that shares nothing with the one that wrote it: vobject.

Clocks are dateutil's reading of the file's own VTIMEZONE."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from typing import Any

import httpx

vobject: Any = import_module("vobject")
tz: Any = import_module("dateutil.tz")

LONDON = "Europe/London"


@dataclass(frozen=True, slots=True)
class Read:
    """One appointment; its times in UTC, by the time zone that the file itself brings along."""

    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    status: str
    summary: str
    location: str | None
    description: str | None


def method(answer: httpx.Response) -> str | None:
    """What a file wants done with its appointments."""
    found = _parsed(answer).contents.get("method")
    return found[0].value if found else None


def read(answer: httpx.Response) -> list[Read]:
    """The appointments of a calendar, in the order in which it has them."""
    return [_event(each) for each in _parsed(answer).contents.get("vevent", [])]


def unfolded(answer: httpx.Response) -> list[str]:
    """A calendar's lines, as RFC 5545 (3.1) has them put together again."""
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    return answer.content.decode().replace("\r\n ", "").split("\r\n")


def _parsed(answer: httpx.Response) -> Any:
    """The calendar, read with the clocks that it brings along itself, or with none."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    text = answer.content.decode()
    if "TZID=" in text:
        assert "BEGIN:VTIMEZONE" in text, "a file brings its clocks along"
        clocks = text[text.index("BEGIN:VTIMEZONE") : text.index("END:VTIMEZONE")]
        said = tz.tzical(StringIO(f"{clocks}END:VTIMEZONE\r\n"))
        # Left alone it takes them from pytz, whatever the file says.
        vobject.icalendar.registerTzid(LONDON, said.get(LONDON))
    return vobject.readOne(text)


def _event(of: Any) -> Read:
    said = {name: found[0].value for name, found in of.contents.items()}
    return Read(
        uid=said["uid"],
        sequence=int(said["sequence"]),
        stamp=said["dtstamp"],
        start=said["dtstart"].astimezone(UTC),
        end=said["dtend"].astimezone(UTC),
        status=said["status"],
        summary=said["summary"],
        location=said.get("location"),
        description=said.get("description"),
    )
