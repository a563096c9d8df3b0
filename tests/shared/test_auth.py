"""Who is let in by a bearer token."""

import base64
import hmac
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from shared.auth.principal import principal_of
from shared.errors import Forbidden
from tests.shared.guarded import NAME, app_with, bearing, client_of, guarded
from tests.tokens import TestIssuer


@pytest.fixture
async def api(issuer: TestIssuer) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(app_with(guarded(), issuer)) as client:
        yield client


async def test_a_member_of_staff_with_the_role_is_let_in(
    api: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    answer = await api.get("/officers-only", headers=issuer.bearer("officer", wards=["L1", "L2"]))
    assert answer.json() == {"subject": "officer-1", "wards": ["L1", "L2"]}


async def test_without_a_token_it_is_401_and_says_how(api: httpx.AsyncClient) -> None:
    answer = await api.get("/officers-only")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/not-signed-in")


async def test_without_the_role_it_is_403(api: httpx.AsyncClient, issuer: TestIssuer) -> None:
    assert (await api.get("/officers-only", headers=issuer.bearer("duty"))).status_code == 403
    assert (await api.get("/officers-only", headers=issuer.bearer())).status_code == 403


async def test_without_the_ward_it_is_403(api: httpx.AsyncClient, issuer: TestIssuer) -> None:
    mine = issuer.bearer("officer", wards=["L1"])
    assert (await api.get("/ward/L1", headers=mine)).status_code == 200
    assert (await api.get("/ward/L2", headers=mine)).status_code == 403
    assert (await api.get("/ward/L2", headers=issuer.bearer("officer"))).status_code == 200


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1_600_000_000},
    "without an end": {"exp": None},
    "not yet valid": {"nbf": 4_000_000_000},
    "issued in the future": {"iat": 4_000_000_000},
    "for another audience": {"aud": "somebody-else"},
    "for no audience": {"aud": None},
    "for a service": {"aud": NAME},
    "of another issuer": {"iss": "https://elsewhere.example"},
    "of no issuer": {"iss": None},
    "issued at no time": {"iat": None},
    "of nobody": {"sub": None},
    "of a subject that is no text": {"sub": {"odd": 1}},
    "with an end that is no number": {"exp": "tomorrow"},
}


@pytest.mark.parametrize("wrong", WRONG_CLAIMS)
async def test_a_token_that_is_wrong_is_401(
    api: httpx.AsyncClient, issuer: TestIssuer, wrong: str
) -> None:
    token = issuer.sign(issuer.claims(**WRONG_CLAIMS[wrong]))
    answer = await api.get("/officers-only", headers=bearing(token))
    assert answer.status_code == 401, wrong
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json()["type"].endswith("/token-refused")


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forgeries(issuer: TestIssuer) -> dict[str, str]:
    claims = issuer.claims()
    good = issuer.sign(claims)
    head, body, signature = good.split(".")
    stranger = ECKey.generate_key("P-256", {"kid": str(issuer.key.kid)})
    confused = f"{part({'alg': 'HS256', 'kid': issuer.key.kid})}.{body}"
    made = hmac.digest(issuer.key.as_pem(private=False), confused.encode(), "sha256")
    secret_signature = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
    return {
        "signed by another under our key id": issuer.sign(claims, key=stranger),
        "signed by nobody": f"{part({'alg': 'none', 'kid': issuer.key.kid})}.{body}.",
        "signed by nobody, in capitals": f"{part({'alg': 'NONE'})}.{body}.",
        "with other claims": f"{head}.{part(claims | {'roles': ['admin']})}.{signature}",
        "signed with the public key as a secret": f"{confused}.{secret_signature}",
        "with a key id that is no text": f"{part({'alg': 'ES256', 'kid': 7})}.{body}.{signature}",
        "of an unknown key": issuer.sign(claims, kid="nobody-knows"),
        "cut short": good[:-9],
        "no token": "moonshine",
        "dots": "..",
        "not text": "éé.éé.éé",
        "a list for a body": f"{head}.{base64.urlsafe_b64encode(b'[]').decode()}.{signature}",
    }


async def test_a_forged_token_is_401_whatever_the_forgery(
    api: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    for what, token in forgeries(issuer).items():
        headers = {b"Authorization": f"Bearer {token}".encode("latin-1", "replace")}
        for path in ("/officers-only", "/services-only", "/everybody"):
            answer = await api.get(path, headers=headers)
            assert answer.status_code == 401, what


async def test_a_service_is_known_by_its_client_and_its_audience(
    api: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    async def status(headers: dict[str, str]) -> int:
        return (await api.get("/services-only", headers=headers)).status_code

    assert await status(issuer.bearer_service("booking", audience=NAME)) == 200
    assert await status(issuer.bearer_service("concerns", audience=NAME)) == 403
    assert await status(issuer.bearer_service("booking", audience="reporting")) == 401
    assert await status(issuer.bearer("officer")) == 401
    by_client_id = issuer.claims(aud=NAME, client_id="booking", roles=None)
    assert await status(bearing(issuer.sign(by_client_id))) == 200
    assert await status(bearing(issuer.sign(issuer.claims(aud=NAME)))) == 401


async def test_a_service_token_opens_nothing_of_staff(
    api: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    headers = issuer.bearer_service("booking", audience=NAME)
    assert (await api.get("/officers-only", headers=headers)).status_code == 401


async def test_anyone_may_come_but_not_with_a_bad_token(
    api: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    assert (await api.get("/everybody")).json() == "the public"
    assert (await api.get("/everybody", headers=issuer.bearer("duty"))).json() == "duty-1"
    assert (await api.get("/everybody", headers=bearing("bad"))).status_code == 401


async def test_an_idempotency_key_is_scoped_to_its_caller_wherever_the_rule_stands(
    api: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    headers = issuer.bearer("officer", subject="officer-7") | {"Idempotency-Key": "k"}
    answer = await api.post("/once", headers=headers)
    assert answer.json().endswith(" officer-7")


async def test_a_stranger_is_refused_before_his_input_is_looked_at(api: httpx.AsyncClient) -> None:
    assert (await api.post("/once")).status_code == 401  # and not 422 for the missing key


async def test_claims_have_the_names_that_the_settings_say(issuer: TestIssuer) -> None:
    app = app_with(guarded(), issuer, roles_claim="realm.roles", wards_claim="areas")
    token = issuer.sign(
        issuer.claims(roles=None, wards=None, realm={"roles": ["officer"]}, areas="L1 L2")
    )
    async with client_of(app) as api:
        answer = await api.get("/officers-only", headers=bearing(token))
        assert answer.json()["wards"] == ["L1", "L2"]


def test_a_claim_of_the_wrong_form_grants_nothing() -> None:
    for odd in (None, 7, {"officer": True}, [["officer"]], [7]):
        claims = {"sub": "x", "roles": odd, "wards": odd}
        who = principal_of(claims, roles_claim="roles", wards_claim="wards")
        assert who.roles == frozenset()
        assert not who.covers("L1")
        with pytest.raises(Forbidden):
            who.must_cover("L1")
