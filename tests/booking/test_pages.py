"""Booking's pages, without a script: as a woman on an old phone, an officer and a coordinator meet them."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from starlette.responses import Response

from booking import domain, service, store
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from tests.booking.desk import ORIGIN, OTHER_WARD, Booking, some_id
from tests.factories import START
from tests.provider import hidden_fields

FROM_US = {"Origin": ORIGIN}
HTML = {"Accept": "text/html"}
HER = {"name": "Ada <Example>", "email": "ada@example.org", "adult": "yes", "note": "Pushchair"}


def signed_in(booking: Booking, role: str, *, subject: str = "officer-1", ward: str = "*") -> None:
    """Give the client the session of somebody with a role."""
    answer = Response()
    who = Principal(subject, f"Robin {role}", frozenset({role}), frozenset({ward}))
    booking.app.state.gate.sessions.begin(answer, who)
    sealed = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    booking.http.cookies.set(COOKIE, sealed)


async def page(booking: Booking, path: str, status: int = 200) -> str:
    """A page's text."""
    answer = await booking.http.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


async def sends(booking: Booking, action: str, shown: str, **fields: str) -> httpx.Response:
    """Fill in and send the last form of a page as it was shown."""
    data = hidden_fields(shown) | fields
    return await booking.http.post(action, data=data, headers=FROM_US | HTML)


async def form_for(booking: Booking, slot_id: str) -> str:
    """The booking form of a slot."""
    return await page(booking, f"/booking/book?slot={slot_id}")


async def books(booking: Booking, slot_id: str, **changes: str) -> httpx.Response:
    """Somebody books by the form."""
    shown = await form_for(booking, slot_id)
    return await sends(booking, "/booking/book", shown, **(HER | changes))


async def rows(booking: Booking) -> list[Any]:
    """All that a scanner must not change."""
    return [
        await booking.rows(f"select * from {table} order by 1, 2")
        for table in ("slot", "walk", "assignment", "participant", "outbox", "audit")
    ]


async def test_the_first_page_lists_slots_within_the_hour_first(booking: Booking) -> None:
    await booking.slot(at=START + timedelta(days=1))
    await booking.slot(at=START + timedelta(minutes=30), officer=1)
    text = await page(booking, "/booking/")
    assert text.index("Within the hour") < text.index("6:30pm to 7pm")
    assert text.index("6:30pm to 7pm") < text.index("Wednesday 13 January")
    assert "near the old mill" in text
    assert "Mill Lane bus stop" not in text


async def test_the_list_is_narrowed_to_a_ward(booking: Booking) -> None:
    await booking.slot()
    assert "7pm to 7:30pm" in await page(booking, "/booking/")
    text = await page(booking, f"/booking/?ward={OTHER_WARD}")
    assert "7pm to 7:30pm" not in text
    assert "no time to be booked in this ward" in text


async def test_a_long_list_goes_on_on_another_page(booking: Booking) -> None:
    for day in range(1, 4):
        await booking.slot(at=START + timedelta(days=day))
    text = await page(booking, "/booking/?limit=2")
    assert "15 January" not in text
    following = re.search(r'href="(/booking/\?cursor=[^"]+)"', text)
    assert following
    assert "15 January" in await page(booking, following[1].replace("&amp;", "&"))


async def test_a_walk_is_booked_in_two_pages(booking: Booking) -> None:
    slot_id = await booking.slot()
    assert f"/booking/book?slot={slot_id}" in await page(booking, "/booking/")
    answer = await books(booking, slot_id)
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert re.fullmatch(r"/booking/manage/[\w.-]+\?booked=1", where)
    text = await page(booking, where)
    [walk] = await booking.rows("select id, reference from walk")
    for said in (
        "Your walk is confirmed",
        walk["reference"],
        "Tuesday 12 January, 7pm to 7:30pm",
        "Mill Lane bus stop",
        "PC Robin 1",
        "020 7946 0000",
        "What happens next",
    ):
        assert said in text
    person = await booking.person(str(walk["id"]))
    assert person == domain.Person("Ada <Example>", "ada@example.org", "Pushchair")


async def test_her_own_page_is_neither_kept_nor_told_to_others(booking: Booking) -> None:
    walk = await booking.walk()
    answer = await booking.http.get(walk["manage_url"])
    assert answer.headers.get("cache-control") == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    token = walk["manage_url"].rsplit("/", 1)[-1]
    assert token not in booking.parts.lines.getvalue()
    assert '/manage/{token}"' in booking.parts.lines.getvalue()


async def test_a_form_with_mistakes_says_what_is_wrong_and_keeps_what_is_right(
    booking: Booking,
) -> None:
    slot_id = await booking.slot()
    answer = await books(booking, slot_id, name="", email="ada", adult="")
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "Enter your name" in answer.text
    assert "Enter an email address" in answer.text
    assert "aged 18 or over" in answer.text
    assert "If others read your mail, call 101 instead." in answer.text
    assert 'value="ada"' in answer.text
    assert "Pushchair" in answer.text
    assert await booking.rows("select from walk") == []


async def test_who_is_not_of_age_is_told_where_to_turn(booking: Booking) -> None:
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    fields = {name: said for name, said in HER.items() if name != "adult"}
    answer = await sends(booking, "/booking/book", shown, **fields)
    assert answer.status_code == 422
    assert "Childline" in answer.text


async def test_a_slot_that_has_gone_is_replaced_on_the_same_page(booking: Booking) -> None:
    slot_id = await booking.slot()
    other = await booking.slot(at=START + timedelta(days=1))
    shown = await form_for(booking, slot_id)
    await booking.books(slot_id)
    answer = await sends(booking, "/booking/book", shown, **HER)
    assert answer.status_code == 409
    assert "This time has just gone" in answer.text
    assert f'value="{other}"' in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert "Ada &lt;Example&gt;" in answer.text
    again = await sends(booking, "/booking/book", answer.text, **(HER | {"slot_id": other}))
    assert again.status_code == 303
    without = await sends(booking, "/booking/book", answer.text, **HER)
    assert without.status_code == 303
    assert without.headers["location"] == "/booking/"


async def test_a_link_to_a_slot_that_has_gone_offers_others(booking: Booking) -> None:
    slot_id = await booking.slot()
    other = await booking.slot(at=START + timedelta(days=1))
    await booking.books(slot_id)
    assert f'value="{other}"' in await page(booking, f"/booking/book?slot={slot_id}", 409)
    await page(booking, f"/booking/book?slot={some_id()}", 409)
    await page(booking, "/booking/book?slot=x", 422)


async def test_pressing_twice_books_once(booking: Booking) -> None:
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    answers = [await sends(booking, "/booking/book", shown, **HER) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await booking.rows("select from walk")) == 1


async def test_a_third_walk_is_refused_in_words(booking: Booking) -> None:
    for day in (1, 2):
        await books(booking, await booking.slot(at=START + timedelta(days=day)))
    answer = await books(booking, await booking.slot(at=START + timedelta(days=3)))
    assert answer.status_code == 429
    assert "call us on 101" in answer.text


async def test_she_cancels_by_a_button_and_pressing_again_changes_nothing(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix(ORIGIN)
    shown = await page(booking, path)
    for _ in range(2):
        answer = await sends(booking, f"{path}/cancel", shown)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    text = await page(booking, path)
    assert "Your walk is cancelled" in text
    assert "Cancel this walk" not in text
    assert len(await booking.slots()) == 1
    fresh = await page(booking, (await booking.walk(at=START + timedelta(days=1)))["manage_url"])
    answer = await sends(booking, f"{path}/cancel", fresh)
    assert answer.status_code == 303


async def test_she_undoes_her_cancellation_by_a_button_for_ten_minutes(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(days=1))
    path = walk["manage_url"].removeprefix(ORIGIN)
    await sends(booking, f"{path}/cancel", await page(booking, path))
    shown = await page(booking, path)
    assert "until 6:10pm" in shown
    answer = await sends(booking, f"{path}/undo", shown)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Cancel this walk" in await page(booking, path)
    await sends(booking, f"{path}/cancel", await page(booking, path))
    shown = await page(booking, path)
    booking.clock.advance(timedelta(minutes=10, seconds=1))
    assert "Undo:" not in await page(booking, path)
    late = await sends(booking, f"{path}/undo", shown)
    assert (late.status_code, "ten minutes" in late.text) == (409, True)


async def test_a_time_that_somebody_else_took_meanwhile_is_not_hers_again(booking: Booking) -> None:
    walk = await booking.walk(at=START + timedelta(days=1))
    path = walk["manage_url"].removeprefix(ORIGIN)
    await sends(booking, f"{path}/cancel", await page(booking, path))
    shown = await page(booking, path)
    [slot] = await booking.slots()
    await booking.books(slot["id"])
    answer = await sends(booking, f"{path}/undo", shown)
    assert answer.status_code == 409
    assert "Somebody else has this time now" in answer.text


async def test_she_moves_her_walk_and_keeps_it_until_she_has_the_other(booking: Booking) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix(ORIGIN)
    new, gone = [await booking.slot(at=START + timedelta(days=day), officer=1) for day in (1, 2)]
    shown = await page(booking, f"{path}/move")
    assert "It stays there until you have another time" in shown
    assert "Mill Lane bus stop" not in shown
    nothing = await sends(booking, f"{path}/move", shown)
    assert "Choose a time" in nothing.text
    await booking.books(gone)
    refused = await sends(booking, f"{path}/move", shown, slot_id=gone)
    assert (refused.status_code, "Your walk is as it was" in refused.text) == (409, True)
    assert "Tuesday 12 January, 7pm" in await page(booking, path)
    answer = await sends(booking, f"{path}/move", refused.text, slot_id=new)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Wednesday 13 January, 6pm" in await page(booking, path)


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


async def test_after_its_start_the_page_has_no_cancel_button(booking: Booking) -> None:
    walk = await booking.walk()
    path = walk["manage_url"].removeprefix(ORIGIN)
    shown = await page(booking, path)
    booking.clock.advance(timedelta(hours=1))
    assert "Cancel this walk" not in await page(booking, path)
    answer = await sends(booking, f"{path}/cancel", shown)
    assert answer.status_code == 409


async def test_a_link_that_is_not_one_is_a_page_that_says_so(booking: Booking) -> None:
    assert "Copy all of it" in await page(booking, "/booking/manage/nothing", 404)
    walk = await booking.walk()
    await service.revoke_link(booking.desk, walk["reference"])
    assert "no longer works" in await page(booking, walk["manage_url"], 410)


async def test_a_scanner_that_follows_every_link_twice_changes_nothing(booking: Booking) -> None:
    slot_id = await booking.slot(at=START + timedelta(days=1))
    walk = await booking.walk()
    before = await rows(booking)
    manage = walk["manage_url"]
    links = {"/booking/", f"/booking/book?slot={slot_id}", manage, f"{manage}?booked=1"}
    for link in tuple(links):
        text = (await booking.http.get(link)).text
        links |= set(re.findall(r'(?:href|action|src)="(/booking/[^"#]*)"', text))
    for link in sorted(links) * 2:
        for method in ("GET", "HEAD"):
            answer = await booking.http.request(method, link)
            assert answer.status_code < 500, link
    assert await rows(booking) == before


async def test_a_form_without_its_token_or_from_elsewhere_is_refused(booking: Booking) -> None:
    slot_id = await booking.slot()
    signed_in(booking, "coordinator")
    token = hidden_fields(await page(booking, "/booking/roster"))
    assert await form_for(booking, slot_id)
    before = await rows(booking)
    for path in (
        "/booking/book",
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


def slot_form(booking: Booking, **changes: str) -> dict[str, str]:
    """What a coordinator fills in."""
    return {
        "officer_id": booking.officers[0],
        "day": "13",
        "month": "1",
        "year": "2027",
        "wall": "18:30",
        "minutes": "30",
        "near": "the old mill",
        "place": "L05000001 0",
    } | changes


async def opens(booking: Booking, **changes: str) -> httpx.Response:
    """A coordinator opens a slot by the form."""
    signed_in(booking, "coordinator", subject="coordinator-1")
    shown = await page(booking, "/booking/roster")
    return await sends(booking, "/booking/roster", shown, **slot_form(booking, **changes))


async def test_a_coordinator_opens_a_slot_at_a_known_place(booking: Booking) -> None:
    answer = await opens(booking)
    assert answer.status_code == 303
    text = await page(booking, answer.headers["location"])
    assert "The slot on Wednesday 13 January, 6:30pm to 7pm is open." in text
    [row] = await booking.rows("select * from slot")
    assert row["meeting_name"] == "Mere End Boathouse"
    assert row["opened_by"] == "coordinator-1"
    signed_in(booking, "nobody")


async def test_a_coordinator_s_long_list_goes_on_on_another_page(booking: Booking) -> None:
    for day in range(1, 4):
        await booking.slot(at=START + timedelta(days=day))
    added = await opens(booking, day="20")
    text = await page(booking, f"{added.headers['location']}&limit=2")
    assert "The slot on Wednesday 20 January" in text
    assert "15 January" not in text
    following = re.search(r'href="(/booking/roster\?cursor=[^"]+)"', text)
    assert following
    assert "15 January" in await page(booking, following[1])


async def test_another_ward_s_slots_do_not_crowd_out_a_coordinator_s_own(booking: Booking) -> None:
    for day in range(1, 4):
        await booking.slot(at=START + timedelta(days=day))
    place = {"name": "Larkfield Parade", "coordinates": booking.place(OTHER_WARD)}
    await booking.slot(at=START + timedelta(days=4), ward=OTHER_WARD, meeting_point=place)
    signed_in(booking, "coordinator", ward=OTHER_WARD)
    text = await page(booking, "/booking/roster?limit=2")
    assert "Larkfield Parade, near" in text
    assert "Mill Lane bus stop" not in text


async def test_a_coordinator_opens_a_slot_at_a_place_of_her_own(booking: Booking) -> None:
    lon, lat = booking.place()
    answer = await opens(
        booking, place="", ward="L05000001", name="Kiosk", latitude=str(lat), longitude=str(lon)
    )
    assert answer.status_code == 303
    [row] = await booking.rows("select meeting_name, meeting_lat from slot")
    assert (row["meeting_name"], row["meeting_lat"]) == ("Kiosk", lat)


async def test_a_wall_time_that_never_comes_is_refused_in_words(booking: Booking) -> None:
    answer = await opens(booking, day="28", month="3", wall="1:30")
    assert answer.status_code == 422
    assert "this time does not exist" in answer.text
    assert 'value="1:30"' in answer.text


async def test_a_wall_time_that_comes_twice_is_asked_about(booking: Booking) -> None:
    asked = await opens(booking, day="31", month="10", wall="01:30")
    assert asked.status_code == 422
    assert "this time comes twice" in asked.text
    choices = re.findall(r'name="which"[^>]*value="([^"]+)"', asked.text)
    assert len(choices) == 2
    answer = await sends(
        booking,
        "/booking/roster",
        asked.text,
        **slot_form(booking, day="31", month="10", wall="01:30", which=choices[1]),
    )
    assert answer.status_code == 303
    [row] = await booking.rows("select starts_at, local_from from slot")
    assert row["starts_at"] == datetime.fromisoformat("2027-10-31T01:30:00+00:00")
    assert f"{row['local_from']:%H:%M}" == "01:30"


MISTAKES = [
    ({"officer_id": ""}, "Choose an officer"),
    ({"day": "32"}, "Enter a date"),
    ({"year": "99999999999"}, "Enter a date"),
    ({"wall": "evening"}, "Enter a date, and a time"),
    ({"year": "2026"}, "Must lie ahead"),
    ({"minutes": "0"}, "Enter how many minutes"),
    ({"minutes": "x"}, "Enter how many minutes"),
    ({"near": ""}, "Enter what the place is near"),
    ({"place": ""}, "Choose a ward"),
    ({"place": "", "ward": "L05000001", "name": "x"}, "Enter latitude and longitude"),
    ({"place": "L05000001 99"}, "Choose a ward"),
]


async def test_a_slot_form_with_a_mistake_says_which(booking: Booking) -> None:
    for changes, said in MISTAKES:
        answer = await opens(booking, **changes)
        assert answer.status_code == 422
        assert said in answer.text
    assert await booking.rows("select from slot") == []


async def test_a_slot_that_is_open_already_is_said_so(booking: Booking) -> None:
    await opens(booking)
    answer = await opens(booking)
    assert answer.status_code == 409
    assert "already has a slot" in answer.text
