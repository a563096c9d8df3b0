"""No app starts with a route that does not say who may use it."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter

from shared.auth import (
    Principal,
    allow,
    csrf_form,
    public,
    public_page,
    staff_page,
)
from shared.auth.rules import RuleMissing, routes_of, rule_of
from tests.shared.guarded import NAME, app_with, guarded
from tests.tokens import TestIssuer


def test_an_app_with_a_route_without_a_rule_does_not_start(issuer: TestIssuer) -> None:
    router = APIRouter()

    @router.get("/v1/open-by-mistake")
    async def forgotten() -> None: ...

    with pytest.raises(RuleMissing, match="open-by-mistake"):
        app_with(router, issuer)


def test_an_app_with_a_route_with_two_rules_does_not_start(issuer: TestIssuer) -> None:
    router = APIRouter()

    @router.get("/v1/both")
    async def both(_: Annotated[None, public()], __: Annotated[Any, allow("officer")]) -> None: ...

    with pytest.raises(RuleMissing, match="both"):
        app_with(router, issuer)


def test_an_app_with_a_form_whose_token_is_not_checked_does_not_start(issuer: TestIssuer) -> None:
    router = APIRouter()

    @router.post("/cancel")
    async def cancel(_: Annotated[None, public_page()]) -> None: ...

    with pytest.raises(RuleMissing, match="csrf_form"):
        app_with(router, issuer)


def test_a_session_is_never_enough_for_a_change_through_the_api(issuer: TestIssuer) -> None:
    router = APIRouter()

    @router.post("/v1/change")
    async def change(_: Annotated[Any, allow("officer", session=True)]) -> None: ...

    with pytest.raises(RuleMissing, match="session"):
        app_with(router, issuer)


def test_each_route_can_be_asked_for_its_rule(issuer: TestIssuer) -> None:
    router = guarded()

    @router.get("/page")
    async def page(_: Annotated[Principal, staff_page("duty")]) -> None: ...

    @router.post("/page")
    async def form(_: Annotated[None, public_page()], __: Annotated[Any, csrf_form()]) -> None: ...

    rules = {
        (route.path, *sorted(route.methods)): rule_of(route)
        for route in routes_of(app_with(router, issuer))
    }
    assert (found := rules[f"/{NAME}/v1/officers-only", "GET"])
    assert (found.kind, found.roles) == ("staff", {"officer", "coordinator"})
    assert (found := rules[f"/{NAME}/page", "GET"])
    assert (found.kind, found.roles) == ("staff_page", {"duty"})
    assert (found := rules[f"/{NAME}/page", "POST"])
    assert found.kind == "public_page"
    assert rules["/healthz", "GET"] is None
