"""A POST that is repeated has one effect: ``Idempotency-Key`` (IETF draft-08).

Invariant: the kept answer commits together with the effect, or neither does. A second caller with
the same key, while the first is still running, is refused by an advisory lock that the database
drops when the first ends, however it ends; so a crash leaves nothing stuck.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from shared.errors import Conflict, Invalid
from shared.postgres import Connection

# The lock first, then the look, so that it finds what the lock's last holder has kept.
BEGIN = "select ours, body_digest, answer from idempotency_begin($1, $2)"
KEEP = "insert into idempotency (scope, key, body_digest, answer) values ($1, $2, $3, $4)"


class StillRunning(Conflict):
    """The first request with this Idempotency-Key has not finished: ask again shortly."""

    slug = "still-running"


class KeyReused(Invalid):
    """This Idempotency-Key came before with another body: use a fresh key for a new request."""

    slug = "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class Once:
    """One request as its caller names it: route and caller, the key sent, a digest of the body.

    ``key`` None (a route where the key is optional and none came) keeps and finds nothing.
    """

    scope: str
    key: str | None
    body_digest: bytes


def once(scope: str, key: str | None, body: bytes) -> Once:
    """Name a request for ``replay`` and ``keep``."""
    return Once(scope, key, hashlib.sha256(body).digest())


async def replay(connection: Connection, request: Once) -> dict[str, Any] | None:
    """The answer kept for this request, or None when it must be done now.

    Raises StillRunning while another transaction does it, KeyReused when the body differs.
    """
    if request.key is None:
        return None
    kept = await connection.fetchrow(BEGIN, request.scope, request.key)
    assert kept is not None  # a function's answer
    if not kept["ours"]:
        raise StillRunning
    if kept["answer"] is None:
        return None
    if kept["body_digest"] != request.body_digest:
        raise KeyReused
    return json.loads(kept["answer"])


async def keep(connection: Connection, request: Once, answer: dict[str, Any]) -> dict[str, Any]:
    """Keep a JSON answer for 24 hours, in the transaction of its effect; hands it back."""
    if request.key is not None:
        kept = json.dumps(answer).encode()
        await connection.execute(KEEP, request.scope, request.key, request.body_digest, kept)
    return answer
