"""Two worlds that differ only in the minutes, and what a reader of the shared topics sees of each.

If the reader's whole view is the same in both, nothing in it can tell the minutes: not payloads, not
headers, not record timestamps, not offsets, not the moments of arrival.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from concerns import service as concerns_service
from shared.bands import Band
from shared.events import concerns, walks
from tests.booking.desk import Booking
from tests.concerns import capturing
from tests.factories import KeptParts
from tests.infra import until
from tests.shared import eventpath as path, otherclient
from tests.shared.eventpath import clock_of
from tests.shared.otherclient import OnTopic

STEP = timedelta(minutes=30)
SHARED_TOPICS = (walks.SHARED, concerns.SHARED)
# What is random, or no more than a name for something random.
NAMES = {"ce_id", "ce_subject"}

# A record as seen: when it arrived, whose it is, and all it says.
Sight = tuple[datetime, str, str, int, bytes | None, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Minutes:
    """What differs: for each walk, minutes from its planned start to its start and end; and captures."""

    walks: tuple[tuple[int, int], ...]
    captures: tuple[int, ...]


@dataclass
class World:
    """One evening: walks planned at the same times in every world, done at its own minutes."""

    booking: Booking
    concerns: KeptParts
    bootstrap: str
    band: Band
    minutes: Minutes
    seen: set[Sight] = field(default_factory=set[Sight])
    orders: list[tuple[datetime, list[str]]] = field(
        default_factory=list[tuple[datetime, list[str]]]
    )
    _walks: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    _names: dict[str, str] = field(default_factory=dict[str, str])
    _read: set[tuple[str, int, int]] = field(default_factory=set[tuple[str, int, int]])

    async def live(self) -> None:
        """From the bookings in the morning until all may be told, step by step, watched throughout."""
        self._set_clocks(self.band.starts_at - timedelta(hours=8))
        for nth in range(len(self.minutes.walks)):
            await self._book(nth)
        pending = dict(self._deeds())
        at = self.band.starts_at - timedelta(hours=8)
        while at <= self.band.following.following.ends_at + STEP:
            for due, deed in sorted((due, deed) for deed, due in pending.items() if due <= at):
                self._set_clocks(due)
                await self._do(deed)
                del pending[deed]
            self._set_clocks(at)
            await self._watch(at)
            at += STEP

    def _planned(self, nth: int) -> datetime:
        return self.band.starts_at + timedelta(minutes=20 + 80 * (nth // 2))

    async def _book(self, nth: int) -> None:
        walk = await self.booking.walk(at=self._planned(nth), officer=nth % 2)
        self._walks.append(walk)
        (row,) = await self.booking.rows("select shared_id from walk where id = $1", walk["id"])
        self._names[str(row["shared_id"])] = f"walk {nth}"

    def _deeds(self) -> Mapping[tuple[str, int], datetime]:
        found: dict[tuple[str, int], datetime] = {}
        for nth, (start, end) in enumerate(self.minutes.walks):
            found["start", nth] = self._planned(nth) + timedelta(minutes=start)
            found["end", nth] = self._planned(nth) + timedelta(minutes=end)
        for nth, minute in enumerate(self.minutes.captures):
            found["capture", nth] = self.band.starts_at + timedelta(minutes=minute)
        return found

    async def _do(self, deed: tuple[str, int]) -> None:
        verb, nth = deed
        if verb == "capture":
            await self._capture(nth)
            return
        answer = await self.booking.acts(self._walks[nth], verb)
        assert answer.status_code == 200, answer.text

    async def _capture(self, nth: int) -> None:
        before = set(await self._concern_keys())
        await concerns_service.capture_concern(
            self.concerns,
            capturing.BOROUGH,
            capturing.a_saying(),
            capturing.a_request(f"capture {nth}"),
        )
        for key in set(await self._concern_keys()) - before:
            self._names[key] = f"concern {nth}"

    async def _concern_keys(self) -> list[str]:
        statement = "select key from event_counter where topic = $1"
        rows = await path.rows(self.concerns.database, statement, concerns.SHARED)
        return [row["key"] for row in rows]

    async def _watch(self, at: datetime) -> None:
        """Let the relays send what is due, then look at the topics as anybody may."""
        for parts in (self.booking.parts, self.concerns):
            parts.database.committed.ring()
            await until(lambda parts=parts: _nothing_is_due(parts), 20)
        for topic in SHARED_TOPICS:
            records = await otherclient.on_topic(self.bootstrap, topic)
            fresh = [each for each in records if (topic, *_place(each)) not in self._read]
            self._read |= {(topic, *_place(each)) for each in fresh}
            self.seen |= {self._sight(at, topic, each) for each in fresh}
            for number in {each.partition for each in fresh}:
                keys = [each.key for each in fresh if each.partition == number]
                self.orders.append((at, keys))

    def _sight(self, at: datetime, topic: str, record: OnTopic) -> Sight:
        headers = tuple(sorted(pair for pair in record.headers.items() if pair[0] not in NAMES))
        whose = self._names[record.key]
        return (at, topic, whose, record.timestamp, record.value, headers)

    def _set_clocks(self, at: datetime) -> None:
        self.booking.clock.at = at
        clock_of(self.concerns).at = at


def _place(record: OnTopic) -> tuple[int, int]:
    return record.partition, record.offset


async def _nothing_is_due(parts: KeptParts) -> bool:
    due = "select 1 from outbox where publish_after <= $1 limit 1"
    return not await path.rows(parts.database, due, parts.clock())
