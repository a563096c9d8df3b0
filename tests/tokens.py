"""An issuer for tests: a real HTTP server with discovery and keys, and tokens signed as asked for.

Its tokens were issued in 2020 and end in 2100, so that they hold at whatever time a test's clock shows.
"""

import json
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ISSUED = 1_577_836_800
ENDS = 4_102_444_800


class TestIssuer:
    """Signs tokens; ``url`` is what a service's ``oidc_issuer`` setting must say."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = ECKey.generate_key("P-256", {"kid": "test-key", "use": "sig"})
        self.keys = [self.key]
        self.asked: list[str] = []
        self.granted: dict[str, Any] = {}
        self.working = True

    def sign(self, claims: dict[str, Any], *, key: ECKey | None = None, **header: Any) -> str:
        """A token with exactly these claims."""
        key = key or self.key
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"} | header, claims, key)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of an officer's token, changed; a None takes the claim away."""
        usual = {
            "iss": self.url,
            "aud": "walkandtalk",
            "sub": "officer-1",
            "name": "Officer One",
            "roles": ["officer"],
            "wards": ["*"],
            "iat": ISSUED,
            "exp": ENDS,
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def staff(
        self, *roles: str, subject: str | None = None, wards: Sequence[str] = ("*",), **more: Any
    ) -> str:
        """A token of staff with these roles; ``subject`` is ``<first role>-1`` unless said."""
        subject = subject or f"{roles[0] if roles else 'nobody'}-1"
        return self.sign(
            self.claims(sub=subject, roles=list(roles), wards=list(wards), name=subject, **more)
        )

    def service(self, caller: str, *, audience: str) -> str:
        """A token of one service for calling another."""
        return self.sign(
            self.claims(sub=caller, azp=caller, aud=audience, roles=None, wards=None, name=None)
        )

    def bearer(self, *roles: str, **more: Any) -> dict[str, str]:
        """The header of a request by staff with these roles."""
        return {"Authorization": f"Bearer {self.staff(*roles, **more)}"}

    def bearer_service(self, caller: str, *, audience: str) -> dict[str, str]:
        """The header of a request by one service to another."""
        return {"Authorization": f"Bearer {self.service(caller, audience=audience)}"}

    def answer(self, path: str) -> dict[str, Any] | None:
        """What the server says at a path; what the token endpoint gives is ``granted``."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/jwks",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
            }
        if path == "/token":
            return self.granted
        if path == "/jwks":
            return {"keys": [key.as_dict(private=False) for key in self.keys]}
        return None


@contextmanager
def running_issuer() -> Generator[TestIssuer]:
    """An issuer on a port of its own."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            found = issuer.answer(self.path) if issuer.working else None
            body = json.dumps(found).encode()
            self.send_response(503 if not issuer.working else 200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    issuer = TestIssuer(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield issuer
    server.shutdown()
    server.server_close()
