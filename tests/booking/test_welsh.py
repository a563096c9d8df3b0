"""Public pages in Welsh: whole or not at all, and nothing that she typed is lost."""

from datetime import timedelta

from booking import service
from shared.pages.languages import COOKIE
from tests.booking.catalogues import assert_welsh
from tests.booking.desk import ORIGIN, Booking
from tests.booking.visiting import (
    FROM_US,
    HER,
    HTML,
    asks_by_form,
    form_for,
    page,
    sends,
    signed_in,
)
from tests.booking.wishes import DAY, works
from tests.factories import START
from tests.provider import hidden_fields


async def test_the_list_is_in_welsh_throughout_and_keeps_it(booking: Booking) -> None:
    await booking.slot(at=START + timedelta(days=1))
    english = await page(booking, "/booking/?ward=")
    assert '<html lang="en"' in english
    assert 'href="?ward=&amp;lang=cy" hreflang="cy" lang="cy">Cymraeg</a>' in english
    for path in ("/booking/?lang=cy", "/booking/"):
        shown = await page(booking, path)
        assert_welsh(
            shown,
            "<title>Trefnu taith gerdded - Walk and Talk</title>",
            "Dydd Mercher 13 Ionawr",
            "6yh tan 6:30yh",
            "ger the old mill (ar ôl iddi dywyllu)",
            "Nid yw'r Gymraeg hon wedi'i gwirio eto.",
            "Gadael y dudalen hon",
            'lang="en">English</a>',
        )
    assert '<html lang="en"' in await page(booking, "/booking/?lang=en")
    assert '<html lang="en"' in await page(booking, "/booking/")


async def test_what_is_wrong_with_a_form_is_said_in_welsh_and_nothing_typed_is_lost(
    booking: Booking,
) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    shown = await page(booking, "/booking/return")
    data = hidden_fields(shown) | {"reference": "7K2M-9QXD", "code": ""}
    answer = await booking.http.post("/booking/return", data=data, headers=FROM_US | HTML)
    assert answer.status_code == 422
    assert "<title>Gwall: Gweld neu newid eich taith gerdded" in answer.text
    assert '<a href="#code">Rhowch chwe digid eich cod</a>' in answer.text
    assert 'value="7K2M-9QXD"' in answer.text
    assert "hreflang" not in answer.text  # to follow it would lose what she typed


async def test_the_form_is_in_welsh_with_its_hold_and_what_is_wrong_with_it(
    booking: Booking,
) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slot_id = await booking.slot(capacity=2)
    listed = await page(booking, "/booking/")
    held = await sends(booking, "/booking/hold", listed, slot_id=slot_id)
    shown = await page(booking, held.headers["location"])
    assert_welsh(
        shown,
        "<title>Eich manylion - Walk and Talk</title>",
        "<strong>Dydd Mawrth 12 Ionawr, 7yh tan 7:30yh</strong>",
        "Gall eraill gerdded gyda chi.",
        "tan <strong>6:10yh</strong>",
        "|2 funud ar ôl.|3 munud ar ôl.|",
        '<option value="uk">Wcreineg</option>',
        "Iaith Arwyddion Prydain",
        "ffoniwch 101 yn lle hynny",
    )
    wrong = {"name": "", "companions": "many", "adult": "", "language": "?", "note": "Bws"}
    answer = await sends(booking, "/booking/book", shown, **(HER | wrong))
    assert answer.status_code == 422
    assert_welsh(
        answer.text,
        "<title>Gwall: Eich manylion",
        '<a href="#companions">Rhowch faint sy\'n dod gyda chi, o 0 i 5</a>',
        '<a href="#name">Rhowch eich enw, hyd at 100 o lythrennau</a>',
        '<a href="#language">Dewiswch iaith o\'r rhestr</a>',
        "â Childline ar 0800 1111",
        "Bws</textarea>",
    )


async def test_other_times_are_offered_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slot_id = await booking.slot()
    shown = await form_for(booking, slot_id)
    await booking.books(slot_id)
    await booking.slot(at=START + timedelta(days=1))
    answer = await sends(booking, "/booking/book", shown, **HER)
    assert answer.status_code == 409
    assert_welsh(answer.text, "Dewiswch amser arall", "Dydd Mercher 13 Ionawr", "ger the old mill")


async def test_what_is_refused_is_said_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slot_id = await booking.slot(capacity=2)
    answer = await sends(
        booking, "/booking/book", await form_for(booking, slot_id), **HER, companions="2"
    )
    assert_welsh(answer.text, '<a href="#companions">Nid oes lle i gynifer ar yr amser hwn')
    answer = await sends(
        booking, "/booking/book", await form_for(booking, slot_id), **HER, language="uk"
    )
    assert_welsh(answer.text, "Nid yw'r swyddog ar yr amser hwn yn siarad yr iaith hon.")


async def test_she_books_in_welsh_and_her_walk_s_page_is_in_welsh_before_and_after(
    booking: Booking,
) -> None:
    listed = await page(booking, "/booking/?lang=cy")
    slot_id = await booking.slot(at=START + timedelta(days=1), capacity=3)
    shown = await form_for(booking, slot_id)
    booked = await sends(booking, "/booking/book", shown, **HER, companions="2")
    assert_welsh(listed, "Trefnu taith gerdded")
    confirmed = await page(booking, booked.headers["location"])
    assert_welsh(
        confirmed,
        "<title>Mae eich taith gerdded wedi'i chadarnhau - Walk and Talk</title>",
        "Dydd Mercher 13 Ionawr, 6yh tan 6:30yh",
        "Mill Lane bus stop, ger the old mill",
        "2 berson arall",
        "Bydd PC Robin 1 yn cwrdd â chi wrth Mill Lane bus stop.",
        "ffoniwch 020 7946 0000.",
        '<strong lang="en">',
        "Gair diogel",
        "Wedi'i chadarnhau",
    )
    path = booked.headers["location"].partition("?")[0]
    cancelled = await sends(booking, f"{path}/cancel", confirmed)
    shown = await page(booking, cancelled.headers["location"])
    assert_welsh(
        shown,
        "Mae eich taith gerdded wedi'i chanslo",
        "Mae'r daith hon wedi'i chanslo: ni fydd neb yn aros amdanoch.",
        "Gallwch gael yr amser hwn eto tan 6:10yh",
    )
    booking.clock.advance(timedelta(minutes=11))
    late = await sends(booking, f"{path}/undo", shown)
    assert_welsh(late.text, "Gellir dadwneud canslo am ddeng munud.")


async def test_another_time_is_chosen_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    path = (await booking.walk())["manage_url"].removeprefix(ORIGIN)
    assert_welsh(
        await page(booking, f"{path}/move"), "Ni ellir trefnu amser arall yma ar hyn o bryd."
    )
    slot_id = await booking.slot(at=START + timedelta(days=1))
    shown = await page(booking, f"{path}/move")
    assert_welsh(shown, "Symud fy nhaith gerdded", "Dydd Mercher 13 Ionawr", "(ar ôl iddi dywyllu)")
    await booking.books(slot_id)
    gone = await sends(booking, f"{path}/move", shown, slot_id=slot_id)
    assert_welsh(gone.text, "Mae eich taith gerdded fel yr oedd.")


async def test_a_walk_that_is_over_says_so_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    missed, walked = await booking.walk(), await booking.walk(officer=1)
    booking.clock.advance(timedelta(hours=1, minutes=20))
    await booking.acts(missed, "no-show", json={"party": "participant"})
    other = booking.issuer.bearer("officer", subject="officer-2")
    for verb in ("start", "end"):
        await booking.acts(walked, verb, headers=other)
    another = "Gallwch drefnu taith arall unrhyw bryd."
    assert_welsh(await page(booking, missed["manage_url"]), "Ni chynhaliwyd y daith hon", another)
    assert_welsh(await page(booking, walked["manage_url"]), "Diolch am ddod", "Ar ben", another)


async def test_error_pages_are_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    walk = await booking.walk()
    assert_welsh(await page(booking, "/booking/nothing", 404), "Nid oes dim byd yma o'r enw hwnnw")
    assert_welsh(
        await page(booking, "/booking/manage/nothing", 404), "Nid yw'r ddolen hon yn gyflawn."
    )
    await service.revoke_link(booking.desk, walk["reference"])
    assert_welsh(
        await page(booking, walk["manage_url"], 410),
        "Nid yw'r ddolen hon yn gweithio mwyach. Ffoniwch 020 7946 0000 yn lle hynny.",
        "Mynd i'r dechrau",
    )
    stale = await booking.http.post("/booking/hold", data={}, headers=FROM_US | HTML)
    assert stale.status_code == 403
    assert_welsh(stale.text, "ewch yn ôl, llwythwch y dudalen eto a'i hanfon o'r newydd.")


async def test_who_books_too_many_walks_is_told_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    slots = [await booking.slot(at=START + nth * DAY) for nth in (1, 2, 3)]
    forms = [await form_for(booking, slot_id) for slot_id in slots]
    answers = [await sends(booking, "/booking/book", shown, **HER) for shown in forms]
    assert [each.status_code for each in answers] == [303, 303, 429]
    assert_welsh(
        answers[2].text, "neu ffoniwch ni ar 101 i siarad am daith gerdded neu i newid un."
    )


async def test_what_is_said_of_the_pages_is_in_welsh(booking: Booking) -> None:
    for path, text in (("accessibility", "Gallwch chwyddo i 400%,"), ("cookies", "1 flwyddyn")):
        english = await page(booking, f"/booking/{path}?lang=en")
        assert 'lang="cy">Cymraeg</a>' in english
        assert_welsh(await page(booking, f"/booking/{path}?lang=cy"), text)


async def test_what_no_catalogue_has_makes_the_page_english(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    where = (await asks_by_form(booking)).headers["location"]
    await booking.slot(at=START + DAY)
    await works(booking)
    assert_welsh(await page(booking, where), "Mae gennym amser i chi")
    async with booking.database.transaction() as connection:
        await connection.execute("update offer set why = array['Has a lantern.']")
    shown = await page(booking, where)
    assert '<html lang="en"' in shown
    assert "We have a time for you" in shown
    assert "hreflang" not in shown


async def test_a_page_that_is_not_there_in_welsh_is_english_throughout(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    shown = await page(booking, "/booking/signed-out")
    assert '<html lang="en"' in shown
    assert "Neidio" not in shown


async def test_staff_who_are_signed_in_read_english(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    signed_in(booking, "officer")
    assert '<html lang="en"' in await page(booking, "/booking/")
