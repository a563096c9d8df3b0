"""Concerns over HTTP: what is answered, what is refused, and what no answer repeats."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from concerns.worker import walks as walks_in
from shared.events import walks
from tests.concerns.capturing import MERE_END, OUTSIDE, count, heard, queued
from tests.factories import Clock, KeptParts
from tests.tokens import TestIssuer

PATH = "/concerns/v1/concerns"


def a_body(**changes: Any) -> dict[str, Any]:
    place = {"type": "Point", "coordinates": list(MERE_END.point)}
    usual = {"categories": ["badly_lit"], "severity": 2, "place": place}
    return {name: value for name, value in (usual | changes).items() if value is not None}


class Desk:
    """An officer at her telephone, and staff who read."""

    def __init__(self, client: httpx.AsyncClient, issuer: TestIssuer) -> None:
        self._client, self._issuer = client, issuer

    async def capture(self, body: Any = None, *, key: str | None = None) -> httpx.Response:
        return await self._client.post(
            PATH,
            content=body if isinstance(body, bytes) else json.dumps(body or a_body()),
            headers=self._issuer.bearer("officer")
            | {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid4())},
        )

    async def read(
        self, *roles: str, wards: tuple[str, ...] = ("*",), **query: Any
    ) -> httpx.Response:
        headers = self._issuer.bearer(*(roles or ("officer",)), wards=wards)
        return await self._client.get(PATH, params=query, headers=headers)


@pytest.fixture
def desk(client: httpx.AsyncClient, issuer: TestIssuer) -> Desk:
    return Desk(client, issuer)


def pointers(answer: httpx.Response) -> list[str]:
    return [fault["pointer"] for fault in answer.json()["errors"]]


async def test_the_categories_are_public_and_versioned(client: httpx.AsyncClient) -> None:
    answer = await client.get("/concerns/v1/categories")
    assert answer.status_code == 200
    assert answer.json()["version"] == "streetsafe-1"
    lit = next(each for each in answer.json()["items"] if each["code"] == "badly_lit")
    assert lit == {"code": "badly_lit", "label": "Badly lit", "kind": "environment"}


async def test_an_officer_captures_a_concern(desk: Desk, parts: KeptParts) -> None:
    answer = await desk.capture(a_body(light="day", note="Two lamps out", categories=["followed"]))
    assert answer.status_code == 201
    told = answer.json()
    assert told["ward"] == {"code": "L05000001", "name": "Mere End", "set": "larkmere-2026"}
    assert (told["light"], told["light_said"], told["light_computed"]) == ("day", "day", "dark")
    assert told["captured_at"] == "2027-01-12T18:00:00Z"
    assert told["note"] is None
    assert len(await queued(parts.database)) == 2


async def test_without_light_the_sun_says_it(desk: Desk, clock: Clock) -> None:
    assert (await desk.capture()).json()["light"] == "dark"
    clock.advance(timedelta(hours=18))
    assert (await desk.capture()).json()["light"] == "day"


async def test_a_request_repeated_is_answered_the_same(desk: Desk, parts: KeptParts) -> None:
    first, again = await desk.capture(key="one"), await desk.capture(key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert await count(parts.database, "concern") == 1
    other = await desk.capture(a_body(severity=3), key="one")
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_without_an_idempotency_key_nothing_is_captured(
    client: httpx.AsyncClient, issuer: TestIssuer, parts: KeptParts
) -> None:
    answer = await client.post(PATH, json=a_body(), headers=issuer.bearer("officer"))
    assert answer.status_code == 422
    assert await count(parts.database, "concern") == 0


async def test_a_place_outside_every_ward_is_kept_and_said_so(desk: Desk) -> None:
    place = {"type": "Point", "coordinates": list(OUTSIDE)}
    answer = await desk.capture(a_body(place=place))
    assert answer.status_code == 201
    assert answer.json()["ward"] is None
    assert answer.json()["outside"] is True
    assert answer.json()["notices"]


async def test_swapped_coordinates_are_told(desk: Desk, parts: KeptParts) -> None:
    place = {"type": "Point", "coordinates": list(MERE_END.point[::-1])}
    answer = await desk.capture(a_body(place=place))
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/place-swapped")
    assert "longitude comes first" in answer.json()["detail"]
    assert pointers(answer) == ["#/place/coordinates"]
    assert await count(parts.database, "concern") == 0


async def test_a_closed_window_refuses_and_an_unknown_walk_does_not(
    desk: Desk, parts: KeptParts
) -> None:
    walk_id = uuid4()
    unknown = await desk.capture(a_body(walk_id=str(walk_id)))
    assert (unknown.status_code, unknown.json().get("walk_known")) == (201, False)
    async with parts.database.transaction() as connection:
        event = heard(walk_id, walks.WalkCancelled, initiator="force", notice_hours=1.0)
        await walks_in.learn(connection, [event])
    closed = await desk.capture(a_body(walk_id=str(walk_id)))
    assert closed.status_code == 409
    assert closed.json()["type"].endswith("/window-closed")


# A change to a body that fits, and where the fault is said to be.
UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"categories": []}, "#/categories"),
    ({"categories": ["haunted"]}, "#/categories/0"),
    ({"categories": ["badly_lit", "badly_lit"]}, "#/categories"),
    ({"categories": ["badly\ud800"]}, "#/categories/0"),
    ({"categories": [1]}, "#/categories/0"),
    ({"categories": "badly_lit"}, "#/categories"),
    ({"severity": 0}, "#/severity"),
    ({"severity": 4}, "#/severity"),
    ({"severity": "2"}, "#/severity"),
    ({"severity": True}, "#/severity"),
    ({"severity": 2.5}, "#/severity"),
    ({"light": "dusk"}, "#/light"),
    ({"note": "x" * 2001}, "#/note"),
    ({"note": "a\x00b"}, "#/note"),
    ({"note": "a\ud800b"}, "#/note"),
    ({"walk_id": "not-an-id"}, "#/walk_id"),
    ({"place": {"type": "Point"}}, "#/place/coordinates"),
    ({"place": {"type": "LineString", "coordinates": [0, 0]}}, "#/place/type"),
    ({"place": {"type": "Point", "coordinates": [-0.2]}}, "#/place/coordinates/1"),
    ({"place": {"type": "Point", "coordinates": [-0.2, 91]}}, "#/place/coordinates/1"),
    ({"place": {"type": "Point", "coordinates": [181, 51]}}, "#/place/coordinates/0"),
    ({"place": {"type": "Point", "coordinates": ["-0.2", 51]}}, "#/place/coordinates/0"),
    ({"place": {"type": "Point", "coordinates": [float("nan"), 51]}}, "#/place/coordinates/0"),
    ({"place": {"type": "Point", "coordinates": [10**400, 51]}}, "#/place/coordinates/0"),
    ({"place": {"type": "Point", "coordinates": [0, 51], "crs": {}}}, "#/place"),
    ({"officer": "somebody"}, "#"),
]


async def test_what_does_not_fit_is_422_and_names_the_field(desk: Desk, parts: KeptParts) -> None:
    for change, pointer in UNFIT:
        answer = await desk.capture(a_body(**change))
        assert answer.status_code == 422, (change, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert pointer in pointers(answer), change
    assert await count(parts.database, "concern") == 0


async def test_broken_json_is_400(desk: Desk) -> None:
    for body in (b"{", b'{"severity": 2', b"nothing", b"\xff\xfe"):
        answer = await desk.capture(body)
        assert answer.status_code == 400, (body, answer.text)
    assert (await desk.capture(b"")).status_code == 422
    assert (await desk.capture(b"[]")).status_code == 422


async def test_no_answer_or_log_line_repeats_a_note_or_an_exact_point(
    desk: Desk, parts: KeptParts
) -> None:
    secret = "CANARY-NOTE-7731"
    answers = [
        await desk.capture(a_body(note=secret)),
        await desk.capture(a_body(note=secret, severity=9)),
        await desk.capture(a_body(note=secret, categories=[secret])),
        await desk.capture(a_body(**{secret: secret})),
    ]
    assert [each.status_code for each in answers] == [201, 422, 422, 422]
    for each in answers:
        assert secret not in each.text
    for event in await queued(parts.database):
        assert secret not in json.dumps(event.value)
        assert str(MERE_END.point[0]) not in json.dumps(event.value)
    assert secret not in parts.lines.getvalue()
    assert str(MERE_END.point[0]) not in parts.lines.getvalue()


async def test_only_an_officer_captures(client: httpx.AsyncClient, issuer: TestIssuer) -> None:
    for role in ("coordinator", "analyst", "duty", "partner", "admin"):
        headers = issuer.bearer(role) | {"Idempotency-Key": "k"}
        assert (await client.post(PATH, json=a_body(), headers=headers)).status_code == 403


async def test_nobody_captures_or_reads_without_a_token(client: httpx.AsyncClient) -> None:
    answers = [await client.post(PATH, json=a_body()), await client.get(PATH)]
    assert [each.status_code for each in answers] == [401, 401]


async def test_staff_read_newest_first_and_only_who_works_on_it_reads_the_note(
    desk: Desk, clock: Clock
) -> None:
    await desk.capture(a_body(note="first"))
    clock.advance(timedelta(minutes=1))
    await desk.capture(a_body(note="second", categories=["followed"]))
    for role, notes in (("officer", ["second", "first"]), ("analyst", [None, None])):
        told = (await desk.read(role)).json()
        assert [each["note"] for each in told["items"]] == notes
        assert told["next"] is None
    assert (await desk.read("duty")).status_code == 403


async def test_the_list_is_filtered(desk: Desk, clock: Clock) -> None:
    await desk.capture()
    clock.advance(timedelta(hours=1))
    await desk.capture(a_body(categories=["followed", "isolated"]))

    async def number(**query: Any) -> int:
        return len((await desk.read(**query)).json()["items"])

    assert await number() == 2
    assert await number(category="followed") == 1
    assert await number(since="2027-01-12T18:30:00Z") == 1
    assert await number(since="2027-01-12T18:30:00+01:00") == 2
    assert await number(ward="L05000001") == 2
    assert await number(ward="L05000002") == 0


async def test_a_query_that_does_not_fit_is_422(desk: Desk) -> None:
    queries: list[dict[str, Any]] = [
        {"category": "haunted"},
        {"since": "2027-01-12T18:30:00"},
        {"since": "yesterday"},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "nonsense"},
        {"cursor": "bm90IGEgcGxhY2U"},
        {"cursor": "é"},
        {"ward": "a\x00b"},
    ]
    for query in queries:
        answer = await desk.read(**query)
        assert answer.status_code == 422, (query, answer.text)


async def test_pages_lead_to_the_next_and_join_without_loss(
    desk: Desk, client: httpx.AsyncClient, issuer: TestIssuer
) -> None:
    for _ in range(5):
        await desk.capture()
    first = await desk.read(limit=2)
    assert first.links["next"]["url"].endswith(first.json()["next"])
    seen = [each["id"] for each in first.json()["items"]]
    following = first
    while "next" in following.links:
        url = following.links["next"]["url"]
        following = await client.get(url, headers=issuer.bearer("officer"))
        seen += [each["id"] for each in following.json()["items"]]
    assert seen == [each["id"] for each in (await desk.read(limit=200)).json()["items"]]
    assert len(seen) == 5


async def test_a_ward_that_is_not_hers_is_refused(desk: Desk, parts: KeptParts) -> None:
    await desk.capture()
    assert (await desk.read(wards=("L05000002",), ward="L05000001")).status_code == 403
    assert (await desk.read(wards=("L05000002",))).json()["items"] == []
    assert len((await desk.read(wards=("L05000001",))).json()["items"]) == 1


async def test_every_reading_is_audited(desk: Desk, parts: KeptParts) -> None:
    await desk.read("analyst")
    async with parts.database.reading() as connection:
        row = await connection.fetchrow("select actor, action, at is not null as at from audit")
    assert tuple(row or ()) == ("analyst-1", "concerns.read", True)
