"""The issuer's keys: fetched when needed, kept while it is away, believed only from itself."""

from collections.abc import Generator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.shared.guarded import app_with, bearing, client_of, guarded
from tests.tokens import TestIssuer, running_issuer


@pytest.fixture
def own_issuer() -> Generator[TestIssuer]:
    with running_issuer() as issuer:
        yield issuer


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
