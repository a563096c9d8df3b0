"""Around every request: its span, its metrics, its line in the log, a net for unforeseen errors.

Invariant: what is recorded names the route's template, never the path (a manage link is a
capability), no network address, and no error's message. Pure ASGI: answers stream through
untouched.
"""

import time
from typing import Any

from opentelemetry import trace
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import TooLarge
from shared.service import Parts
from shared.tracing import remote_context
from shared.web.problems import refusal_answer, unforeseen_answer

MAX_BODY = 1024 * 1024  # bytes
UNMATCHED = "unmatched"


class Bounded:
    """Refuses a body larger than a mebibyte: before it is read when its length is said, else on the way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdigit() or int(said) > MAX_BODY:
            await refusal_answer(TooLarge())(scope, receive, send)
            return
        read = 0

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                raise TooLarge
            return message

        await self._app(scope, receiving, send)


class Observed:
    """The outermost middleware of every service."""

    def __init__(self, app: ASGIApp, *, parts: Parts[Any]) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        with self._parts.tracer.start_as_current_span(
            scope["method"],
            context=remote_context(scope["headers"]),
            kind=trace.SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                await self._app(scope, receive, sending)
            except Exception as error:  # noqa: BLE001 - the net under everything
                answer = unforeseen_answer(error, self._parts.log, Request(scope))
                if status == 0:
                    await answer(scope, receive, sending)
            self._record(scope, span, status, time.perf_counter() - began)

    def _record(self, scope: Scope, span: trace.Span, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNMATCHED)
        span.update_name(f"{scope['method']} {route}")
        span.set_attributes({"http.route": route, "http.response.status_code": status})
        metrics = self._parts.metrics
        metrics.http_answers.labels(route, scope["method"], status).inc()
        metrics.http_seconds.labels(route).observe(seconds)
        self._parts.log.info(
            "http.answered",
            route=route,
            method=scope["method"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )
