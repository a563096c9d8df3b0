"""One origin for everything: an ASGI application that hands each request to the one that owns its path.

Invariant: paths go through unchanged; a request for another host than this machine is refused, so that a
page elsewhere cannot read the mail or a token by pointing its own name at 127.0.0.1.
"""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
HERE = frozenset({HOST, "localhost"})
FRONT_PAGE = "/booking/"
READING = frozenset({"GET", "HEAD"})


class Origin:
    """Applications by the first segment of the path."""

    def __init__(self, address: str, owners: Mapping[str, ASGIApp]) -> None:
        self._address = address
        self._owners = owners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # there are no web sockets, and no lifespan of its own
            return
        answer = self._elsewhere(scope) or self._owner(scope)
        await answer(scope, receive, send)

    def _elsewhere(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request that names another host, if it does."""
        host = Headers(scope=scope).get("host", HOST).partition(":")[0]
        if host not in HERE:
            return PlainTextResponse(f"This is {self._address}\n", 421)
        if host != HOST and scope["method"] in READING:
            query = scope["query_string"].decode("latin-1")
            path = scope["raw_path"].decode("latin-1").partition("?")[0]
            return RedirectResponse(self._address + path + (f"?{query}" if query else ""), 307)
        return None

    def _owner(self, scope: Scope) -> ASGIApp:
        segment = scope["path"].split("/")[1] if "/" in scope["path"] else ""
        if not segment:
            return RedirectResponse(FRONT_PAGE, 307)
        return self._owners.get(segment) or PlainTextResponse("There is nothing here.\n", 404)
