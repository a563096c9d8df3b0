"""Who may send: one relay per service, by a lease row that is renewed while it works.

Invariant: at most one token holds an unexpired lease, by the database's clock. A relay that was
paused past its lease may repeat what its successor sent, but never reorders it, because every relay
starts at the head of the outbox. Ordinary rows and statements: works behind pgbouncer.
"""

import os
import socket
from dataclasses import dataclass
from uuid import UUID

from shared.postgres import Connection

LEASE_SECONDS = 10

ACQUIRE = """
update relay_lease
   set token = $1, holder = $3, since = clock_timestamp(),
       expires_at = clock_timestamp() + make_interval(secs => $2),
       wanted_by = null, wanted_until = '-infinity'
 where expires_at < clock_timestamp()
   and (wanted_until < clock_timestamp() or wanted_by = $1)
returning cluster
"""
RENEW = """
update relay_lease set expires_at = clock_timestamp() + make_interval(secs => $2)
 where token = $1 and expires_at > clock_timestamp()
returning cluster, wanted_until > clock_timestamp() as wanted
"""
RELEASE = "update relay_lease set token = null, expires_at = '-infinity' where token = $1"
ASK_FOR = """
update relay_lease
   set wanted_by = $1, wanted_until = clock_timestamp() + make_interval(secs => $2)
 where wanted_until < clock_timestamp() or wanted_by = $1
returning token
"""
SET_CLUSTER = "update relay_lease set cluster = $2 where token = $1"


class LeaseLost(Exception):
    """Another relay leads now: stop sending at once."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease just taken or renewed: the cluster published to so far, and whether somebody asks for
    it.
    """

    cluster: str | None
    wanted: bool = False


async def acquire(connection: Connection, token: UUID) -> Held | None:
    """Take the lease when it is free and nobody else has asked for it; None when not."""
    row = await connection.fetchrow(ACQUIRE, token, LEASE_SECONDS, _this_process())
    return Held(row["cluster"]) if row else None


def _this_process() -> str:
    """Host and process, for whoever looks for the one that leads."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def renew(connection: Connection, token: UUID) -> Held:
    """Prolong our lease. Raises LeaseLost."""
    row = await connection.fetchrow(RENEW, token, LEASE_SECONDS)
    if row is None:
        raise LeaseLost
    return Held(row["cluster"], row["wanted"])


async def release(connection: Connection, token: UUID) -> None:
    """Let the next one lead at once."""
    await connection.execute(RELEASE, token)


async def ask_for(connection: Connection, token: UUID, seconds: float) -> bool:
    """Ask the leader to hand over to ``token``; False while another's request stands."""
    return await connection.fetchrow(ASK_FOR, token, seconds) is not None


async def set_cluster(connection: Connection, token: UUID, cluster: str) -> None:
    """Note which cluster this service's events are on."""
    await connection.execute(SET_CLUSTER, token, cluster)
