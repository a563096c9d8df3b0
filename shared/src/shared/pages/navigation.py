"""Where the links at the head of a page lead, by who is looking.

Invariant: a link is shown only to roles that its page admits; the services are named by address
alone.
"""

from dataclasses import dataclass

from fastapi import Request

from shared.auth.principal import Principal
from shared.phrases import marked


@dataclass(frozen=True, slots=True)
class Link:
    """One entry, and the roles that see it."""

    text: str
    href: str
    roles: frozenset[str]


STAFF = (
    Link("Today\u2019s walks", "/booking/today", frozenset({"officer", "coordinator"})),
    Link("Slots", "/booking/roster", frozenset({"coordinator"})),
    Link("Wishes", "/booking/requests", frozenset({"coordinator"})),
    Link("Rosters", "/booking/week", frozenset({"coordinator"})),
    Link("Absences", "/booking/absences", frozenset({"coordinator"})),
    Link("Teams", "/booking/teams", frozenset({"coordinator"})),
    Link("Bars", "/booking/bars", frozenset({"coordinator"})),
    Link("Capture a concern", "/concerns/capture", frozenset({"officer"})),
    Link("Overdue walks", "/booking/duty", frozenset({"duty", "coordinator"})),
    Link("Alerts", "/notifications/alerts", frozenset({"duty"})),
    Link(
        "Dashboard",
        "/reporting/",
        frozenset({"officer", "coordinator", "duty", "analyst", "admin"}),
    ),
)
PUBLIC = (Link(marked("Book a walk"), "/booking/", frozenset()),)


def navigation(who: Principal | None, request: Request) -> list[dict[str, object]]:
    """The entries for somebody, as GOV.UK's service navigation takes them."""
    here = request.url.path
    links = PUBLIC if who is None else [link for link in STAFF if link.roles & who.roles]
    return [{"text": link.text, "href": link.href, "current": here == link.href} for link in links]
