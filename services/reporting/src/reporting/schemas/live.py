"""Figures as server-sent events (WHATWG HTML, section 9.2).

Invariant: a stream begins with whole figures, so that nothing depends on what a client saw before
(``Last-Event-ID`` is not needed); it ends when the client goes, when the process stops, when the client
takes nothing any more, or after its time.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response
from starlette.types import Receive, Scope, Send

from reporting.schemas.figures import WardNames, freshness_members, ward_members
from reporting.service import Answer, Freshness, LiveFigures

# A client that has not taken a frame for so long is no longer there, or will not be in time.
SEND_SECONDS = 10

RECONNECT = b"retry: 3000\n\n"

_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


def figures_frame(version: int, walks: Answer, concerns: Answer, names: WardNames) -> bytes:
    """Walks and concerns by ward and light, as one ``figures`` event."""
    body = {
        "version": version,
        **freshness_members(walks.freshness),
        "walks": _by_ward_and_light(walks, names),
        "concerns": _by_ward_and_light(concerns, names),
    }
    return b"id: %d\nevent: figures\ndata: %s\n\n" % (version, _json(body))


def beat_frame(freshness: Freshness) -> bytes:
    """How fresh the figures still are, as one ``progress`` event."""
    return b"event: progress\ndata: %s\n\n" % _json(freshness_members(freshness))


def _by_ward_and_light(answer: Answer, names: WardNames) -> Sequence[Mapping[str, Any]]:
    return [
        {"ward": ward_members(row, names), "light": row.light, "count": row.count}
        for row in answer.rows
    ]


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


class LiveStream(Response):
    """One client's stream of what ``LiveFigures`` publishes."""

    media_type = "text/event-stream"

    def __init__(self, live: LiveFigures, seconds: float) -> None:
        """Raises TooManyStreams when one more cannot be held; ``seconds`` is the stream's time."""
        super().__init__()
        live.admit()
        self._live = live
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send frames until one of the ends named above."""
        del scope
        start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
        gone, ending = asyncio.create_task(_gone(receive)), None
        try:
            with self._live.joined() as bell:
                gone.add_done_callback(lambda _: bell.set())
                ending = asyncio.get_running_loop().call_later(self._seconds, bell.set)
                await send(start)
                await self._send_frames(send, gone, bell)
            await _send(send, b"", more=False)
        except OSError:  # TimeoutError is one: it takes nothing any more, or is gone
            return
        finally:
            gone.cancel()
            if ending is not None:
                ending.cancel()

    async def _send_frames(self, send: Send, gone: asyncio.Task[None], bell: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        seen = 0
        await _send(send, RECONNECT)
        while not (self._live.ended or gone.done()) and loop.time() < until:
            frame = self._live.newer_than(seen)
            if frame is None:
                bell.clear()
                await bell.wait()
            else:
                await _send(send, frame.content)
                seen = frame.number


async def _send(send: Send, content: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": content, "more_body": more})


async def _gone(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
