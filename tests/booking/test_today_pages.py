"""The pages of staff on the day: who may see them, walks and what is done to them, the duty list."""

from datetime import timedelta
from uuid import UUID

from booking import service, store
from tests.booking.desk import OTHER_WARD, Booking, some_id
from tests.booking.visiting import FROM_US, HER, HTML, form_for, page, rows, sends, signed_in
from tests.provider import hidden_fields


async def test_an_officer_breaks_off_says_who_did_not_come_and_debriefs(booking: Booking) -> None:
    first, second = await booking.walk(), await booking.walk(officer=1)
    booking.clock.advance(timedelta(hours=1))
    await booking.acts(first, "start")
    signed_in(booking, "officer")
    shown = await page(booking, "/booking/today")
    actions = {
        f"/booking/walks/{first['id']}/abort": {"reason": "weather"},
        f"/booking/walks/{second['id']}/no-show": {"party": "participant"},
        f"/booking/walks/{first['id']}/debrief": {},
    }
    for action, fields in actions.items():
        assert action in shown
        answer = await sends(booking, action, shown, **fields)
        assert answer.status_code == 303, answer.text
        shown = await page(booking, "/booking/today")
    assert "Did not take place" in shown
    found = await booking.rows("select state, abort_reason from walk order by state")
    assert [tuple(row.values()) for row in found] == [("debriefed", "weather"), ("no_show", None)]
    assert "did not take place" in await page(booking, second["manage_url"])
    assert "Thank you for coming" in await page(booking, first["manage_url"])


async def test_a_form_without_its_token_or_from_elsewhere_is_refused(booking: Booking) -> None:
    slot_id = await booking.slot()
    signed_in(booking, "coordinator")
    token = hidden_fields(await page(booking, "/booking/roster"))
    assert await form_for(booking, slot_id)
    before = await rows(booking)
    for path in (
        "/booking/book",
        "/booking/hold",
        "/booking/return",
        "/booking/manage/x/cancel",
        "/booking/roster",
        *(
            f"/booking/walks/{some_id()}/{verb}"
            for verb in ("start", "end", "cancel", "abort", "no-show", "debrief")
        ),
        "/booking/manage/x/undo",
        "/booking/manage/x/move",
    ):
        for data, headers in (
            (HER | {"slot_id": slot_id, "idempotency_key": "x"}, FROM_US),
            (HER | token | {"csrf_token": "0" * 64}, FROM_US),
            (HER | token, {"Origin": "https://evil.example"}),
            (HER | token, {}),
        ):
            answer = await booking.http.post(path, data=data, headers=headers)
            assert answer.status_code == 403, answer.text
    assert await rows(booking) == before


async def test_staff_pages_lead_to_sign_in_or_refuse_the_role(booking: Booking) -> None:
    for path in ("/booking/today", "/booking/duty", "/booking/roster"):
        answer = await booking.http.get(path, headers=HTML)
        assert answer.headers["location"] == f"/booking/sign-in?next={path}"
    signed_in(booking, "analyst")
    for path in ("/booking/today", "/booking/duty", "/booking/roster"):
        await page(booking, path, 403)
    signed_in(booking, "officer")
    await page(booking, "/booking/roster", 403)


async def test_an_officer_s_day_starts_and_ends_walks(booking: Booking) -> None:
    slot_id = await booking.slot()
    walk = (await booking.books(slot_id, name="Ada Planted", note="A pushchair")).json()
    signed_in(booking, "officer")
    text = await page(booking, "/booking/today")
    assert "Ada Planted at Mill Lane bus stop" in text
    assert "A pushchair" in text
    audited = await booking.rows("select actor, action from audit")
    assert audited == [{"actor": "officer-1", "action": "participant.read"}]
    answer = await sends(booking, f"/booking/walks/{walk['id']}/start", text)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/booking/today?day=2027-01-12",
    )
    text = await page(booking, "/booking/today")
    assert f'href="/concerns/capture?walk={walk["id"]}"' in text
    again = await sends(booking, f"/booking/walks/{walk['id']}/start", text)
    assert again.status_code == 409
    assert "There is a problem" in again.text
    await sends(booking, f"/booking/walks/{walk['id']}/end", text)
    text = await page(booking, "/booking/today")
    assert "Ended" in text
    assert "Ada Planted" not in text
    assert "A pushchair" not in text
    await page(booking, "/booking/today?day=2027-01-13")
    await page(booking, "/booking/today?day=0001-01-01")
    await page(booking, "/booking/today?day=9999-12-31")
    await page(booking, "/booking/today?day=x", 422)


async def test_a_walk_is_cancelled_for_a_reason(booking: Booking) -> None:
    walk = await booking.walk()
    signed_in(booking, "coordinator")
    text = await page(booking, "/booking/today")
    await sends(booking, f"/booking/walks/{walk['id']}/cancel", text, reason="safety")
    async with booking.database.reading() as connection:
        found = await store.walks.find_walk(connection, UUID(walk["id"]))
    assert found is not None
    assert (found.state, found.initiator) == ("cancelled", "safety")


async def test_only_one_s_own_wards_are_shown(booking: Booking) -> None:
    await booking.walk()
    signed_in(booking, "officer", ward=OTHER_WARD)
    assert "No walk is booked" in await page(booking, "/booking/today")


async def test_the_duty_list_shows_what_is_missing(booking: Booking) -> None:
    signed_in(booking, "duty", subject="duty-1")
    assert "No walk is overdue." in await page(booking, "/booking/duty")
    walk = await booking.walk()
    booking.clock.advance(timedelta(hours=2))
    await service.mark_next_overdue(booking.desk)
    text = await page(booking, "/booking/duty")
    assert walk["reference"] in text
    assert "Not started" in text
