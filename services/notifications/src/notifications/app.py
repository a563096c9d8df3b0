"""Where the parts of notifications meet.

Invariant: nothing is made at import; what a process opens, it closes when the block ends.
"""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from fastapi import FastAPI

from notifications import api, pages, worker
from notifications.domain.alerts import Ladder
from notifications.gateway.booking import Booking
from notifications.gateway.letters import Letters
from notifications.gateway.post import Post
from notifications.gateway.texts import Texts
from notifications.schemas import WardNames
from notifications.service.mails import PostRoom
from notifications.settings import Settings
from shared import areas
from shared.auth.tokens import ServiceTokens
from shared.service import Parts, Service, Work
from shared.trust import trusted
from shared.web import create_api, under

NAME = "notifications"
ROUTES = under(NAME, api.router, pages.router)
LOOKUP_SECONDS = 10


def create_app(parts: Parts[Settings]) -> FastAPI:
    """The API and the duty desk's pages."""
    app = create_api(parts, NAME, ROUTES)
    app.state.ladder = _ladder(parts.settings)
    app.state.ward_names = _ward_names(parts.settings)
    return app


@asynccontextmanager
async def create_worker(parts: Parts[Settings]) -> AsyncGenerator[Work]:
    """The worker's events and timers, with its way to booking and to the mail server."""
    async with httpx.AsyncClient(verify=trusted(), timeout=LOOKUP_SECONDS) as http:
        tick = timedelta(seconds=parts.settings.tick_seconds)
        yield worker.work(_post_room(parts, http), _ladder(parts.settings), tick)


def _post_room(parts: Parts[Settings], http: httpx.AsyncClient) -> PostRoom:
    settings = parts.settings
    password, origin = settings.smtp_password, settings.public_origin.rstrip("/")
    token = settings.texts_token
    return PostRoom(
        database=parts.database,
        clock=parts.clock,
        log=parts.log,
        booking=Booking(http, ServiceTokens(http, settings), settings.booking_url),
        letters=Letters(settings.smtp_from, settings.smtp_neutral_from),
        post=Post(
            host=settings.smtp_host,
            port=settings.smtp_port,
            starttls=settings.smtp_starttls,
            user=settings.smtp_user,
            password=password.get_secret_value() if password else None,
        ),
        texts=Texts(http, settings.texts_url, token.get_secret_value() if token else None),
        mailboxes={
            "supervisor": settings.supervisor_mailbox,
            "control_room": settings.control_room_mailbox,
        },
        ward_names=_ward_names(settings),
        coordinators=settings.coordinators_mailbox,
        alerts_url=f"{origin}/{NAME}/alerts",
        requests_url=f"{origin}/booking/requests",
        toss=random.random,
    )


def _ladder(settings: Settings) -> Ladder:
    return Ladder(
        supervisor_after=timedelta(seconds=settings.ladder_supervisor_seconds),
        control_room_after=timedelta(seconds=settings.ladder_control_room_seconds),
    )


def _ward_names(settings: Settings) -> WardNames:
    wards = areas.load(settings.areas_dir, settings.areas_set).wards
    return {ward.code: ward.name for ward in wards}


SERVICE = Service(
    name=NAME,
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    commands={},
)
