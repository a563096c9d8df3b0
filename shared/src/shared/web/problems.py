"""Refusals and faults as ``application/problem+json`` (RFC 9457).

Invariant: FastAPI's and Starlette's own errors come out in the same form; broken JSON is 400, wrong
content 422; an unforeseen error is 500 with nothing of it in the body, and in the log only its
class and, where the database said it, SQLSTATE and constraint: never a DETAIL, which quotes the
row. Whoever reads pages gets a page that says the same.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from structlog.typing import FilteringBoundLogger

from shared.auth.rules import routes_of
from shared.errors import (
    Fault,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    NotSignedIn,
    Refusal,
    Unavailable,
)
from shared.pages import answer_page, wants_page
from shared.postgres import is_infrastructure

PROBLEMS = "https://walkandtalk.uk/problems"
MEDIA_TYPE = "application/problem+json"

_BY_STATUS: Mapping[int, type[Refusal]] = {
    400: Malformed,
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    422: Invalid,
}


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """A problem answer; ``members`` are added to its body."""
    body = {"type": f"{PROBLEMS}/{slug}", "title": title, "status": status, "detail": detail}
    return JSONResponse(body | members, status, dict(headers or {}), MEDIA_TYPE)


def refusal_answer(refusal: Refusal) -> JSONResponse:
    """The problem that a refusal is."""
    members = dict(refusal.members)
    if refusal.faults:
        members["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail} for fault in refusal.faults
        ]
    return problem(
        refusal.status,
        refusal.slug,
        refusal.title,
        refusal.detail,
        headers=refusal.headers,
        **members,
    )


class Unforeseen(Refusal):
    """Something went wrong on our side."""

    status, slug = 500, "internal"


def _answer(request: Request, refusal: Refusal) -> Response:
    """The refusal as its reader takes it."""
    return answer_page(request, refusal) if wants_page(request) else refusal_answer(refusal)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _answer(request, error)


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return _answer(request, Malformed("The body is not JSON that can be read."))
    return _answer(request, Invalid(faults=[_fault(each) for each in found]))


def _fault(found: Mapping[str, Any]) -> Fault:
    """Pydantic's own words, without the input; its locations as JSON pointers."""
    where, *steps = found["loc"]
    prefix = "#" if where == "body" else f"#/{where}"
    pointer = "/".join(
        [prefix, *(str(step).replace("~", "~0").replace("/", "~1") for step in steps)]
    )
    if found["type"] == "extra_forbidden":  # the last step is the caller's own word
        return Fault(
            "/".join([prefix, *map(str, steps[:-1])]), "holds a field that is not known here"
        )
    return Fault(pointer, found["msg"].removeprefix("Value error, "))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:  # noqa: PLR2004
        return problem(
            405,
            "method-not-allowed",
            "This cannot be done here.",
            "Use one of the methods in Allow.",
            headers={**(error.headers or {}), **_allowed(request)},
        )
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        return problem(error.status_code, "refused", "The request was refused.", "Try again.")
    return _answer(request, kind())


def _allowed(request: Request) -> dict[str, str]:
    """Every method that can be used at a path: Starlette names those of the first route it tries."""
    path, found = request.url.path, set[str]()
    for route in routes_of(request.app):
        if compile_path(route.path)[0].match(path):
            found |= route.methods
    return {"Allow": ", ".join(sorted(found))} if found else {}


def unforeseen_answer(error: Exception, log: FilteringBoundLogger, request: Request) -> Response:
    """The answer to an error that nobody raised on purpose, and its line in the log."""
    if is_infrastructure(error):
        log.warning("request.unavailable", error=type(error).__name__)
        return _answer(request, Unavailable())
    facts: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, asyncpg.PostgresError):
        facts |= {"sqlstate": error.sqlstate, "constraint": getattr(error, "constraint_name", None)}
    else:
        facts["at"] = _where(error)
    log.error("request.failed", **facts)
    return _answer(request, Unforeseen("It has been noted; nothing was done."))


def _where(error: BaseException) -> str:
    """File and line where an error was raised; never its message, which may quote input."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/src/', 1)[-1]}:{trace.tb_lineno}"
