"""Where the parts of concerns meet.

Invariant: the only module that wires; the boundary set is read here, once a process.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from concerns import api, pages, worker
from concerns.settings import Settings
from shared import areas
from shared.service import Parts, Service, Work
from shared.web import create_api


def create_app(parts: Parts[Settings]) -> FastAPI:
    """The HTTP side."""
    app = create_api(parts, "concerns", [api.router, pages.router])
    app.state.areas = areas.load(parts.settings.areas_dir, parts.settings.areas_set)
    return app


@asynccontextmanager
async def create_worker(_: Parts[Settings]) -> AsyncGenerator[Work]:
    """Events in."""
    yield worker.WORK


async def import_file(parts: Parts[Settings], words: Sequence[str]) -> int:
    """``import open311-csv FILE``: reports of other systems, row by row."""
    found = areas.load(parts.settings.areas_dir, parts.settings.areas_set)
    return await worker.import_file(parts, found, words)


SERVICE = Service(
    name="concerns",
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    commands={"import": import_file},
)
