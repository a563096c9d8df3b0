"""Where the parts of booking meet.

Invariant: nothing else builds a Desk, opens a client or reads a file.
"""

import argparse
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import tzdata
import yaml
from fastapi import FastAPI
from pydantic import ValidationError

from booking import api, domain, pages, service, store, worker
from booking.gateway import Notifications
from booking.schemas import Seed, read_roster, read_seed
from booking.service import Burst, Desk, Together
from booking.settings import Settings
from shared import areas, operations
from shared.auth import Principal
from shared.auth.tokens import ServiceTokens
from shared.errors import Invalid
from shared.idempotency import once
from shared.service import Parts, Service, Work
from shared.trust import trusted
from shared.web import create_api, under

NAME = "booking"
ROUTES = under(NAME, api.router, pages.router)
# Who runs a command has the database's password, and may do what any coordinator may.
OPERATOR = Principal("operator", "operator", frozenset({"coordinator"}), frozenset({"*"}))


def create_app(parts: Parts[Settings]) -> FastAPI:
    """The API and the pages."""
    app = create_api(parts, NAME, ROUTES)
    app.state.desk = open_desk(parts)
    return app


@asynccontextmanager
async def create_worker(parts: Parts[Settings]) -> AsyncGenerator[Work]:
    """What the worker listens to and does by itself."""
    settings = parts.settings
    async with httpx.AsyncClient(verify=trusted(), trust_env=False) as http:
        notifications = Notifications(
            http, ServiceTokens(http, settings), settings.notifications_url, parts.log
        )
        every = timedelta(seconds=settings.overdue_check_seconds)
        timers = worker.timers(open_desk(parts), notifications, every=every)
        yield Work(listens=worker.listens(), timers=timers)


def open_desk(parts: Parts[Settings]) -> Desk:
    """The desk of one process."""
    settings = parts.settings
    return Desk(
        database=parts.database,
        clock=parts.clock,
        log=parts.log,
        areas=areas.load(settings.areas_dir, settings.areas_set),
        tz_version=tzdata.IANA_VERSION,
        public_origin=settings.public_origin,
        links=domain.Links.from_setting(settings.link_keys),
        contact_key=settings.contact_key.encode(),
        sealing=store.sealing.Sealing.from_setting(settings.people_keys),
        erasures=store.erasures.ErasureList(settings.erasure_list),
        limits=domain.Limits(
            open_walks=settings.open_walks_per_contact,
            tries_per_hour=settings.tries_per_hour,
            phone=settings.force_phone,
        ),
        burst=Burst(settings.tries_per_minute),
        holds=Burst(settings.tries_per_minute),
        returns=Burst(settings.tries_per_minute),
        together=Together(),
        wait=timedelta(hours=settings.shared_release_wait_hours),
        slots_shown=settings.slots_shown,
        mobiles=settings.mobiles,
    )


async def seed(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``seed FILE``: make the team and its officers what a YAML file says."""
    parser = argparse.ArgumentParser(prog="python -m booking seed")
    parser.add_argument("file", type=Path)
    file: Path = parser.parse_args(words).file
    try:
        wanted = _read_seed_file(file)
    except OSError as error:
        return _say(f"{file} cannot be read: {error.strerror}", code=1)
    except (yaml.YAMLError, ValidationError) as error:
        return _say(f"{file} is no seed file:\n{error}", code=1)
    officers = [each.officer() for each in wanted.officers]
    team = wanted.team
    await service.seed(open_desk(parts), team.name, team.policy(), officers, team.covers())
    return _say(f"team {team.name}: {len(officers)} officers")


async def roster(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``roster import FILE [--dry-run]``: make officers' shifts what a CSV file says."""
    parser = argparse.ArgumentParser(prog="python -m booking roster")
    parser.add_argument("verb", choices=["import"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    said = parser.parse_args(words)
    try:
        lines = read_roster(said.file.read_text("utf-8-sig"))
        report = await service.import_roster(
            open_desk(parts), lines, OPERATOR, once("roster", None, b""), dry_run=said.dry_run
        )
    except (OSError, UnicodeDecodeError):
        return _say(f"{said.file} cannot be read as text", code=1)
    except Invalid as refusal:
        wrong = [f"{each.pointer.removeprefix('#/csv/')}: {each.detail}" for each in refusal.faults]
        return _say("\n".join([refusal.detail, *wrong]), code=1)
    return _say("\n".join(service.roster_answers.in_words(report)))


async def retention(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``retention [--dry-run]``: erase participants whose time is over, or say how many there are."""
    parser = argparse.ArgumentParser(prog="python -m booking retention")
    parser.add_argument("--dry-run", action="store_true", help="only count them")
    desk = open_desk(parts)
    if parser.parse_args(words).dry_run:
        return _say(f"{await service.count_what_is_old(desk)} participants would be erased")
    return _say(f"{await service.forget_what_is_old(desk)} participants erased")


async def erase(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``erase REFERENCE --reason TEXT``: forget whoever a walk is with, now and after any restore."""
    parser = argparse.ArgumentParser(prog="python -m booking erase")
    parser.add_argument("reference")
    parser.add_argument("--reason", required=True, help="for the audit; no personal data")
    said = parser.parse_args(words)
    by = operations.at_the_keyboard()
    try:
        erased = await service.erase(open_desk(parts), said.reference, by=by, reason=said.reason)
    except OSError as error:
        file = parts.settings.erasure_list
        return _say(f"nothing was erased: {file} cannot be written: {error.strerror}", code=1)
    return _say(f"{erased} participants erased")


async def revoke_link(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``revoke-link REFERENCE``: the manage links given out so far for a walk work no longer."""
    parser = argparse.ArgumentParser(prog="python -m booking revoke-link")
    parser.add_argument("reference")
    if await service.revoke_link(open_desk(parts), parser.parse_args(words).reference):
        return _say("revoked")
    return _say("there is no walk of that reference", code=1)


def _read_seed_file(file: Path) -> Seed:
    return read_seed(yaml.safe_load(file.read_bytes()))


def _say(line: str, *, code: int = 0) -> int:
    (sys.stderr if code else sys.stdout).write(f"{line}\n")
    return code


SERVICE = Service(
    name=NAME,
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    commands={
        "seed": seed,
        "roster": roster,
        "retention": retention,
        "erase": erase,
        "revoke-link": revoke_link,
    },
)
