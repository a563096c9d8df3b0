"""The words by which a woman knows her officer: the same to both, another walk's to nobody, on no topic."""

from datetime import timedelta
from uuid import uuid4

from booking import domain, service
from booking.domain.safe_words import WORDS, in_words
from tests.booking.desk import ORIGIN, Booking, Json
from tests.booking.visiting import page, signed_in
from tests.factories import START

ONE = "one:dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE="
TWO = "two:YW5vdGhlciB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2U="


async def staff_answer(booking: Booking, walk: Json) -> Json:
    """A walk as its officer reads it."""
    path = f"/booking/v1/walks/{walk['id']}"
    return (await booking.http.get(path, headers=booking.officer)).json()


def test_words_are_plain_and_each_is_there_once() -> None:
    assert len(set(WORDS)) == len(WORDS) == 128
    assert all(word.isascii() and word.isalpha() and word.islower() for word in WORDS)


def test_every_pair_can_be_drawn_and_none_is_one_word_twice() -> None:
    pairs = len(WORDS) * (len(WORDS) - 1)
    drawn = {in_words(nth.to_bytes(8, "big")) for nth in range(pairs)}
    assert len(drawn) == pairs
    assert all(first != second for first, second in map(str.split, drawn))


def test_walks_have_words_of_their_own_and_another_key_has_others() -> None:
    links, other = domain.Links.from_setting(ONE), domain.Links.from_setting(TWO)
    walks = [uuid4() for _ in range(200)]
    words = [links.safe_word(each) for each in walks]
    assert words == [links.safe_word(each) for each in walks]
    assert len(set(words)) > 190
    assert sum(links.safe_word(each) == other.safe_word(each) for each in walks) < 5


async def test_both_are_shown_the_same(booking: Booking) -> None:
    walk = await booking.walk()
    word = walk["safe_word"]
    assert (await staff_answer(booking, walk))["safe_word"] == word
    contact = await booking.http.get(
        f"/booking/v1/walks/{walk['id']}/contact",
        headers=booking.issuer.bearer_service("notifications", audience="booking"),
    )
    assert contact.json()["safe_word"] == word
    assert f"<strong>{word}</strong>" in await page(booking, walk["manage_url"])
    signed_in(booking, "officer")
    assert word in await page(booking, "/booking/today")


async def test_another_walk_has_another(booking: Booking) -> None:
    first, second = await booking.walk(), await booking.walk(officer=1)
    assert first["safe_word"] != second["safe_word"]
    assert first["safe_word"] not in await page(booking, second["manage_url"])


async def test_it_stays_through_what_changes_and_is_shown_no_longer_than_it_is_needed(
    booking: Booking,
) -> None:
    walk = await booking.walk()
    word = walk["safe_word"]
    later = await booking.slot(at=START + timedelta(hours=5))
    for verb, body in (
        ("move", {"slot_id": later}),
        ("reassign", {"officer_id": booking.officers[1]}),
    ):
        answer = await booking.acts(walk, verb, headers=booking.coordinator, json=body)
        assert answer.json()["safe_word"] == word, answer.text
    assert word in await page(booking, walk["manage_url"])
    await booking.acts(walk, "cancel")
    assert word not in await page(booking, walk["manage_url"])
    signed_in(booking, "officer")
    assert word not in await page(booking, "/booking/today")


async def test_it_is_on_no_topic_in_no_calendar_and_in_no_log(booking: Booking) -> None:
    walk, called_off = await booking.walk(), await booking.walk(officer=1)
    feed = await booking.http.post(
        f"/booking/v1/officers/{booking.officers[0]}/feed", headers=booking.officer
    )
    public = [
        *[f"{walk['manage_url']}/walk.ics?title={title}" for title in ("neutral", "plain")],
        feed.json()["url"],
        f"{ORIGIN}/booking/v1/slots",
    ]
    told = [(await booking.http.get(each)).text for each in public]
    await booking.acts(called_off, "cancel")
    booking.clock.advance(timedelta(hours=1))
    for verb in ("start", "end", "debrief"):
        answer = await booking.acts(walk, verb)
        assert answer.status_code == 200, answer.text
    await service.revoke_link(booking.desk, walk["reference"])
    events = await booking.rows("select * from event_log")
    types = {event["type"].rsplit(".", 2)[1] for event in events}
    assert {"confirmed", "cancelled", "started", "ended", "debriefed"} <= types
    assert "starts_at" in repr(events)  # what they say can be read here
    seen = " ".join([*told, repr(events), booking.parts.lines.getvalue()])
    for word in (walk["safe_word"], called_off["safe_word"]):
        assert word not in seen
    tables = await booking.rows(
        "select walk::text as kept from walk union all select slot::text from slot"
    )
    assert walk["safe_word"] not in repr(tables)
