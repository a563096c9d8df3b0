"""The pages that every service has: signing in and out, accessibility, cookies.

Invariant: a GET never signs anybody in by itself: ``/sign-in`` only leads to the issuer, and
``/signed-in`` takes only what was begun in the same browser. Signing out is a POST from a form of
ours.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from shared.auth import Principal, csrf_form, public_page, staff_page
from shared.auth.gate import gate_of
from shared.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def sign_in(
    request: Request,
    _: Annotated[None, public_page()],
    following: Annotated[str | None, Query(alias="next")] = None,
    again: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter has no position
) -> Response:
    """Lead to the issuer, and remember where to go afterwards (a path of this origin)."""
    return await gate_of(request).sign_in.begin(following, again=again)


@router.get("/signed-in")
async def signed_in(request: Request, _: Annotated[None, public_page()]) -> Response:
    """Where the issuer sends the browser back to."""
    gate = gate_of(request)
    who, following = await gate.sign_in.finish(request)
    response = RedirectResponse(following, 303)
    gate.sign_in.forget(response)
    gate.sessions.begin(response, who)
    return response


@router.post("/sign-out")
async def sign_out(
    request: Request, _: Annotated[Principal, staff_page()], __: Annotated[FormData, csrf_form()]
) -> Response:
    """End the session, here and at the issuer."""
    gate = gate_of(request)
    response = RedirectResponse(await gate.sign_in.leave(), 303)
    gate.sessions.end(response)
    return response


@router.get("/signed-out")
async def signed_out(request: Request, _: Annotated[None, public_page()]) -> Response:
    """Say that it is done."""
    return render(request, "signed-out.html")


@router.get("/accessibility")
async def accessibility(request: Request, _: Annotated[None, public_page()]) -> Response:
    """What has been checked, what is known not to work, whom to tell."""
    return render(request, "accessibility.html", bilingual=True)


@router.get("/cookies")
async def cookies(request: Request, _: Annotated[None, public_page()]) -> Response:
    """Which cookies there are and why."""
    return render(request, "cookies.html", bilingual=True)
