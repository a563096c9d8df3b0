"""A wish in Welsh: asked for, waited for, offered and given up; and why an officer was picked."""

from datetime import timedelta

import pytest

from booking import domain
from shared.pages.languages import COOKIE
from shared.phrases import Phrase, Text, read_back
from tests.booking.catalogues import assert_welsh
from tests.booking.desk import Booking
from tests.booking.visiting import asks_by_form, page, sends
from tests.booking.wishes import DAY, officer_is, works
from tests.factories import START


async def test_a_wish_is_asked_for_in_welsh(booking: Booking) -> None:
    booking.http.cookies.set(COOKIE, "cy")
    assert_welsh(
        await page(booking, "/booking/wish"),
        "<title>Gofyn am daith gerdded sy'n gyfleus i chi - Walk and Talk</title>",
        'value="wednesday">',
        "Dydd Mercher",
        "Ar ôl iddi dywyllu",
    )
    wrong = await asks_by_form(booking, days="", adult="", to="16:00", note="Bws")
    assert wrong.status_code == 422
    assert_welsh(
        wrong.text,
        '<a href="#days">Dewiswch un diwrnod neu ragor</a>',
        "â Childline ar 0800 1111",
        "Bws</textarea>",
    )


async def test_her_wish_s_page_is_in_welsh_from_asking_to_giving_up(booking: Booking) -> None:
    await page(booking, "/booking/wish?lang=cy")
    where = (await asks_by_form(booking, companions="1", woman="yes")).headers["location"]
    await officer_is(booking, 0, sex="female")
    assert_welsh(
        await page(booking, where),
        "Rydych yn aros am daith gerdded",
        "Dydd Mercher 17:00 tan 24:00",
        "1 person arall",
        "Menywod yn unig a gynigir i chi, fel y gofynnoch.",
    )
    await booking.slot(at=START + DAY, capacity=2)
    await works(booking)
    booking.clock.advance(timedelta(minutes=58))
    offered = await page(booking, where)
    assert_welsh(
        offered,
        "Mae gennym amser i chi",
        "11 awr a 2 funud",
        "Mae'n cerdded yn ward Mere End.",
        "Mae'n fenyw, fel y gofynnwyd.",
        "Nifer y teithiau yn y pedair wythnos ddiwethaf ac i ddod: 0, y nifer lleiaf",
    )
    assert_welsh(
        await page(booking, f"{where}/decline"), "Ni fyddwn yn cynnig PC Robin 1 i chi eto."
    )
    booking.clock.advance(timedelta(hours=12))
    late = await sends(booking, f"{where}/accept", offered)
    assert_welsh(late.text, "Mae'r cynnig hwn ar ben. Rydych yn cadw eich lle")
    sure = await page(booking, f"{where}/withdraw")
    assert_welsh(sure, "Peidio ag aros am daith gerdded mwyach?")
    await sends(booking, f"{where}/withdraw", sure)
    assert_welsh(await page(booking, where), "Nid ydych yn aros am daith gerdded mwyach")


@pytest.mark.parametrize("text", domain.whys.WHY)
@pytest.mark.parametrize("num", [1, 4])
def test_why_an_officer_was_picked_is_read_back_of_what_was_kept(text: Text, num: int) -> None:
    kept = Phrase(text, ward="Mere End (north)", officer="PC O'Hara", num=num)
    assert read_back(str(kept), domain.whys.WHY) == kept
    found = read_back(str(kept), domain.whys.WHY)
    assert isinstance(found, Phrase)
    assert found.text == text
