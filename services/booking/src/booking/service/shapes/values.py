"""The kinds of values that answers hold: what a client may rely on, and one of each to look at.

Invariant: these are words for readers: nothing is checked on the way out. That answers are as they say is
checked by types, and by tests that ask every route.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema


def one_of(words: Iterable[str]) -> Any:
    """What a client reads of a text that is always one of these words."""
    return WithJsonSchema({"type": "string", "enum": [str(word) for word in words]})


Id = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "format": "uuid", "examples": ["5f0c1f2e-7d0b-4f0e-9d0e-0f6a9c1b2d3e"]}
    ),
]
Instant = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2027-01-12T18:00:00+00:00"]}
    ),
]
Day = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date", "examples": ["2027-01-12"]})
]
Wall = Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$", examples=["18:00"])]
Link = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "format": "uri",
            "examples": ["https://walks.example/booking/manage/AbC.1"],
        }
    ),
]
Reference = Annotated[str, Field(examples=["7K2M-9QXD"])]
WardCode = Annotated[str, Field(description="of the boundary set", examples=["L05000001"])]
Version = Annotated[int, Field(ge=1, examples=[1])]
Companions = Annotated[int, Field(ge=0, description="who come with her", examples=[1])]
Near = Annotated[str, Field(description="the neighbourhood", examples=["the old mill"])]
ReturnCode = Annotated[
    str, Field(description="beside the reference, to come back", examples=["048213"])
]
SafeWord = Annotated[str, Field(description="she and her officer know it", examples=["kestrel"])]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Cursor = Annotated[str | None, Field(description="``cursor`` of the next page", examples=[None])]
