"""Who is let in by a bearer token, and what happens while the issuer is away."""

import base64
import hmac
import json
from collections.abc import AsyncGenerator, Generator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from shared.auth import (
    Principal,
    allow,
    allow_service,
    anyone,
    csrf_form,
    public,
    public_page,
    staff_page,
)
from shared.auth.principal import principal_of
from shared.auth.rules import RuleMissing, routes_of, rule_of
from shared.errors import Forbidden
from shared.postgres import Database
from shared.web import OnceDep, create_api
from tests.factories import parts_for
from tests.tokens import TestIssuer, running_issuer

NAME = "nowhere"


@pytest.fixture
def own_issuer() -> Generator[TestIssuer]:
    with running_issuer() as issuer:
        yield issuer


def app_with(router: APIRouter, issuer: TestIssuer, **settings: Any) -> FastAPI:
    database = Database.__new__(Database)  # no route here asks for it
    parts = parts_for(NAME, database, oidc_issuer=issuer.url, **settings)
    return create_api(parts, NAME, [router])


def guarded() -> APIRouter:
    router = APIRouter()

    @router.get("/v1/officers-only")
    async def officers(
        who: Annotated[Principal, allow("officer", "coordinator")],
    ) -> dict[str, Any]:
        return {"subject": who.subject, "wards": sorted(who.wards)}

    @router.get("/v1/ward/{code}")
    async def ward(code: str, who: Annotated[Principal, allow("officer")]) -> None:
        who.must_cover(code)

    @router.get("/v1/services-only")
    async def services(who: Annotated[Principal, allow_service("booking")]) -> str:
        return who.subject

    @router.get("/v1/everybody")
    async def everybody(who: Annotated[Principal | None, anyone()]) -> str:
        return who.subject if who else "the public"

    @router.post("/v1/once")
    async def do_once(once: OnceDep, who: Annotated[Principal, allow("officer")]) -> str:
        return once.scope

    @router.get("/v1/live")
    async def live(who: Annotated[Principal, allow("analyst", session=True)]) -> str:
        return who.subject

    return router


@pytest.fixture
async def api(issuer: TestIssuer) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(app_with(guarded(), issuer)) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://127.0.0.1:8080/{NAME}/v1"
    )


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


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


async def test_a_new_key_is_fetched_when_its_id_is_first_seen_and_no_more_often(
    own_issuer: TestIssuer,
) -> None:
    async with client_of(app_with(guarded(), own_issuer)) as api:
        assert (await api.get("/officers-only", headers=own_issuer.bearer("officer"))).is_success
        assert own_issuer.asked.count("/jwks") == 1
        newer = ECKey.generate_key("P-256", {"kid": "newer"})
        own_issuer.keys.append(newer)
        token = own_issuer.sign(own_issuer.claims(), key=newer)
        assert (await api.get("/officers-only", headers=bearing(token))).status_code == 200
        assert own_issuer.asked.count("/jwks") == 2
        for number in range(20):
            unknown = own_issuer.sign(own_issuer.claims(), kid=f"made-up-{number}")
            assert (await api.get("/officers-only", headers=bearing(unknown))).status_code == 401
        assert own_issuer.asked.count("/jwks") == 2


async def test_keys_of_other_kinds_and_uses_in_the_set_do_no_harm(own_issuer: TestIssuer) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
    listed: list[Any] = [
        {"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "odd"},
        {"kty": "EC", "crv": "P-256", "x": "!", "kid": "broken"},
        {"kty": "unheard-of", "kid": "new"},
        {**rsa.as_dict(private=False), "kid": "for-encryption", "use": "enc"},
    ]
    usual = own_issuer.answer

    def answer(path: str) -> dict[str, Any] | None:
        said = usual(path)
        if path == "/jwks" and said:
            said["keys"] = [*listed, *said["keys"], rsa.as_dict(private=False)]
        return said

    own_issuer.answer = answer
    async with client_of(app_with(guarded(), own_issuer)) as api:
        assert (await api.get("/officers-only", headers=own_issuer.bearer("officer"))).is_success
        by_rsa = jwt.encode({"alg": "RS256", "kid": "rsa"}, own_issuer.claims(), rsa)
        assert (await api.get("/officers-only", headers=bearing(by_rsa))).is_success
        encryption = jwt.encode({"alg": "RS256", "kid": "for-encryption"}, own_issuer.claims(), rsa)
        answer_to = await api.get("/officers-only", headers=bearing(encryption))
        assert answer_to.status_code == 401


async def test_while_the_issuer_is_away_it_is_503_and_at_once(own_issuer: TestIssuer) -> None:
    own_issuer.working = False
    async with client_of(app_with(guarded(), own_issuer)) as api:
        for _ in range(5):
            answer = await api.get("/officers-only", headers=own_issuer.bearer("officer"))
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
        assert len(own_issuer.asked) == 1
        assert (await api.get("/officers-only")).status_code == 401
        assert (await api.get("/everybody")).status_code == 200


async def test_keys_once_fetched_keep_working_while_the_issuer_is_away(
    own_issuer: TestIssuer,
) -> None:
    async with client_of(app_with(guarded(), own_issuer)) as api:
        assert (await api.get("/officers-only", headers=own_issuer.bearer("officer"))).is_success
        own_issuer.working = False
        unknown = own_issuer.sign(own_issuer.claims(), kid="made-up")
        assert (await api.get("/officers-only", headers=bearing(unknown))).status_code == 401
        assert (await api.get("/officers-only", headers=own_issuer.bearer("officer"))).is_success


async def test_an_issuer_that_says_it_is_another_is_not_believed(own_issuer: TestIssuer) -> None:
    usual = own_issuer.answer

    def answer(path: str) -> dict[str, Any] | None:
        said = usual(path)
        return said | {"issuer": "https://elsewhere.example"} if said and "issuer" in said else said

    own_issuer.answer = answer
    async with client_of(app_with(guarded(), own_issuer)) as api:
        headers = own_issuer.bearer("officer")
        assert (await api.get("/officers-only", headers=headers)).status_code == 503


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
