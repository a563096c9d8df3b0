"""Say again what this service has said since a moment: how a lost or wiped Kafka is filled again.

Invariant: for each key with a row since then, *all* that ``event_log`` holds of it is queued, in
sequence order and with each row's own release time; only a key's oldest is marked, so that a reader
may begin with it. Nothing is sent by anyone meanwhile, and no append can slip between what is read
and what is queued.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import kafka
from shared.clock import new_id
from shared.errors import Conflict
from shared.postgres import Connection
from shared.relay import lease
from shared.relay.lease import LEASE_SECONDS
from shared.service import Parts

PATIENCE_SECONDS = LEASE_SECONDS + kafka.DEADLINE_SECONDS + 5

# Conflicts with every append's row lock: waits for those still open, and holds new ones back.
LOCK_OUTBOX = "lock table outbox in share row exclusive mode"
EMPTY = """
delete from outbox o
 where exists (select from event_log e
                where e.topic = o.topic and e.key = o.key and e.logged_at >= $1)
"""
QUEUE = """
insert into outbox (topic, key, sequence, publish_after, logged_at, republished)
select topic, key, sequence, publish_after, logged_at,
       row_number() over (partition by topic, key order by sequence) = 1
  from event_log e
 where exists (select from event_log since
                where since.topic = e.topic and since.key = e.key and since.logged_at >= $1)
 order by publish_after, key, sequence
"""


class Busy(Conflict):
    """Another republish is under way, or the leading relay did not hand over: try again in a
    minute.
    """

    slug = "republish-busy"


async def republish(parts: Parts[Any], since: datetime) -> int:
    """Queue again every key that has said something since then; answers how many events.

    The cluster that answers now becomes the one published to. Raises Busy.
    """
    cluster = await kafka.cluster_id(parts.settings)
    token = new_id()
    await _take_lease(parts, token)
    async with parts.database.transaction() as connection:
        await lease.renew(connection, token)
        number = await _queue(connection, since)
        await lease.set_cluster(connection, token, cluster)
        await lease.release(connection, token)
    parts.log.info("outbox.republished", events=number)
    return number


async def _take_lease(parts: Parts[Any], token: UUID) -> None:
    """Ask the leader to hand over; without an answer its lease runs out."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with parts.database.transaction() as connection:
                    asked = await lease.ask_for(connection, token, PATIENCE_SECONDS)
                    if asked and await lease.acquire(connection, token):
                        return
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise Busy from None


async def _queue(connection: Connection, since: datetime) -> int:
    await connection.execute(LOCK_OUTBOX)
    await connection.execute(EMPTY, since)
    done = await connection.execute(QUEUE, since)
    return int(done.rsplit(" ", 1)[1])
