"""The relay, its order verified by reading the topic back, against raw ``send()``."""

from tests.bench import events
from tests.bench.ground import Ground
from tests.bench.measuring import Round, Row, in_turn, ratios

NUMBER = 20_000


async def measure(ground: Ground) -> list[Row]:
    """One row."""
    found = await in_turn(
        {"ours": _Sending(ground, ours=True), "raw": _Sending(ground, ours=False)}, title="relay"
    )
    return [
        Row(
            "relay",
            f"relay, {NUMBER:,} rows, order and content read back each time",
            "raw aiokafka send(), acks=all, idempotent",
            "x",
            ratios(found, "ours", "raw", "per_second"),
            must=0.6,
            aim=1.8,
            rounds=found,
        )
    ]


class _Sending:
    """One contestant; each time its records are read back."""

    def __init__(self, ground: Ground, *, ours: bool) -> None:
        self._ground, self._ours, self._runs = ground, ours, 0

    async def __call__(self) -> Round:
        bootstrap = self._ground.bootstrap
        self._runs += 1
        run = f"relay {self._ours} {self._runs}"
        since = events.ends(bootstrap)
        done = await (self._relay(run) if self._ours else self._raw(run))
        expected = events.keys(NUMBER, run) + events.keys(events.WARM, f"warm {run}")
        events.check(bootstrap, since, expected)
        return done

    async def _relay(self, run: str) -> Round:
        async with self._ground.database("booking") as url:
            words = (url, self._ground.bootstrap, str(NUMBER), run)
            return await self._ground.run("tests.bench.our_relay", *words)

    async def _raw(self, run: str) -> Round:
        words = (self._ground.bootstrap, str(NUMBER), run)
        return await self._ground.run("tests.bench.yardsticks.raw_send", *words)
