"""The embedded issuer keeps the rules of OpenID Connect, so that services cannot tell it from another."""

import base64
import hashlib
import json
import stat
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from embedded.issuer import PEOPLE
from tests.provider import ORIGIN, SECRET, Provider, hidden_fields, running_provider

BOOKING = ("booking", SECRET)
BACK = f"{ORIGIN}/booking/signed-in"
VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
ASKED = {
    "response_type": "code",
    "client_id": "booking",
    "redirect_uri": BACK,
    "scope": "openid",
    "state": "s&t=1",
    "nonce": "n",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("issuer")


@pytest.fixture(scope="module")
def provider(folder: Path) -> Generator[Provider]:
    with running_provider(folder, ("booking", "notifications")) as found:
        yield found


@pytest.fixture
async def http(provider: Provider) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=provider.url) as client:
        yield client


async def code_for(http: httpx.AsyncClient, person: str, **changes: str) -> str:
    page = await http.get("/authorize", params=ASKED | changes)
    form = hidden_fields(page.text) | {"person": person}
    back = await http.post("/authorize", data=form)
    assert back.status_code == 303
    answered = parse_qs(urlsplit(back.headers["location"]).query)
    assert answered["state"] == ["s&t=1"]
    return answered["code"][0]


async def exchange(http: httpx.AsyncClient, code: str, **changes: Any) -> httpx.Response:
    auth = changes.pop("auth", BOOKING)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return await http.post("/token", data=form | changes, auth=auth)


async def claims_of(http: httpx.AsyncClient, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await http.get("/jwks")).json())
    return jwt.decode(token, keys, algorithms=["ES256"]).claims


async def test_it_can_be_discovered(http: httpx.AsyncClient, provider: Provider) -> None:
    said = (await http.get("/.well-known/openid-configuration")).json()
    assert said["issuer"] == provider.url
    assert said["authorization_endpoint"] == f"{provider.url}/authorize"
    assert said["code_challenge_methods_supported"] == ["S256"]


async def test_whoever_presses_a_button_is_signed_in_as_that_person(
    http: httpx.AsyncClient, provider: Provider
) -> None:
    answer = await exchange(http, await code_for(http, "coordinator-1"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    identity = await claims_of(http, answer.json()["id_token"])
    assert identity["iss"] == provider.url
    assert (identity["sub"], identity["aud"], identity["nonce"]) == (
        "coordinator-1",
        "booking",
        "n",
    )
    assert identity["roles"] == ["coordinator"]
    access = await claims_of(http, answer.json()["access_token"])
    assert (access["aud"], access["azp"], access["wards"]) == ("walkandtalk", "booking", ["*"])
    assert "nonce" not in access


async def test_the_page_offers_every_role_and_looking_at_it_gives_nothing(
    http: httpx.AsyncClient,
) -> None:
    page = await http.get("/authorize", params=ASKED)
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    for role in ("officer", "coordinator", "duty", "analyst", "partner", "admin"):
        assert f'value="{role}-1"' in page.text
    assert "<script" not in page.text


async def test_a_code_is_good_once_for_its_client_address_and_verifier(
    http: httpx.AsyncClient,
) -> None:
    async with httpx.AsyncClient(base_url=http.base_url) as one:
        used = await code_for(one, "duty-1")
    assert (await exchange(http, used)).status_code == 200
    for changes in (
        {},
        {"code_verifier": "w" * 50},
        {"redirect_uri": BACK + "/"},
        {"auth": ("notifications", SECRET)},
    ):
        async with httpx.AsyncClient(base_url=http.base_url) as another:
            code = await code_for(another, "duty-1") if changes else used
        answer = await exchange(http, code, **changes)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


async def test_a_client_without_its_secret_gets_nothing(http: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "audience": "notifications"}
    for auth in (("booking", "wrong"), ("nobody", SECRET), ("", "")):
        answer = await http.post("/token", data=form, auth=auth)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    odd = await http.post("/token", data=form, headers={"Authorization": "Basic !!!"})
    assert odd.status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/booking/signed-in"},
        {"redirect_uri": f"{ORIGIN}/notifications/signed-in"},
        {"client_id": "nobody"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
    ],
)
async def test_no_browser_is_sent_where_no_client_lives(
    http: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    for answer in (
        await http.get("/authorize", params=ASKED | changes),
        await http.post("/authorize", data=ASKED | changes | {"person": "duty-1"}),
    ):
        if answer.request.method == "POST" and "response_type" in changes:
            continue  # the form does not carry it
        assert answer.status_code == 400
        assert "location" not in answer.headers


async def test_only_people_of_the_list_can_sign_in(http: httpx.AsyncClient) -> None:
    answer = await http.post("/authorize", data=ASKED | {"person": "mallory"})
    assert answer.status_code == 400


async def test_a_service_gets_a_token_for_the_service_it_calls(http: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "audience": "notifications"}
    answer = await http.post("/token", data=form, auth=BOOKING)
    claims = await claims_of(http, answer.json()["access_token"])
    assert (claims["aud"], claims["azp"]) == ("notifications", "booking")
    assert "roles" not in claims
    for audience in ("walkandtalk", "cli", "nobody", ""):  # never one that staff's doors open to
        answer = await http.post("/token", data=form | {"audience": audience}, auth=BOOKING)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_target"})


async def test_the_command_line_gets_a_token_of_a_role(http: httpx.AsyncClient) -> None:
    async def token(**asked: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", "client_id": "cli", "client_secret": SECRET}
        return await http.post("/token", data=form | asked)

    for role in ("officer", "coordinator", "duty", "analyst", "partner", "admin"):
        claims = await claims_of(http, (await token(role=role)).json()["access_token"])
        assert (claims["aud"], claims["roles"]) == ("walkandtalk", [role])
    claims = await claims_of(http, (await token(subject="officer-3")).json()["access_token"])
    assert claims["sub"] == "officer-3"
    assert (await token(role="king")).status_code == 400
    assert (await token()).status_code == 400


async def test_signing_out_forgets_the_browser_and_leads_back_only_home(
    http: httpx.AsyncClient,
) -> None:
    await code_for(http, "duty-1")
    assert (await http.get("/authorize", params=ASKED)).status_code == 303
    after = {"client_id": "booking", "post_logout_redirect_uri": f"{ORIGIN}/booking/signed-out"}
    answer = await http.get("/sign-out", params=after)
    assert answer.headers["location"] == f"{ORIGIN}/booking/signed-out"
    assert (await http.get("/authorize", params=ASKED)).status_code == 200
    elsewhere = after | {"post_logout_redirect_uri": "https://evil.example/signed-out"}
    assert "location" not in (await http.get("/sign-out", params=elsewhere)).headers


async def test_the_key_is_private_and_outlives_a_restart(
    http: httpx.AsyncClient, provider: Provider, folder: Path
) -> None:
    kept = provider.keys / "issuer.jwk"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "d" in json.loads(kept.read_text())
    before = (await http.get("/jwks")).json()
    assert "d" not in before["keys"][0]
    with running_provider(folder, ("booking",)) as again:
        async with httpx.AsyncClient() as other:
            assert (await other.get(f"{again.url}/jwks")).json() == before


def test_people_are_named_by_their_role_and_a_number() -> None:
    for subject, person in PEOPLE.items():
        assert subject.rsplit("-", 1)[0] in person.roles
