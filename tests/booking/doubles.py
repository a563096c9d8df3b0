"""The outside world of booking: notifications, with an issuer beside it, on a port of its own."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-for-notifications"


class NotificationsDouble:
    """Keeps the reports that it answered; ``status`` is what it answers instead of 202."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 202
        self.token = TOKEN
        self.reports: list[dict[str, Any]] = []

    def answer(self, path: str, bearer: str | None, body: bytes) -> tuple[int, Any]:
        """What is said at a path."""
        if path == "/.well-known/openid-configuration":
            return 200, {"token_endpoint": f"{self.url}/token"}
        if path == "/token":
            asked_for = b"audience=notifications" in body
            return 200, {"access_token": self.token if asked_for else "", "expires_in": 300}
        if bearer != f"Bearer {self.token}":
            return 401, {}
        if self.status == 202:
            self.reports.append(json.loads(body))
        return self.status, {}


@contextmanager
def running_notifications() -> Generator[NotificationsDouble]:
    """A double on a port of its own."""
    double = NotificationsDouble()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = double.answer(self.path, self.headers.get("Authorization"), body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    double.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield double
    server.shutdown()
    server.server_close()
