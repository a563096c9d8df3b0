"""Many who ask the same at once: one look, begun after they asked, and no answer kept."""

import asyncio
from datetime import timedelta

import pytest

from booking.service import Together
from tests.booking.desk import WARD, Booking
from tests.factories import START
from tests.infra import until


class Looks:
    """Looks that end when they are let; each finds how many began before it, itself included."""

    def __init__(self) -> None:
        self.begun = 0
        self.ends = asyncio.Semaphore(0)

    async def look(self) -> int:
        self.begun += 1
        mine = self.begun
        await self.ends.acquire()
        return mine


async def a_moment() -> None:
    """Let whatever can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_during_a_look_waits_for_the_next_with_all_who_do() -> None:
    together, looks = Together(), Looks()
    first = [asyncio.create_task(together.ask("q", looks.look)) for _ in range(3)]
    await a_moment()
    later = [asyncio.create_task(together.ask("q", looks.look)) for _ in range(4)]
    await a_moment()
    assert looks.begun == 1
    looks.ends.release()
    assert await asyncio.gather(*first) == [1, 1, 1]
    later.append(asyncio.create_task(together.ask("q", looks.look)))  # answered, and asks again
    await until(lambda: looks.begun == 2)
    looks.ends.release()
    assert await asyncio.gather(*later) == [2, 2, 2, 2, 2]
    looks.ends.release()
    assert await together.ask("q", looks.look) == 3  # nothing is kept


async def test_other_questions_do_not_wait() -> None:
    together, looks = Together(), Looks()
    asked = [asyncio.create_task(together.ask(question, looks.look)) for question in "ab"]
    await a_moment()
    assert looks.begun == 2
    for _ in asked:
        looks.ends.release()
    await asyncio.gather(*asked)


async def test_a_look_that_fails_fails_for_who_shared_it_and_for_nobody_later() -> None:
    together, looks = Together(), Looks()

    async def fails() -> int:
        await looks.look()
        raise OSError

    asked = [asyncio.create_task(together.ask("q", fails)) for _ in range(2)]
    await a_moment()
    later = asyncio.create_task(together.ask("q", looks.look))
    await a_moment()
    looks.ends.release()
    for each in asked:
        with pytest.raises(OSError):
            await each
    looks.ends.release()
    assert await later == 2


async def test_who_gives_up_leaves_the_look_to_the_others() -> None:
    together, looks = Together(), Looks()
    asked = [asyncio.create_task(together.ask("q", looks.look)) for _ in range(2)]
    await a_moment()
    asked[0].cancel()
    await a_moment()
    looks.ends.release()
    assert await asyncio.gather(asked[1], return_exceptions=True) == [1]


async def test_the_public_list_asks_once_for_many_and_never_answers_what_was(
    booking: Booking,
) -> None:
    slots = [await booking.slot(at=START + timedelta(days=days)) for days in (1, 2)]
    for slot_id in slots:
        before = await asyncio.gather(*(booking.slots(ward=WARD) for _ in range(8)))
        assert all(slot_id in [slot["id"] for slot in each] for each in before)
        # A list that was asked for before a booking may be under way: what comes after sees it.
        asked = [asyncio.create_task(booking.slots(ward=WARD)) for _ in range(8)]
        assert (await booking.books(slot_id)).status_code == 201
        assert slot_id not in [slot["id"] for slot in await booking.slots(ward=WARD)]
        await asyncio.gather(*asked)


async def test_who_says_who_she_is_shares_no_answer_with_strangers(booking: Booking) -> None:
    await booking.slot(at=START + timedelta(days=1))
    asked = [{}, booking.coordinator, {}, {"Cookie": "lang=cy"}, booking.coordinator, {}]
    answers = await asyncio.gather(
        *(booking.http.get("/booking/v1/slots", headers=each) for each in asked)
    )
    told = ["meeting_point" in answer.json()["items"][0] for answer in answers]
    assert told == [False, True, False, False, True, False]


async def test_a_question_that_is_wrong_is_refused_to_all_who_ask_it(booking: Booking) -> None:
    wrong = "/booking/v1/slots?from=yesterday"
    answers = await asyncio.gather(*(booking.http.get(wrong) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [422] * 3
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
