"""Where the parts of concerns meet.

Invariant: the only module that wires; the boundary set is read here, once a process.
"""

import argparse
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from concerns import api, pages, service, worker
from concerns.settings import Settings
from shared import areas
from shared.service import Parts, Service, Work
from shared.web import create_api, under

ROUTES = under("concerns", api.router, pages.router)


def create_app(parts: Parts[Settings]) -> FastAPI:
    """The HTTP side."""
    app = create_api(parts, "concerns", ROUTES)
    app.state.areas = areas.load(parts.settings.areas_dir, parts.settings.areas_set)
    return app


@asynccontextmanager
async def create_worker(parts: Parts[Settings]) -> AsyncGenerator[Work]:
    """Events and ticks in."""
    yield worker.work(parts)


async def import_file(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``import open311-csv FILE``: reports of other systems, row by row."""
    found = areas.load(parts.settings.areas_dir, parts.settings.areas_set)
    return await worker.import_file(parts, found, words)


async def retention(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``retention [--dry-run]``: forget which walk old concerns were said on, or count them."""
    parser = argparse.ArgumentParser(prog="python -m concerns retention")
    parser.add_argument("--dry-run", action="store_true", help="only count them")
    if parser.parse_args(words).dry_run:
        done = f"{await service.count_what_is_old(parts)} concerns would be parted from their walks"
    else:
        done = f"{await service.forget_what_is_old(parts)} concerns parted from their walks"
    sys.stdout.write(f"{done}\n")
    return 0


SERVICE = Service(
    name="concerns",
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    commands={"import": import_file, "retention": retention},
)
