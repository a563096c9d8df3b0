"""What does not make sense is refused with a problem that says where, and leaves no trace of what was sent."""

import json
from datetime import timedelta
from typing import Any

import httpx

from tests.booking.desk import WARD, Booking, pointers, problem, some_id
from tests.factories import START

PLANTED = "planted-words"


async def post(booking: Booking, body: bytes | str, path: str = "walks") -> httpx.Response:
    """A body as it is, by a coordinator who has a key."""
    content = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    headers = booking.coordinator if path == "slots" else {}
    headers = headers | {"Content-Type": "application/json", "Idempotency-Key": str(some_id())}
    return await booking.http.post(f"/booking/v1/{path}", content=content, headers=headers)


async def test_what_is_not_json_is_malformed(booking: Booking) -> None:
    for path in ("walks", "slots"):
        for body in (b"{", b"{'a': 1}", b"\xff\xfe{}", b"[" * 100_000, b'{"a": ' + b"9" * 5000):
            answer = await post(booking, body, path)
            assert (answer.status_code, problem(answer)) == (400, "malformed"), body[:20]
        assert (await post(booking, b"", path)).status_code == 422


WRONG_WISHES: list[tuple[dict[str, Any], str]] = [
    ({"name": ...}, "#/name"),
    ({"name": 5}, "#/name"),
    ({"name": ""}, "#/name"),
    ({"name": "  "}, "#/name"),
    ({"name": "x" * 101}, "#/name"),
    ({"name": "Ada\nBcc: all@example.org"}, "#/name"),
    ({"name": "Ada\x00"}, "#/name"),
    ({"name": "\u202eada"}, "#/name"),
    ({"email": ...}, "#/email"),
    ({"email": "ada"}, "#/email"),
    ({"email": f"{PLANTED}@"}, "#/email"),
    ({"email": "a" * 250 + "@example.org"}, "#/email"),
    ({"email": ["ada@example.org"]}, "#/email"),
    ({"email": "ada@example.org\nBcc: all@example.org"}, "#/email"),
    ({"adult": ...}, "#/adult"),
    ({"adult": "true"}, "#/adult"),
    ({"adult": 1}, "#/adult"),
    ({"adult": None}, "#/adult"),
    ({"slot_id": "1"}, "#/slot_id"),
    ({"slot_id": 7}, "#/slot_id"),
    ({"note": "x" * 1001}, "#/note"),
    ({"note": "nul \x00"}, "#/note"),
    ({PLANTED: 1}, "#"),
]


async def test_a_wish_that_is_not_right_is_refused(booking: Booking) -> None:
    for changes, pointer in WRONG_WISHES:
        answer = await booking.books(str(some_id()), **changes)
        found = (answer.status_code, problem(answer), pointers(answer))
        assert found == (422, "invalid", [pointer]), changes
        assert PLANTED not in answer.text


async def test_a_lone_surrogate_is_refused(booking: Booking) -> None:
    for field in ("name", "email", "note", "slot_id"):
        body = json.dumps(booking.wish(str(some_id()), **{field: "\ud800"}))
        answer = await post(booking, body)
        assert (answer.status_code, pointers(answer)) == (422, [f"#/{field}"])
    body = json.dumps(booking.wish(str(some_id())) | {"\ud800": 1})
    assert (await post(booking, body)).status_code == 422


async def test_json_of_another_shape_is_refused(booking: Booking) -> None:
    for path in ("walks", "slots"):
        for body in ("[]", "null", '"text"', "1", "true"):
            assert (await post(booking, body, path)).status_code == 422, body


def place(coordinates: list[Any]) -> dict[str, Any]:
    """A meeting point."""
    return {"name": "x", "coordinates": coordinates}


WRONG_SLOTS: list[tuple[dict[str, Any], str]] = [
    ({"starts_at": "2027-01-12T19:00:00"}, "#/starts_at"),
    ({"starts_at": "2027-01-12T19:00:00+01:00"}, "#/starts_at"),
    ({"starts_at": "2027-07-12T19:00:00+00:00"}, "#/starts_at"),
    ({"starts_at": "2027-03-28T01:30:00+00:00"}, "#/starts_at"),
    ({"starts_at": "2027-03-28T01:30:00+01:00"}, "#/starts_at"),
    ({"starts_at": "2027-10-31T01:30:00+02:00"}, "#/starts_at"),
    ({"starts_at": "2027-02-30T19:00:00+00:00"}, "#/starts_at"),
    ({"starts_at": "9999-12-31T23:59:59+00:00"}, "#/starts_at"),
    ({"starts_at": 1799780400}, "#/starts_at"),
    ({"starts_at": "tonight"}, "#/starts_at"),
    ({"starts_at": "2027-01-12T17:59:00+00:00"}, "#/starts_at"),
    ({"minutes": 0}, "#/minutes"),
    ({"minutes": 241}, "#/minutes"),
    ({"minutes": "30"}, "#/minutes"),
    ({"minutes": 30.5}, "#/minutes"),
    ({"minutes": True}, "#/minutes"),
    ({"ward": "L09999999"}, "#/ward"),
    ({"ward": 1}, "#/ward"),
    ({"ward": "L0500\x00"}, "#/ward"),
    ({"officer_id": str(some_id())}, "#/officer_id"),
    ({"near": "x" * 101}, "#/near"),
    ({"near": None}, "#/near"),
    ({"meeting_point": place([181, 51])}, "#/meeting_point/coordinates/0"),
    ({"meeting_point": place([0, -91])}, "#/meeting_point/coordinates/1"),
    ({"meeting_point": place(["0", 51])}, "#/meeting_point/coordinates/0"),
    ({"meeting_point": place([True, 51])}, "#/meeting_point/coordinates/0"),
    ({"meeting_point": place([0])}, "#/meeting_point/coordinates/1"),
    ({"meeting_point": place([0, 51, 3])}, "#/meeting_point/coordinates"),
    ({"meeting_point": {"coordinates": [0, 51]}}, "#/meeting_point/name"),
    ({PLANTED: 1}, "#"),
]


async def test_a_slot_that_is_not_right_is_refused(booking: Booking) -> None:
    for changes, pointer in WRONG_SLOTS:
        answer = await booking.opens(**changes)
        found = (answer.status_code, problem(answer), pointers(answer))
        assert found == (422, "invalid", [pointer]), changes
        assert PLANTED not in answer.text


async def test_not_a_number_is_no_coordinate(booking: Booking) -> None:
    place = {"name": "x", "coordinates": [float("nan"), 51]}
    body = {
        "officer_id": booking.officers[0],
        "ward": WARD,
        "starts_at": "2027-01-12T19:00:00Z",
        "minutes": 30,
        "near": "x",
        "meeting_point": place,
    }
    answer = await post(booking, json.dumps(body), "slots")
    assert pointers(answer) == ["#/meeting_point/coordinates/0"]


async def test_swapped_coordinates_are_noticed(booking: Booking) -> None:
    lon, lat = booking.place()
    answer = await booking.opens(meeting_point={"name": "x", "coordinates": [lat, lon]})
    assert pointers(answer) == ["#/meeting_point/coordinates"]
    assert "longitude first" in answer.text


async def test_a_time_that_london_has_is_taken(booking: Booking) -> None:
    for instant in (
        "2027-01-13T19:00:00Z",
        "2027-07-12T18:30:00Z",
        "2027-07-12T19:00:00+01:00",
        "2027-10-31T01:30:00+01:00",
        "2027-10-31T01:30:00+00:00",
    ):
        assert (await booking.opens(starts_at=instant)).status_code == 201, instant


async def test_a_minor_is_told_where_to_turn(booking: Booking) -> None:
    answer = await booking.books(await booking.slot(), adult=False)
    assert (answer.status_code, problem(answer)) == (422, "adults-only")
    assert "Childline" in answer.json()["detail"]
    assert len(await booking.slots()) == 1


async def test_an_unknown_slot_is_not_found(booking: Booking) -> None:
    answer = await booking.books(str(some_id()))
    assert (answer.status_code, problem(answer)) == (404, "not-found")


async def test_a_slot_whose_time_has_come_is_taken(booking: Booking) -> None:
    slot_id = await booking.slot()
    booking.clock.advance(timedelta(hours=1))
    answer = await booking.books(slot_id)
    assert (answer.status_code, problem(answer)) == (409, "slot-taken")
    assert answer.json()["alternatives"] == []


WRONG_QUERIES = (
    ["cursor=x", "cursor=%00", "cursor=eCB5", "limit=0", "limit=1000", "limit=x", "from=yesterday",
     "from=2027-01-12T19:00:00", "to=2027-02-30", "ward=%00", "ward=" + "x" * 30, "cursor=é",
     "to=9999-12-31", "from=0001-01-01",
     "cursor=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCAwYzdkM2YwZS01YjFmLTRhNTUtOWEwZS0yZjZmNmYxZjBjMTE="]
)  # fmt: skip


async def test_a_query_that_is_not_right_is_refused(booking: Booking) -> None:
    for query in WRONG_QUERIES:
        answer = await booking.http.get(f"/booking/v1/slots?{query}")
        assert (answer.status_code, problem(answer)) == (422, "invalid"), query
    for query in ("date=yesterday", "date=2027-01-12T10:00", "date=1799971200", "state=open"):
        answer = await booking.http.get(f"/booking/v1/walks?{query}", headers=booking.officer)
        assert answer.status_code == 422, query


async def test_an_unknown_walk_is_not_found(booking: Booking) -> None:
    for verb in ("start", "end", "cancel"):
        assert (await booking.acts({"id": some_id()}, verb)).status_code == 404
        assert (await booking.acts({"id": "not-an-id"}, verb)).status_code == 422


async def test_a_cancellation_for_no_known_reason_is_refused(booking: Booking) -> None:
    walk = await booking.walk()
    reasons: list[Any] = [{"reason": "participant"}, {"why": "weather"}, {"reason": 1}, []]
    for body in reasons:
        assert (await booking.acts(walk, "cancel", json=body)).status_code == 422


async def test_refused_and_failed_requests_leave_no_trace_of_what_was_sent(
    booking: Booking,
) -> None:
    slot_id = await booking.slot()
    planted = {"name": f"Ada {PLANTED}", "email": f"{PLANTED}@example.org", "note": PLANTED}
    answers = [
        await booking.books(slot_id, **planted),
        await booking.books(slot_id, **planted),
        await booking.books(slot_id, **(planted | {"email": PLANTED})),
        await booking.books(str(some_id()), **planted),
    ]
    async with booking.database.transaction() as connection:
        # PostgreSQL says the whole row that it refuses for this; a walk's holds where they meet.
        await connection.execute(
            f"alter table walk add check (meeting_name <> '{PLANTED}') not valid"
        )
    place = {"name": PLANTED, "coordinates": booking.place()}
    other = await booking.slot(at=START + timedelta(days=1), meeting_point=place)
    answers.append(await booking.books(other, **planted))
    assert answers[-1].status_code == 500
    assert PLANTED not in "".join(answer.text for answer in answers)
    assert PLANTED not in booking.parts.lines.getvalue()
    spans = str([span.to_json() for span in booking.parts.spans.get_finished_spans()])
    assert PLANTED not in spans
    for row in await booking.rows("select value from event_log"):
        assert PLANTED.encode() not in row["value"]
