"""How cost grows: with more consumers, with a full outbox, with parked keys."""

import statistics
import time

from shared.clock import now
from shared.postgres import Database
from shared.relay import queue
from tests.bench import events
from tests.bench.consuming import Counting, lay_events
from tests.bench.ground import Ground
from tests.bench.measuring import Round, Row, in_turn
from tests.kafka_topics import renew_topics

ROUNDS = 2
OUTBOXES = (10_000, 100_000, 1_000_000)
KEYS = 10_000
PARKED = (0, 1, 10, 100)

# What so many bookings leave behind while the broker is away.
FILL = """
with told as (
    insert into event_log (topic, key, sequence, event_id, type, headers, value, publish_after)
    select $1, gen_random_uuid()::text, 1, gen_random_uuid(), 'walk.started.v1',
           jsonb_build_object('time', now()), $2, now() - interval '1 minute' + n * interval '1 us'
      from generate_series(1, $3::int) as n
    returning topic, key, sequence, publish_after, logged_at
)
insert into outbox (topic, key, sequence, publish_after, logged_at) select * from told
"""


async def measure(ground: Ground) -> list[Row]:
    """Rows that are judged by nobody: they show a slope."""
    return [*await _consumers(ground), *await _outboxes(ground), *await _parked(ground)]


async def _consumers(ground: Ground) -> list[Row]:
    await lay_events(ground)
    contestants = {
        str(members): Counting(ground, "tests.bench.our_consumer", members=members)
        for members in (1, 2, 4)
    }
    found = await in_turn(contestants, ROUNDS, title="consumers")
    return [
        Row(
            f"growth-consumers-{name}",
            f"{name} consumers of one group",
            "events a second",
            "/s",
            [each[name]["per_second"] for each in found],
            rounds=found,
        )
        for name in contestants
    ]


async def _outboxes(ground: Ground) -> list[Row]:
    rows: list[Row] = []
    for number in OUTBOXES:
        found = await in_turn({"outbox": _Outbox(ground, number)}, 1, title=f"{number:,} rows")
        for of, unit, what in (
            ("head_ms", "ms", "query of the head"),
            ("per_second", "/s", "rows a second once the broker is back"),
        ):
            rows.append(
                Row(
                    f"growth-outbox-{number}-{of}",
                    f"{number:,} rows behind a stopped broker: {what}",
                    "",
                    unit,
                    [found[0]["outbox"][of]],
                    rounds=found,
                )
            )
    return rows


class _Outbox:
    """Fills an outbox, asks for its head as a relay does, and lets a relay drain it."""

    def __init__(self, ground: Ground, number: int) -> None:
        self._ground, self._number = ground, number

    async def __call__(self) -> Round:
        value = next(events.outgoing(4, "one")).fact
        assert value is not None
        async with self._ground.opened("booking") as (url, database):
            await database.pool.execute(
                FILL, events.TOPIC, value.model_dump_json().encode(), self._number, timeout=300
            )
            head = await self._head(database)
            words = (url, self._ground.bootstrap, str(self._number))
            drained = await self._ground.run("tests.bench.our_relay", *words, seconds=300)
        return {"head_ms": head, **drained}

    async def _head(self, database: Database) -> float:
        took: list[float] = []
        async with database.reading() as connection:
            for _ in range(21):
                began = time.perf_counter()
                await queue.head(
                    connection, now(), in_flight=range(2000), topics=[events.TOPIC], limit=500
                )
                took.append((time.perf_counter() - began) * 1000)
        return statistics.median(took)


async def _parked(ground: Ground) -> list[Row]:
    rows: list[Row] = []
    for parked in PARKED:
        await renew_topics(ground.bootstrap)
        number = await events.put_on_topic(
            ground.bootstrap, KEYS * events.A_WALK, "parked", gaps=parked
        )
        counting = Counting(ground, "tests.bench.our_consumer", number=number)
        found = await in_turn({"ours": counting}, ROUNDS, title=f"{parked} parked keys")
        rows.append(
            Row(
                f"growth-parked-{parked}",
                f"{parked} parked keys among {KEYS:,}",
                "events a second",
                "/s",
                [each["ours"]["per_second"] for each in found],
                rounds=found,
            )
        )
    return rows
