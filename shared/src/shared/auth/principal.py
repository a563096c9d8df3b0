"""The person or service on whose behalf a request is made.

Invariant: built only from claims whose signature, issuer, audience and times have been checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from shared.errors import Forbidden

EVERY_WARD = "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: ``subject`` at the issuer, a name to show, roles, and ward codes (or ``*``)."""

    subject: str
    name: str
    roles: frozenset[str]
    wards: frozenset[str]

    def covers(self, ward: str) -> bool:
        """Whether this person may act in a ward."""
        return EVERY_WARD in self.wards or ward in self.wards

    def must_cover(self, ward: str) -> None:
        """Raise Forbidden (403) unless this person may act in a ward."""
        if not self.covers(ward):
            raise Forbidden("This ward is not one of yours.")


def principal_of(claims: Mapping[str, Any], *, roles_claim: str, wards_claim: str) -> Principal:
    """The principal that checked claims describe; a claim of the wrong form grants nothing."""
    subject = str(claims["sub"])
    name = claims.get("name")
    return Principal(
        subject=subject,
        name=name if isinstance(name, str) and name else subject,
        roles=_words(claims, roles_claim),
        wards=_words(claims, wards_claim),
    )


def _words(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """A claim that lists words, as an array or one spaced string; dots lead into nested claims."""
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for step in claim.split("."):
            if not isinstance(found, Mapping):
                return frozenset()
            found = cast(Mapping[str, Any], found).get(step)
    if isinstance(found, str):
        return frozenset(found.split())
    if isinstance(found, list):
        return frozenset(word for word in cast(list[Any], found) if isinstance(word, str))
    return frozenset()
