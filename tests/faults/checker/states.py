"""I1 at its root: what a service's own rows say has happened, its event log says too, once each.

Invariant: judged within one database, at one moment; whether the topic has it is judged elsewhere.
"""

from collections.abc import Mapping
from typing import Any

from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection

# Each: rows of (id, what happened, how often it is logged) wherever that is not once.
STATES: Mapping[str, str] = {
    "booking": """
        with happened as (
            select id::text, 'walk.confirmed.v1' as type from walk
            union all select id::text, 'walk.started.v1' from walk where started_at is not null
            union all select id::text, 'walk.ended.v1' from walk where ended_at is not null
            union all select id::text, 'walk.cancelled.v1' from walk where cancelled_at is not null
            union all select walk_id::text, 'walk.overdue.v1' from overdue_report
        )
    """,
    "concerns": """
        with happened as (select id::text, 'concern.captured.v1' as type from concern)
    """,
    "notifications": """
        with happened as (
            select id::text, 'alert.raised.v1' as type from alert
            union all select id::text, 'alert.escalated.v1' from alert where escalated_at is not null
            union all
            select id::text, 'alert.acknowledged.v1' from alert where acknowledged_at is not null
        )
    """,
}
COMPARE = """
, counted as (select id, type, count(*) as number from happened group by id, type),
logged as (
    select key as id, type, count(*) as number from event_log
     where topic like 'internal.%' and type <> 'walk.overdue_cleared.v1' group by key, type
)
select id, type, coalesce(counted.number, 0) as rows, coalesce(logged.number, 0) as events
  from counted full join logged using (id, type)
 where counted.number is distinct from logged.number
 order by id, type
"""


async def judge(connection: "Connection[Any]", service: str, gathered: Gathered) -> None:
    """Compare a service's rows with its own event log."""
    if service not in STATES:
        return
    for row in await connection.fetch(STATES[service] + COMPARE):
        what = (
            f"{row['type']} of {row['id']}: {row['rows']} in its rows, {row['events']} in its log"
        )
        gathered.add("I1", service, what)
