"""The access rule of each route, where a test and the app's start can read it.

Invariant: a route has exactly one rule, and it is decided before any other dependency of the route,
so that a stranger learns nothing from how his input is refused and an idempotency key is scoped to
its caller.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

Kind = Literal["public", "anyone", "staff", "service", "public_page", "staff_page"]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PAGES = frozenset({"public_page", "staff_page"})


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may use a route.

    ``roles`` are staff roles (any one of them is enough; empty on a staff page: anybody signed in),
    or for ``service`` the callers' client ids. ``session``: a page's session will do as well as a
    token. ``knows_staff``: a public page that is told who has signed in.
    """

    kind: Kind
    roles: frozenset[str] = frozenset()
    session: bool = False
    knows_staff: bool = False


class RuleMissing(RuntimeError):
    """A route does not say who may use it, or says it twice, or takes a form without its token."""


def rule_of(route: Any) -> AccessRule | None:
    """The rule of a route (an APIRoute, or what ``routes_of`` gives), or None when it has none."""
    rules = [rule for rule in map(_rule, _dependencies(route)) if rule is not None]
    return rules[0] if len(rules) == 1 else None


def checks_form(route: Any) -> bool:
    """Whether a route checks the token of the form that is posted to it."""
    return any(getattr(each.call, "checks_form", False) for each in _dependencies(route))


def routes_of(app: FastAPI) -> Iterator[Any]:
    """Every route that runs an endpoint of ours, with its full ``path`` and ``methods``."""
    for route in iter_route_contexts(app.routes):
        if getattr(route, "dependant", None) is not None:
            yield route


def require_rules(app: FastAPI, *, exempt: frozenset[str]) -> None:
    """Raise RuleMissing unless every route but the exempt paths has its rule; put rules first."""
    for route in routes_of(app):
        if route.path in exempt:
            continue
        rule = rule_of(route)
        if rule is None:
            raise RuleMissing(f"{_named(route)} must name exactly one access rule")
        unsafe = not set(route.methods or ()) <= SAFE
        if unsafe and rule.kind in PAGES and not checks_form(route):
            raise RuleMissing(f"{_named(route)} takes a form and must ask for csrf_form()")
        if unsafe and rule.session:
            raise RuleMissing(f"{_named(route)} changes something: a session is not enough for it")
        route.dependant.dependencies.sort(key=lambda each: _rule(each) is None)


def _named(route: Any) -> str:
    return f"{' '.join(sorted(route.methods or ()))} {route.path}"


def _dependencies(route: Any) -> list[Any]:
    return list(route.dependant.dependencies)


def _rule(dependency: Any) -> AccessRule | None:
    return getattr(dependency.call, "rule", None)
