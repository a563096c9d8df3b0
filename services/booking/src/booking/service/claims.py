"""What a link is good for: one walk, or one wish, until 28 days after its end.

Invariant: a link that is forged, revoked or over is refused before anything is read out.
"""

from booking import domain
from booking.service.desk import Desk
from shared.errors import NotFound
from shared.phrases import Phrase, marked

INCOMPLETE = marked("This link is not complete. Copy all of it from your mail.")
OVER = marked("This link no longer works. Call %(phone)s instead.")


def claim_of(token: str) -> domain.Claim:
    """What a link claims. Raises NotFound when it is not whole."""
    claim = domain.read_token(token)
    if claim is None:
        raise NotFound(INCOMPLETE)
    return claim


def require_holds(desk: Desk, claim: domain.Claim, walk: domain.Walk | None) -> domain.Walk:
    """The walk that a claim is good for. Raises NotFound (forged), LinkOver (revoked, or too late)."""
    if walk is None or not desk.links.ever_held(claim, walk.link_generation):
        raise NotFound(INCOMPLETE)
    if not desk.links.holds(claim, walk.link_generation) or desk.clock() > walk.kept_until:
        raise domain.LinkOver(Phrase(OVER, phone=walk.officer.force_phone))
    return walk


def require_hers(desk: Desk, claim: domain.Claim, request: domain.Request | None) -> domain.Request:
    """The wish that a claim is good for. Raises NotFound (forged), LinkOver (too late)."""
    if request is None or not desk.links.holds(claim, domain.requests.LINK_GENERATION):
        raise NotFound(INCOMPLETE)
    if request.kept_until is not None and desk.clock() > request.kept_until:
        raise domain.LinkOver(Phrase(OVER, phone=desk.limits.phone))
    return request
