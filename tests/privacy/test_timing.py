"""The attack on the shared topics: a reader with a clock tries to learn the minute.

He has everything that Kafka gives anybody: payloads, headers, record timestamps, offsets, and the moment at
which each record appears. The same evening is lived twice with other minutes; he must see the same evening.
"""

from datetime import timedelta

from shared.bands import Band, band_of
from shared.clock import now
from shared.postgres import open_database
from tests.booking.desk import a_booking
from tests.concerns import capturing
from tests.conftest import FreshDatabase
from tests.kafka_topics import renew_topics
from tests.keyring import reach
from tests.privacy.worlds import Minutes, World
from tests.shared.eventpath import clock_of, relaying
from tests.tokens import TestIssuer

EVENING = Band((now() - timedelta(days=4)).date(), 16)
PUNCTUAL = Minutes(walks=((0, 30), (0, 30), (0, 30), (0, 30)), captures=(25, 200))
# Late starts, one before its time, ends in the next band, and another order of everything.
OTHERWISE = Minutes(walks=((25, 95), (5, 260), (-40, 20), (29, 170)), captures=(210, 15))


async def lived(
    minutes: Minutes, fresh_database: FreshDatabase, issuer: TestIssuer, bootstrap: str
) -> World:
    """A world with databases and topics of its own, lived through."""
    await renew_topics(bootstrap)
    where = reach(bootstrap)
    async with (
        open_database(await fresh_database("booking")) as of_booking,
        open_database(await fresh_database("concerns")) as of_concerns,
        a_booking(of_booking, issuer, **where) as booking,
    ):
        desk = capturing.a_desk(of_concerns, **where)
        booking.clock.at = clock_of(desk).at = EVENING.starts_at - timedelta(hours=8)
        world = World(booking, desk, bootstrap, EVENING, minutes)
        async with relaying(booking.parts, "booking"), relaying(desk, "concerns"):
            await world.live()
        return world


async def test_two_evenings_that_differ_in_the_minutes_look_the_same(
    fresh_database: FreshDatabase, issuer: TestIssuer, kafka_bootstrap: str
) -> None:
    punctual = await lived(PUNCTUAL, fresh_database, issuer, kafka_bootstrap)
    otherwise = await lived(OTHERWISE, fresh_database, issuer, kafka_bootstrap)
    assert len(punctual.seen) == 4 * 3 + 2
    assert punctual.seen == otherwise.seen


async def test_what_is_told_later_is_told_at_the_edges_of_bands_in_the_order_of_keys(
    fresh_database: FreshDatabase, issuer: TestIssuer, kafka_bootstrap: str
) -> None:
    world = await lived(OTHERWISE, fresh_database, issuer, kafka_bootstrap)
    told = {at for at, _, _, _, value, _ in world.seen if value and b"officer_role" not in value}
    assert told == {EVENING.following.ends_at}
    stamps = {stamp for at, _, _, stamp, _, _ in world.seen if at == EVENING.following.ends_at}
    assert stamps == {int(band_of(EVENING.following.ends_at).starts_at.timestamp() * 1000)}
    late = [keys for at, keys in world.orders if at == EVENING.following.ends_at]
    assert sum(len(keys) for keys in late) == len(world.seen) - 4
    assert all(keys == sorted(keys) for keys in late)
