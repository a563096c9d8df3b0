"""Counting events, and answering questions about what was counted.

Invariant: an answer holds at least everything that happened up to its ``as_of``, because how far the
consumer has come is read before the figures are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reporting import domain, store
from shared.events import Received
from shared.postgres import Connection, Database
from shared.service import Handler

CONSUMER = "reporting"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Up to when figures tell everything, and how long ago that is; None when that is not known.

    ``parked`` events could not be counted and wait for an operator.
    """

    as_of: datetime | None
    lag_seconds: float | None
    parked: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows that answer a question, in the order asked, and how fresh they are."""

    question: domain.Question
    rows: Sequence[domain.Row]
    freshness: Freshness


def counting(facts_of: Callable[[Received], Sequence[domain.Fact]]) -> Handler:
    """A handler that keeps and counts the facts of events, in the consumer's transaction."""

    async def count(connection: Connection, events: Sequence[Received]) -> None:
        facts = [fact for event in events for fact in facts_of(event)]
        await store.take_turn(connection)
        await store.add_facts(connection, facts)

    return count


async def answer(database: Database, *questions: domain.Question, now: datetime) -> list[Answer]:
    """Answer questions in turn, all as fresh as the first."""
    async with database.reading() as connection:
        freshness = await read_freshness(connection, now)
        return [
            Answer(question, await _rows(connection, question), freshness) for question in questions
        ]


async def read_freshness(connection: Connection, now: datetime) -> Freshness:
    """How far the figures reach at the moment ``now``; a silent worker's lag grows by itself."""
    progress = await store.progress(connection, CONSUMER)
    if progress.as_of is None:
        return Freshness(None, None, progress.parked)
    lag = max(0.0, (now - progress.as_of).total_seconds())
    return Freshness(progress.as_of, round(lag, 1), progress.parked)


async def _rows(connection: Connection, question: domain.Question) -> list[domain.Row]:
    rows = await store.count(connection, question)
    if not rows and not question.by:
        return [domain.Row(0)]
    return domain.in_order(rows, question.by)
