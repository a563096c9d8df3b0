"""Who may: every route of all four services against every role, no token, and every service's token.

The matrix is made from the apps themselves, so that a new route is in it from its first day.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI

from shared.auth.rules import PAGES, SAFE, routes_of, rule_of
from shared.pages import navigation
from shared.postgres import open_database
from tests.doors import CALLERS, ROLES, Answer, Door, a_form, doors_of, headers_of, knock, open_app
from tests.factories import SERVICES
from tests.infra import Templates
from tests.tokens import TestIssuer

# Routes of the plumbing, which ask nobody: health, readiness, metrics.
ASK_NOBODY = {"/healthz", "/readyz", "/metrics"}
OPEN = "lets in"


@pytest.fixture(scope="module")
async def apps(templates: Templates, issuer: TestIssuer) -> AsyncGenerator[dict[str, FastAPI]]:
    """The four apps, each around a database of its own."""
    async with AsyncExitStack() as held:
        made: dict[str, FastAPI] = {}
        for service in SERVICES:
            url = await templates.clone(service)
            held.push_async_callback(templates.drop_database, url)
            database = await held.enter_async_context(open_database(url))
            made[service] = open_app(service, database, issuer)
        yield made


def expected(door: Door, caller: str) -> str:
    """What the door's rule says to a caller: a status, ``sign-in``, or that it lets her in."""
    kind, _, name = caller.partition(":")
    rule = door.rule
    if rule.kind in {"public", "public_page"}:
        return OPEN
    if rule.kind == "anyone":
        return "401" if kind == "service" else OPEN
    if rule.kind == "service":
        if kind != "service":
            return "401"
        return OPEN if name in rule.roles else "403"
    if kind != "staff":
        return "sign-in" if rule.kind == "staff_page" else "401"
    return OPEN if name in rule.roles or not rule.roles else "403"


def seen(answer: Answer) -> str:
    """What an answer amounts to, in the same words."""
    if answer.status >= 500 or answer.status == 0:
        return f"failed with {answer.status}"
    if answer.status == 303 and "/sign-in?next=" in answer.headers.get("location", ""):
        return "sign-in"
    return str(answer.status) if answer.status in {401, 403} else OPEN


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_admits_whom_its_rule_names_and_nobody_else(
    apps: dict[str, FastAPI], issuer: TestIssuer, service: str, caller: str
) -> None:
    app = apps[service]
    disagreed: list[str] = []
    for door in doors_of(app):
        headers, form = headers_of(app, door, caller, issuer), None
        if door.rule.kind in PAGES and door.method not in SAFE:
            form, headers = a_form(app, door, headers)
        said, should = seen(await knock(app, door, headers, form=form)), expected(door, caller)
        if said != should:
            disagreed.append(f"{door}: {said}, should be {should}")
    assert not disagreed, "\n".join(disagreed)


@pytest.mark.parametrize("service", SERVICES)
async def test_no_form_is_taken_without_its_token_from_anybody(
    apps: dict[str, FastAPI], issuer: TestIssuer, service: str
) -> None:
    app = apps[service]
    for door in doors_of(app):
        if door.rule.kind not in PAGES or door.method in SAFE:
            continue
        for caller in ("nobody", *(f"staff:{role}" for role in ROLES)):
            headers = headers_of(app, door, caller, issuer) | {"origin": "http://127.0.0.1:8080"}
            answer = await knock(app, door, headers, form={"csrf_token": "0" * 64})
            assert seen(answer) in {"403", "sign-in"}, f"{door} took {caller}'s form"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_token_of_another_issuer_or_time_opens_nothing(
    apps: dict[str, FastAPI], issuer: TestIssuer, service: str
) -> None:
    app = apps[service]
    claims = issuer.claims(roles=list(ROLES), wards=["*"])
    refused = {
        "expired": issuer.sign(claims | {"exp": 1_600_000_000}),
        "for somebody else": issuer.sign(claims | {"aud": "somebody-else"}),
        "of another issuer": issuer.sign(claims | {"iss": "https://elsewhere.example"}),
        "unsigned": f"{issuer.sign(claims).rpartition('.')[0]}.",
    }
    for door in doors_of(app):
        if door.rule.kind in {*PAGES, "public"}:
            continue
        for what, token in refused.items():
            answer = await knock(app, door, {"authorization": f"Bearer {token}"})
            assert answer.status == 401, f"{door}, a token that is {what}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_rule_or_is_plumbing(apps: dict[str, FastAPI], service: str) -> None:
    without = {route.path for route in routes_of(apps[service]) if rule_of(route) is None}
    assert without == ASK_NOBODY | {f"/{service}{path}" for path in ASK_NOBODY}


def test_every_link_at_the_head_of_a_page_leads_to_one_that_admits_who_sees_it(
    apps: dict[str, FastAPI],
) -> None:
    pages = {
        door.path: door.rule
        for app in apps.values()
        for door in doors_of(app)
        if door.method == "GET" and door.rule.kind in PAGES
    }
    for link in navigation.STAFF:
        assert link.roles <= pages[link.href].roles, link
    for link in navigation.PUBLIC:
        assert pages[link.href].kind == "public_page"


@pytest.mark.parametrize("service", SERVICES)
def test_the_operators_routes_are_an_admins_alone(apps: dict[str, FastAPI], service: str) -> None:
    base = f"/{service}/v1/operations/"
    rules = [door.rule for door in doors_of(apps[service]) if door.path.startswith(base)]
    assert len(rules) == 10
    assert {(rule.kind, rule.roles, rule.session) for rule in rules} == {
        ("staff", frozenset({"admin"}), False)
    }


@pytest.mark.parametrize("service", SERVICES)
def test_no_rule_names_a_role_or_a_service_that_there_is_not(
    apps: dict[str, FastAPI], service: str
) -> None:
    for door in doors_of(apps[service]):
        known = set(SERVICES) if door.rule.kind == "service" else set(ROLES)
        assert door.rule.roles <= known, door
