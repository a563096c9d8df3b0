"""Operators' commands, the same in all four services: ``events ...`` and ``topics ...``.

Invariant: a command says what it did in one line, and its exit code says whether it did it: 0 done,
1 refused, 2 not understood.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from shared import operations, topics
from shared.clock import LONDON
from shared.republish import republish
from shared.retention import expire
from shared.service import Command, Parts

TOPICS_FILE = Path("deploy/kafka/topics.yaml")


async def events(parts: Parts[Any], words: Sequence[str]) -> int:
    """``events parked | retry | discard | resume | expire | republish``."""
    parsed = _parser(parts.metrics.service).parse_args(words)
    database, consumer = parts.database, parts.metrics.service
    match parsed.verb:
        case "parked":
            rows = await operations.parked(database, consumer, after=parsed.after)
            for row in rows:
                print(_line(row))
            more = f", more after {rows[-1].id}" if len(rows) == operations.PAGE else ""
            print(f"{len(rows)} parked{more}")
        case "retry":
            number = await operations.retry(database, consumer, parsed.id)
            print(f"{number} to be tried again now")
        case "discard":
            await operations.discard(database, consumer, parsed.id, parsed.reason)
            print(f"{parsed.id} discarded")
        case "expire":
            for what, number in (await expire(parts, dry_run=parsed.dry_run)).items():
                print(f"{number} {what} {'past their time' if parsed.dry_run else 'let go'}")
        case "resume":
            reason = await operations.resume(database, consumer)
            print(f"resumed; it was stopped: {reason}" if reason else "it was not stopped")
        case _:
            number = await republish(parts, parsed.since)
            print(f"{number} events queued again")
    return 0


async def apply_topics(parts: Parts[Any], words: Sequence[str]) -> int:
    """``topics apply [FILE]``: create this service's topics, or check them."""
    parser = argparse.ArgumentParser(prog=f"python -m {parts.metrics.service} topics")
    parser.add_argument("verb", choices=["apply"])
    parser.add_argument("file", nargs="?", type=Path, default=TOPICS_FILE)
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
    when = row.parked_at.astimezone(LONDON).isoformat(timespec="seconds")
    return f"{row.id}  {place}  {key}  {row.cause}  tried {row.attempts} times, since {when}"
