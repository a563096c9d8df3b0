"""Where the parts of reporting meet.

Invariant: nothing else in this package makes a pool, reads a file or builds the app.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger

from reporting import api, domain, pages, schemas, service, store, worker
from reporting.service.live import Pace, Source
from reporting.settings import Settings
from shared import areas
from shared.service import Parts, Service, Work
from shared.web import create_api, under

BY_WARD_AND_LIGHT = (
    domain.Question("walks", ("ward", "light")),
    domain.Question("concerns", ("ward", "light")),
)

ROUTES = under("reporting", api.router, pages.router)


def create_app(parts: Parts[Settings]) -> FastAPI:
    """The api: figures, live stream and dashboard."""
    settings = parts.settings
    app = create_api(parts, "reporting", ROUTES)
    boundaries = areas.load(settings.areas_dir, settings.areas_set)
    names = ward_names(settings.areas_dir, parts.log)
    app.state.boundaries = boundaries
    app.state.outlines = schemas.outlines_of(boundaries.geojson_bytes)
    app.state.ward_names = names
    app.state.live = live_figures(parts, names)
    app.state.on_stop.append(app.state.live.end)
    return app


@asynccontextmanager
async def create_worker(parts: Parts[Settings]) -> AsyncGenerator[Work]:
    """The worker: counts what the other services say."""
    del parts
    yield worker.work()


def ward_names(areas_dir: Path, log: FilteringBoundLogger) -> schemas.WardNames:
    """The names in every boundary set at hand: figures may hold wards of sets no longer in force."""
    names: dict[tuple[str, str], str] = {}
    for file in sorted(areas_dir.glob("*.geojson")):
        try:
            boundaries = areas.load(areas_dir, file.stem)
        except areas.AreasRefused:
            log.warning("areas.passed_over", file=file.name)
            continue
        names |= {(boundaries.name, ward.code): ward.name for ward in boundaries.wards}
    return names


def live_figures(parts: Parts[Settings], names: schemas.WardNames) -> service.LiveFigures:
    """What the live streams of this process share."""
    database = parts.database

    async def version() -> int:
        async with database.reading() as connection:
            return await store.version(connection)

    async def figures(number: int) -> bytes:
        walks, concerns = await service.answer(database, *BY_WARD_AND_LIGHT, now=parts.clock())
        return schemas.figures_frame(number, walks, concerns, names)

    async def beat() -> bytes:
        async with database.reading() as connection:
            return schemas.beat_frame(await service.read_freshness(connection, parts.clock()))

    settings = parts.settings
    pace = Pace(
        settings.live_poll_seconds,
        settings.live_beat_seconds,
        settings.live_streams,
        settings.stall_seconds,
    )
    return service.LiveFigures(Source(version, figures, beat), pace, parts.log, parts.progress)


async def rebuild(parts: Parts[Any], words: Sequence[str]) -> int:
    """``rebuild [--check]``: count the figures anew from the facts and put right what differs.

    Prints what it found. Exit code 0 when the figures are right now, 1 when ``--check`` (which changes
    nothing) finds them wrong, 2 on words it does not know.
    """
    if list(words) not in ([], ["--check"]):
        print("usage: python -m reporting rebuild [--check]")  # noqa: T201 - a command's answer
        return 2
    found = await (service.compare if words else service.rebuild)(parts.database)
    print(found.words)  # noqa: T201
    return 0 if found.equal or found.mended else 1


SERVICE = Service(
    name="reporting",
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    commands={"rebuild": rebuild},
)
