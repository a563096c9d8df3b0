"""How participants are kept: nothing of them in the database without the keys that are not in it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag

from booking import domain, service
from booking.store.sealing import Sealed, Sealing
from tests.booking.desk import Booking

ADA = domain.Person("Ada Example", "ada@example.org", "Pushchair")
ONE = "one:dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE="
TWO = "two:YW5vdGhlciB0aGlydHktdHdvIGJ5dGVzIG9mIGEga2U="


def test_what_is_sealed_opens_again_for_the_same_participant_only() -> None:
    sealing, ada = Sealing.from_setting(ONE), uuid4()
    sealed = sealing.close(ada, ADA)
    assert sealing.open(ada, sealed) == ADA
    with pytest.raises(InvalidTag):
        sealing.open(uuid4(), sealed)


def test_one_changed_bit_opens_nothing() -> None:
    sealing, ada = Sealing.from_setting(ONE), uuid4()
    kept = sealing.close(ada, ADA)
    for changed in (
        replace(kept, wrapped_key=flipped(kept.wrapped_key)),
        replace(kept, content=flipped(kept.content)),
    ):
        with pytest.raises(InvalidTag):
            sealing.open(ada, changed)


def flipped(content: bytes) -> bytes:
    """The same but for its last bit."""
    return content[:-1] + bytes([content[-1] ^ 1])


def test_a_new_master_key_seals_and_the_old_one_still_opens() -> None:
    ada = uuid4()
    old = Sealing.from_setting(ONE).close(ada, ADA)
    both = Sealing.from_setting(f"{TWO},{ONE}")
    assert both.close(ada, ADA).key_name == "two"
    assert both.open(ada, old) == ADA
    with pytest.raises(KeyError):
        Sealing.from_setting(TWO).open(ada, old)


def test_no_two_participants_share_a_key() -> None:
    sealing, ada = Sealing.from_setting(ONE), uuid4()
    one, other = sealing.close(ada, ADA), sealing.close(ada, ADA)
    with pytest.raises(InvalidTag):
        sealing.open(ada, Sealed("one", one.wrapped_key, other.content))


async def test_no_row_holds_a_word_of_hers(booking: Booking) -> None:
    planted = "Zebrafinch"
    walk = await booking.walk(at=booking.clock() + timedelta(hours=1))
    slot = await booking.slot(officer=1)
    said: dict[str, Any] = {"name": planted, "email": f"{planted}@example.org", "note": planted}
    assert (await booking.books(slot, **said)).status_code == 201
    rows = str(await booking.rows("select participant::text from participant"))
    assert walk["id"] in rows
    assert planted not in rows
    assert planted.lower() not in rows
    assert planted.encode().hex() not in rows


async def test_what_was_written_in_plain_is_read_and_then_sealed(booking: Booking) -> None:
    walk = await booking.walk()
    async with booking.database.transaction() as connection:
        await connection.execute(
            "update participant set name = 'Ada', email = 'a@example.org', note = 'Pushchair',"
            " key_name = null, wrapped_key = null, sealed = null"
        )
    before = await booking.person(walk["id"])
    assert before == domain.Person("Ada", "a@example.org", "Pushchair")
    await service.seal_what_is_plain(booking.desk)
    [row] = await booking.rows("select name, email, note, sealed from participant")
    assert (row["name"], row["email"], row["note"]) == (None, None, None)
    assert row["sealed"]
    assert await booking.person(str(UUID(walk["id"]))) == before
