"""Which events of a key have been applied here, and what is to be done with the next.

Invariant: per consumer, topic and key, effects happen in the order 1, 2, 3 ... once each: at or
below the last applied is a duplicate, the next is applied, beyond is a gap and waits, and behind a
blocked key everything waits.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.consumer.arrivals import Arrival
from shared.postgres import Connection

# Locked in the order of keys, so that two transactions cannot wait for each other.
STATES = """
select key, last_sequence, blocked from inbox
 where consumer = $1 and topic = $2 and key = any($3::text[])
 order by key for update
"""
SAVE = """
insert into inbox (consumer, topic, key, last_sequence, blocked)
select $1, $2, key, last_sequence, blocked
  from unnest($3::text[], $4::bigint[], $5::boolean[]) as s (key, last_sequence, blocked)
 order by key
on conflict (consumer, topic, key) do update
   set last_sequence = excluded.last_sequence, blocked = excluded.blocked, last_used = current_date
"""

Verdict = Literal["apply", "duplicate", "park"]


@dataclass(frozen=True, slots=True)
class KeyState:
    """How far a key has come here; ``last`` 0 and unknown before its first event."""

    last: int = 0
    blocked: bool = False
    known: bool = False


NEVER_SEEN = KeyState()


def decide(state: KeyState, item: Arrival, *, trimmed_until: int) -> tuple[Verdict, str]:
    """What becomes of an arrival of this key, and for one to park the cause.

    A key may be met in the middle only where its beginning is known to be gone: before the end
    noted of a log that was already trimmed, or when its owner says so (republished).
    """
    assert item.sequence is not None
    if state.known and item.sequence <= state.last:
        return "duplicate", ""
    if state.blocked:
        return "park", "behind"
    met_midway = item.republished or (not state.known and item.offset < trimmed_until)
    if item.sequence != state.last + 1 and not met_midway:
        return "park", "gap"
    if item.cause is not None:
        return "park", item.cause
    return "apply", ""


def after(state: KeyState, item: Arrival, verdict: Verdict) -> KeyState:
    """The key's state once the verdict is carried out."""
    assert item.sequence is not None
    if verdict == "apply":
        return KeyState(item.sequence, blocked=False, known=True)
    if verdict == "park":
        return KeyState(state.last, blocked=True, known=True)
    return state


async def states(
    connection: Connection, consumer: str, topic: str, keys: Collection[str]
) -> dict[str, KeyState]:
    """The states of the keys that are known here, locked until the transaction ends."""
    rows = await connection.fetch(STATES, consumer, topic, list(keys))
    return {row["key"]: KeyState(row["last_sequence"], row["blocked"], known=True) for row in rows}


async def save(
    connection: Connection, consumer: str, topic: str, changed: Mapping[str, KeyState]
) -> None:
    """Write the states of keys that have moved."""
    if not changed:
        return
    values: Iterable[KeyState] = changed.values()
    await connection.execute(
        SAVE,
        consumer,
        topic,
        list(changed),
        [state.last for state in values],
        [state.blocked for state in values],
    )
