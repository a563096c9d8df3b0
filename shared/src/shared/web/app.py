"""The FastAPI application that every service starts from.

Invariant: routes live under the service's own name and nothing rewrites paths; ``/healthz`` says
whether this process makes progress, ``/readyz`` whether its database answers at its migration level
(not Kafka: writes go on without it), ``/metrics`` is Prometheus text; none of them holds personal
data. An app in which some other route does not say who may use it is refused.
"""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.auth.gate import open_gate
from shared.auth.rules import require_rules
from shared.migrate import pending_migrations
from shared.pages import SafeHeaders, open_pages
from shared.service import Parts
from shared.web import operations, standing
from shared.web.described import Described
from shared.web.middleware import Bounded, Observed
from shared.web.problems import add_problem_handlers

OPERATIONS = ("/healthz", "/readyz", "/metrics")


def under(name: str, *routers: APIRouter) -> APIRouter:
    """A service's routers and the plumbing's own, under ``/<name>``.

    A service has them made once: what FastAPI works out of the routes is most of an app's start.
    """
    routes = APIRouter(generate_unique_id_function=lambda route: route.name)
    for router in (*routers, operations.router, standing.router):
        routes.include_router(router, prefix=f"/{name}")
    return routes


def create_api(parts: Parts[Any], name: str, routes: APIRouter) -> FastAPI:
    """An app with a service's routes, which come from ``under``.

    Raises RuleMissing when one of them names no access rule.
    """
    app = Described(
        title=f"Walk and Talk: {name}",
        version="1",
        description="Every answer that is not a success is a problem (RFC 9457): decide by its type.",
        servers=[{"url": "/"}],
        openapi_url=f"/{name}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.parts = parts
    app.state.on_stop = []  # called when the process is told to stop, before answers are waited for
    app.state.gate = open_gate(name, parts.settings, parts.clock)
    app.state.pages = open_pages(name, parts.settings)
    add_problem_handlers(app)
    app.router.routes.extend(routes.routes)
    app.include_router(_operations(parts, name))
    app.mount(f"/{name}/assets", app.state.pages.assets)
    require_rules(
        app, exempt=frozenset(prefix + path for prefix in ("", f"/{name}") for path in OPERATIONS)
    )
    app.add_middleware(Bounded)
    app.add_middleware(Observed, parts=parts)
    app.add_middleware(SafeHeaders, settings=parts.settings)
    return app


def create_health(parts: Parts[Any], name: str) -> FastAPI:
    """The app of a process that serves nothing but its health: a worker alone."""
    app = FastAPI(title=f"Walk and Talk: {name} worker", openapi_url=None)
    app.state.parts = parts
    add_problem_handlers(app)
    app.include_router(_operations(parts, name))
    return app


def _operations(parts: Parts[Any], name: str) -> APIRouter:
    """Health and metrics: at the root for a process alone, under its name behind one origin."""
    router = APIRouter(include_in_schema=False)

    async def healthz() -> Response:
        stuck = parts.progress.stuck()
        return JSONResponse({"alive": not stuck, "stuck": stuck}, 503 if stuck else 200)

    async def readyz() -> Response:
        pending = await pending_migrations(parts.database, name)
        return JSONResponse({"ready": not pending, "pending": pending}, 503 if pending else 200)

    async def metrics() -> Response:
        return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in zip(OPERATIONS, (healthz, readyz, metrics), strict=True):
        for prefix in ("", f"/{name}"):
            router.add_api_route(prefix + path, endpoint, methods=["GET"])
    return router
