"""Every route of a service, and what happens when a caller knocks: for the matrix of who may."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shared.auth import Gate, Principal
from shared.auth.rules import AccessRule, routes_of, rule_of
from shared.postgres import Database
from tests.factories import SERVICES, parts_for
from tests.tokens import TestIssuer

ROLES = ("officer", "coordinator", "duty", "analyst", "partner", "admin")
STAFF = tuple(f"staff:{role}" for role in (*ROLES, "none"))
CALLERS = ("nobody", *STAFF, *(f"service:{name}" for name in SERVICES))
SOME_ID = UUID("00000000-0000-4000-8000-000000000000")
PATH_PARAMETER = re.compile(r"\{[^}]+\}")
ORIGIN = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Door:
    """One route by one method, and its rule."""

    method: str
    path: str
    rule: AccessRule

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of knocking."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_app(service: str, database: Database, issuer: TestIssuer) -> FastAPI:
    """The app of a service, around a migrated database."""
    parts = parts_for(service, database, oidc_issuer=issuer.url, public_origin=ORIGIN)
    app: FastAPI = import_module(f"{service}.app").create_app(parts)
    return app


def doors_of(app: FastAPI) -> Iterator[Door]:
    """Every route that says who may use it, by method."""
    for route in routes_of(app):
        rule = rule_of(route)
        if rule is not None:
            for method in sorted(route.methods):
                yield Door(method, route.path, rule)


def headers_of(app: FastAPI, door: Door, caller: str, issuer: TestIssuer) -> dict[str, str]:
    """What a caller shows at a door: a token at the API, a session at a page."""
    kind, _, name = caller.partition(":")
    gate: Gate = app.state.gate
    roles = frozenset({name} & set(ROLES))
    if kind == "nobody":
        return {}
    if door.rule.kind in {"staff_page", "public_page"}:
        return _session(gate, caller, roles) if kind == "staff" else {}
    if kind == "staff":
        return issuer.bearer(*roles, subject=f"{name}-1")
    return issuer.bearer_service(name, audience=gate.name)


def _session(gate: Gate, caller: str, roles: frozenset[str]) -> dict[str, str]:
    response = Response()
    gate.sessions.begin(response, Principal(caller, caller, roles, frozenset({"*"})))
    return {"cookie": response.headers["set-cookie"].split(";")[0]}


def a_form(
    app: FastAPI, door: Door, headers: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """An empty form as our own page would post it: its fields, and the headers that go with it.

    A public page's form is a visitor's, also when she who sees it has signed in, unless it knows its staff.
    """
    gate: Gate = app.state.gate
    cookie = headers.get("cookie", "")
    scope = {"type": "http", "headers": [(b"cookie", cookie.encode())], "app": app}
    request, response = Request(scope), Response()
    session = gate.sessions.read(request)
    if session is not None and (door.rule.kind == "staff_page" or door.rule.knows_staff):
        request.state.session = session
    fields = {"csrf_token": gate.forms.token(request), "idempotency_key": gate.forms.key()}
    gate.forms.remember(request, response)
    visitor = response.headers.get("set-cookie", "").split(";")[0]
    cookies = "; ".join(each for each in (cookie, visitor) if each)
    return fields, headers | {"cookie": cookies, "origin": ORIGIN}


async def knock(
    app: FastAPI, door: Door, headers: dict[str, str], *, form: dict[str, str] | None = None
) -> Answer:
    """Ask at a door with whatever stands for input; a stream is left once it has begun."""
    path = PATH_PARAMETER.sub(str(SOME_ID), door.path)
    if form is not None:
        body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps({}).encode(), "application/json"
    sent = {"host": "127.0.0.1:8080", "content-type": kind, "idempotency-key": "a-key"} | headers
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": door.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "server": ("127.0.0.1", 8080),
    }
    return await _exchange(app, scope, body)


async def _exchange(app: FastAPI, scope: dict[str, Any], body: bytes) -> Answer:
    begun, left = asyncio.Event(), asyncio.Event()
    told: dict[str, Any] = {}
    parts: list[bytes] = []
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        for message in given:
            return message
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.update(message)
        else:
            parts.append(message.get("body", b""))
            begun.set()

    running = asyncio.create_task(app(scope, receive, send))
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait({running, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    left.set()
    await asyncio.wait({running}, timeout=1)
    for task in (running, waiting):
        task.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    headers = {name.decode(): value.decode() for name, value in told.get("headers", ())}
    return Answer(told.get("status", 0), headers, b"".join(parts))
