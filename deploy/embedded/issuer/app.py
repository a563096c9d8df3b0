"""The issuer over HTTP: discovery, keys, the sign-in page, tokens.

Invariant: a GET shows who one could be and gives nothing, unless somebody has already signed in in
this browser; choosing is a POST from a button. No browser is sent to an address that no client
registered.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from embedded.issuer.grants import Client, GrantRefused, Grants
from embedded.issuer.people import PEOPLE, Person
from embedded.issuer.signing import ALGORITHM, Signer

PATH = "/issuer"
COOKIE = "walkandtalk_issuer"
SEE_OTHER = 303
BEFORE = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the routes share; ``signed_in`` is browsers' cookies -> people, in memory."""

    address: str
    signer: Signer
    grants: Grants
    pages: Environment
    signed_in: dict[str, Person] = field(default_factory=dict[str, Person])


def create_issuer(origin_url: str, keys_dir: Path, clients: Mapping[str, Client]) -> Starlette:
    """The issuer ``<origin_url>/issuer`` as an ASGI app that expects whole paths (``/issuer/...``)."""
    address = origin_url.rstrip("/") + PATH
    signer = Signer(keys_dir)
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    app = Starlette(
        routes=[
            Route(f"{PATH}/.well-known/openid-configuration", discovery),
            Route(f"{PATH}/jwks", jwks),
            Route(f"{PATH}/authorize", authorize, methods=["GET"]),
            Route(f"{PATH}/authorize", chosen, methods=["POST"]),
            Route(f"{PATH}/token", token, methods=["POST"]),
            Route(f"{PATH}/sign-out", sign_out),
        ]
    )
    app.state.desk = Desk(address, signer, Grants(address, signer, clients), pages)
    return app


def _desk(request: Request) -> Desk:
    return request.app.state.desk


async def discovery(request: Request) -> Response:
    """OpenID Connect Discovery 1.0, 3."""
    address = _desk(request).address
    return JSONResponse(
        {
            "issuer": address,
            "authorization_endpoint": f"{address}/authorize",
            "token_endpoint": f"{address}/token",
            "jwks_uri": f"{address}/jwks",
            "end_session_endpoint": f"{address}/sign-out",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid", "profile"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )


async def jwks(request: Request) -> Response:
    """The public keys."""
    return JSONResponse(_desk(request).signer.public_keys)


async def authorize(request: Request) -> Response:
    """Show who one could be; somebody already signed in goes straight back with a code."""
    desk = _desk(request)
    asked = dict(request.query_params)
    if refused := _refusal(desk, asked):
        return refused
    person = desk.signed_in.get(request.cookies.get(COOKIE, ""))
    if person is not None and asked.get("prompt") != "login":
        return _back(desk, asked, person)
    kept = {name: asked[name] for name in BEFORE if name in asked}
    page = desk.pages.get_template("embedded/sign-in.html")
    target = urlsplit(asked["redirect_uri"])
    response = HTMLResponse(page.render(people=PEOPLE.values(), kept=kept))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {target.scheme}://{target.netloc}"
    )
    return response


async def chosen(request: Request) -> Response:
    """A button was pressed: back to the service, with a code."""
    desk = _desk(request)
    asked = {name: str(value) for name, value in (await request.form()).items()}
    person = PEOPLE.get(asked.get("person", ""))
    if refused := _refusal(desk, asked | {"response_type": "code"}):
        return refused
    if person is None:
        return HTMLResponse("Nobody of that name can sign in here.", 400)
    response = _back(desk, asked, person)
    browser = secrets.token_urlsafe(24)
    desk.signed_in[browser] = person
    secure = desk.address.startswith("https:")
    response.set_cookie(COOKIE, browser, path=PATH, secure=secure, httponly=True, samesite="lax")
    return response


async def token(request: Request) -> Response:
    """RFC 6749, 3.2: the client by Basic or in the form, the grant in the form."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    client_id, secret = _client(request, form)
    try:
        answer: dict[str, Any] = _desk(request).grants.tokens(client_id, secret, form)
    except GrantRefused as refused:
        status = 401 if str(refused) == "invalid_client" else 400
        return JSONResponse({"error": str(refused)}, status)
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


async def sign_out(request: Request) -> Response:
    """OpenID Connect RP-Initiated Logout: forget the browser, go back where its client lives."""
    desk = _desk(request)
    desk.signed_in.pop(request.cookies.get(COOKIE, ""), None)
    after = request.query_params.get("post_logout_redirect_uri", "")
    client = request.query_params.get("client_id", "")
    home = after.removesuffix("/signed-out") + "/signed-in"
    if after.endswith("/signed-out") and desk.grants.may_return(client, home):
        response: Response = RedirectResponse(after, SEE_OTHER)
    else:
        response = HTMLResponse("You have signed out.")
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _refusal(desk: Desk, asked: Mapping[str, str]) -> Response | None:
    """Why nobody can sign in with this request; said here, since its address is not to be trusted."""
    if not desk.grants.may_return(asked.get("client_id", ""), asked.get("redirect_uri", "")):
        return HTMLResponse("No service of that name lives at that address.", 400)
    if asked.get("response_type") != "code" or not asked.get("code_challenge"):
        return HTMLResponse("Only the code flow with PKCE (S256) is offered.", 400)
    if asked.get("code_challenge_method", "S256") != "S256":
        return HTMLResponse("Only the code flow with PKCE (S256) is offered.", 400)
    return None


def _back(desk: Desk, asked: Mapping[str, str], person: Person) -> Response:
    answer = {"code": desk.grants.code(asked, person), "state": asked.get("state", "")}
    return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", SEE_OTHER)


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(client_id), unquote(secret)
