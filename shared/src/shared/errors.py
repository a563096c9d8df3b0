"""Every refusal a caller can meet, as one small tree that carries status, type and words.

    Refusal
    |- Malformed 400          |- Forbidden 403       |- PreconditionFailed 412
    |- NotSignedIn 401        |- NotFound 404        |- Invalid 422
    |- Conflict 409           |- Gone 410            |- PreconditionRequired 428
    |- TooLarge 413           |- TooMany 429         `- Unavailable 503

Invariant: a refusal's words never repeat what the caller sent; they say what is wrong and what to
do. Services add leaves of their own in ``domain`` (``SlotTaken(Conflict)``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: where (a JSON pointer, RFC 6901) and what."""

    pointer: str
    detail: str


class Refusal(Exception):
    """The request was refused."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "refused"

    def __init__(
        self, detail: str | None = None, *, faults: Sequence[Fault] = (), **members: Any
    ) -> None:
        """``detail`` defaults to the class's docstring; ``members`` are added to the problem body."""
        self.title = (type(self).__doc__ or "").strip().splitlines()[0]
        self.detail = detail or self.title
        self.faults = tuple(faults)
        self.members = members
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """Response headers that go with the refusal."""
        return {}


class Malformed(Refusal):
    """The request could not be read."""

    status, slug = 400, "malformed"


class NotSignedIn(Refusal):
    """Sign in first: a valid bearer token or session is needed."""

    status, slug = 401, "not-signed-in"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(Refusal):
    """Your role or wards do not allow this."""

    status, slug = 403, "forbidden"


class NotFound(Refusal):
    """There is nothing here by that name."""

    status, slug = 404, "not-found"


class Conflict(Refusal):
    """The request does not fit the present state."""

    status, slug = 409, "conflict"


class Gone(Refusal):
    """This is no longer here."""

    status, slug = 410, "gone"


class PreconditionFailed(Refusal):
    """It has changed since you read it: read it again, then repeat."""

    status, slug = 412, "precondition-failed"


class TooLarge(Refusal):
    """The request is larger than anything that is asked for here."""

    status, slug = 413, "too-large"


class Invalid(Refusal):
    """Something in the request is not right."""

    status, slug = 422, "invalid"


class PreconditionRequired(Refusal):
    """Send If-Match with the ETag you last read."""

    status, slug = 428, "precondition-required"


class TooMany(Refusal):
    """Too many requests for now."""

    status, slug = 429, "too-many"

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.members.get("retry_after", 60))}


class Unavailable(Refusal):
    """A part that this needs does not answer just now: try again shortly."""

    status, slug = 503, "unavailable"

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": "5"}
