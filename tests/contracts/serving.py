"""Booking on a port of its own, for tools that know it by its description alone.

Its officers, slots, walks and wishes have the ids that the description gives as examples, so that who
follows the examples meets something.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn

from booking.app import create_app
from shared.postgres import open_database
from tests.booking.desk import seed
from tests.factories import START, Clock, KeptParts, parts_for
from tests.tokens import TestIssuer

UNBOUNDED = 10_000_000
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass
class Served:
    """Where booking is, and what it has answered."""

    url: str
    parts: KeptParts
    clock: Clock

    @property
    def document(self) -> str:
        """Where it describes itself."""
        return f"{self.url}/booking/v1/openapi.json"

    def answers(self) -> Counter[tuple[str, str, int]]:
        """How often each route has answered what, by method."""
        found: Counter[tuple[str, str, int]] = Counter()
        for metric in self.parts.metrics.http_answers.collect():
            for sample in metric.samples:
                if sample.name.endswith("_total"):
                    said = sample.labels
                    key = (said["route"], said["method"], int(said["status"]))
                    found[key] += int(sample.value)
        return found


@contextmanager
def serving(database_url: str, issuer: TestIssuer, **settings: Any) -> Generator[Served]:
    """Booking in a thread, with a loop and connections of its own; its clock stands at half past five."""
    ready, told, stop = threading.Event(), list[Served](), list[uvicorn.Server]()

    async def run() -> None:
        async with open_database(database_url) as database:
            clock = Clock(START - HALF_AN_HOUR)
            limits = dict.fromkeys(
                ("open_walks_per_contact", "tries_per_hour", "tries_per_minute"), UNBOUNDED
            )
            parts = parts_for(
                "booking", database, clock=clock, oidc_issuer=issuer.url, **(limits | settings)
            )
            app = create_app(parts)
            await seed(app.state.desk, officers=3)
            server = uvicorn.Server(
                uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
            )
            stop.append(server)
            serving = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            told.append(Served(f"http://127.0.0.1:{port}", parts, clock))
            ready.set()
            await serving

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(30), "booking did not come up"
    yield told[0]
    stop[0].should_exit = True
    thread.join(30)
