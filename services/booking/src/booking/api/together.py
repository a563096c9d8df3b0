"""Strangers who ask the same at the same time: one of them is asked for, all are answered.

Invariant: only who says nothing about herself, in a token or a cookie, shares an answer, and only to a
question: such an answer depends on the address and the moment alone.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from booking.service import Desk

WHO_SHE_IS = ("authorization", "cookie")


class AskedTogether(APIRoute):
    """A route that reads, checks and looks once for all who wait for the same."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Around FastAPI's own handler, which works out what is asked, by whom, and the answer."""
        alone = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method != "GET" or any(each in request.headers for each in WHO_SHE_IS):
                return await alone(request)
            desk: Desk = request.app.state.desk
            question = request.url.path, request.url.query
            answer = await desk.together.ask(question, lambda: alone(request))
            return Response(answer.body, answer.status_code, dict(answer.headers))

        return handle
