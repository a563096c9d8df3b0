"""How often one contact may try, and who may not at all.

Invariant: counted and barred by a keyed digest of the contact, never by the contact; the answer does not
say which limit was met, nor that it was a bar.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.refusals import TooManyWalks


@dataclass(frozen=True, slots=True)
class Limits:
    """What one contact may have: ``open_walks`` at once, ``tries_per_hour``; who to call instead."""

    open_walks: int
    tries_per_hour: int
    phone: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What one contact has before this try: open walks, and tries within the last hour; and is she barred."""

    open_walks: int
    tries: int
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A coordinator's decision that a contact does not book online; ``reference`` is a walk's of hers."""

    id: UUID
    reference: str
    ward_code: str
    reason: str
    by: str
    since: datetime
    until: datetime | None
    lifted_at: datetime | None = None


def require_within(limits: Limits, tried: Tried) -> None:
    """Raise TooManyWalks when a contact has had enough for now, or is barred."""
    if tried.barred:
        raise TooManyWalks(limits.phone)
    if tried.open_walks >= limits.open_walks or tried.tries >= limits.tries_per_hour:
        raise TooManyWalks(limits.phone)


def counted_as(email: str | None, mobile: str | None = None) -> str:
    """The form in which a contact is counted.

    Of an address lower case without a ``+tag``; of a number, which is E.164, itself.
    """
    if email is None:
        assert mobile is not None  # a body without either was refused
        return mobile
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}".lower()
