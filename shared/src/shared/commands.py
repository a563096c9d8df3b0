"""Operators' commands, the same in all four services: ``events ...``, ``topics ...``, ``doctor``.

Invariant: a command says what it did in one line, and its exit code says whether it did it: 0 done,
1 refused (``doctor``: something is wrong; ``where``: found nowhere), 2 not understood.
"""

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from shared import doctor, operations, topics, where
from shared.clock import LONDON, now
from shared.log import adopt_libraries, make_logger
from shared.postgres import Connection, Database, open_database
from shared.republish import republish
from shared.service import Command, Parts, Service
from shared.settings import ServiceSettings


async def events(parts: Parts[Any], words: Sequence[str]) -> int:
    """``events parked | where | retry | discard | resume | expire | republish``."""
    parsed = _parser(parts.metrics.service).parse_args(words)
    match parsed.verb:
        case "where":
            return _tell(await where.find(parts, parsed.id))
        case "republish":
            await _note_republish(parts, parsed.since)
            print(f"{await republish(parts, parsed.since)} events queued again")
        case _:
            async with parts.database.transaction() as connection:
                lines = await _operate(connection, parts, parsed)
            print("\n".join(lines))
    return 0


async def _operate(
    connection: Connection, parts: Parts[Any], parsed: argparse.Namespace
) -> Sequence[str]:
    """What is done in one transaction, and what there is to say of it."""
    consumer, by = parts.metrics.service, operations.at_the_keyboard()
    match parsed.verb:
        case "parked":
            rows = await operations.parked(connection, consumer, after=parsed.after)
            more = f", more after {rows[-1].id}" if len(rows) == operations.PAGE else ""
            return [*map(_line, rows), f"{len(rows)} parked{more}"]
        case "retry":
            number = await operations.retry(connection, consumer, parsed.id, by=by)
            return [f"{number} to be tried again now"]
        case "discard":
            await operations.discard(connection, consumer, parsed.id, by=by, reason=parsed.reason)
            return [f"{parsed.id} discarded"]
        case "expire":
            found = await operations.expire(
                connection, parts.clock(), dry_run=parsed.dry_run, by=by
            )
            done = "past their time" if parsed.dry_run else "let go"
            return [f"{number} {what} {done}" for what, number in found.items()]
        case _:
            reason = await operations.resume(connection, consumer, by=by)
            return [f"resumed; it was stopped: {reason}" if reason else "it was not stopped"]


async def _note_republish(parts: Parts[Any], since: datetime) -> None:
    async with parts.database.transaction() as connection:
        await operations.audit(
            connection, operations.at_the_keyboard(), "events.republish", since.isoformat(), None
        )


async def diagnose(service: Service[Any], settings: ServiceSettings) -> int:
    """``doctor``: what is wrong and what to do; it opens what it can by itself."""
    adopt_libraries(make_logger(service.name, settings.log_level))
    async with AsyncExitStack() as held:
        database: Database | None = None
        opened = open_database(settings.database_url, size=2, pgbouncer=settings.database_pgbouncer)
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
            database = await held.enter_async_context(opened)
        findings = await doctor.examine(service.name, settings, database, now())
    for each in findings:
        todo = f". To do: {each.todo}" if each.todo else ""
        print(f"{'OK' if each.well else 'WRONG':5}  {each.about}: {each.what}{todo}")
    return 0 if all(each.well for each in findings) else 1


async def apply_topics(parts: Parts[Any], words: Sequence[str]) -> int:
    """``topics apply [FILE]``: create this service's topics, or check them."""
    parser = argparse.ArgumentParser(prog=f"python -m {parts.metrics.service} topics")
    parser.add_argument("verb", choices=["apply"])
    parser.add_argument("file", nargs="?", type=Path, default=topics.MANIFEST)
    parsed = parser.parse_args(words)
    try:
        changes = await topics.apply(parts.settings, parsed.file, parts.metrics.service)
    except topics.TopicsRefused as refused:
        print(refused)
        return 1
    print("\n".join(changes or ["nothing to change"]))
    return 0


SHARED: Mapping[str, Command] = {"events": events, "topics": apply_topics}


def _parser(service: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service} events")
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("parked", help="events that wait, oldest first")
    listing.add_argument("--after", type=int, default=0, help="only those after this number")
    verbs.add_parser("where", help="where an event, or all of a key, is now").add_argument(
        "id", type=UUID, help="an event's id, or its key"
    )
    verbs.add_parser("retry", help="try one, or all, again now").add_argument(
        "id", type=int, nargs="?"
    )
    discard = verbs.add_parser("discard", help="give one up for good")
    discard.add_argument("id", type=int)
    discard.add_argument("--reason", required=True)
    verbs.add_parser("resume", help="end a declared stop")
    expiry = verbs.add_parser("expire", help="let go of what is past its time")
    expiry.add_argument("--dry-run", action="store_true", help="only say what would go")
    again = verbs.add_parser("republish", help="say again what was said since a time")
    again.add_argument("--since", required=True, type=_moment, help="2026-11-23T18:00, or a date")
    return parser


def _moment(text: str) -> datetime:
    """A moment; without an offset it is London's wall time."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def _line(row: operations.ParkedRow) -> str:
    place = f"{row.topic}/{row.partition}@{row.offset}"
    key = f"{row.key} #{row.sequence}" if row.key else "no key"
    when = _london(row.parked_at)
    return f"{row.id}  {place}  {key}  {row.cause}  tried {row.attempts} times, since {when}"


def _tell(places: where.Places) -> int:
    """Say where it is, a line each; whether it was found at all."""
    for each in places.said:
        due = f"waits in the outbox until {_london(each.due)}" if each.due else "sent"
        print(
            f"said   {each.topic}  {each.key} #{each.sequence}  {each.type}  {each.event_id}  {due}"
        )
    for each in places.on_kafka:
        place = f"{each.topic}/{each.partition}@{each.offset}"
        became = each.became or "not listened to here"
        print(f"kafka  {place}  {each.key or 'no key'} #{each.sequence or '?'}  {became}")
    for each in places.kept:
        print(f"kept   {each.topic}  {each.key or 'no key'} #{each.sequence or '?'}  {each.became}")
    found = len(places.said) + len(places.on_kafka) + len(places.kept)
    if places.kafka_fault:
        print(f"Kafka could not be asked ({places.kafka_fault})")
    if places.unread:
        print(f"{places.unread} older records were not looked at")
    print(f"{found} places" if found else "found nowhere here: ask the other services")
    return 0 if found else 1


def _london(moment: datetime) -> str:
    return moment.astimezone(LONDON).isoformat(timespec="seconds")
