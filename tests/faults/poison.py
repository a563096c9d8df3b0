"""A handler that refuses a few walks, put in from outside: a trigger on the table that it writes.

Invariant: which walks is told by their ids alone, so a walk that is refused is refused until the trigger is
gone, in a batch and by itself; then the drainer gets all of it in.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from tests.faults.ground import Ground

TABLES = {"notifications": "message", "concerns": "capture_window"}
# So few that a minute of them stays well below the number of newly parked keys that stops a consumer.
ONE_IN = 24
PUT_IN = (
    f"""
    create or replace function refuse_some() returns trigger language plpgsql as $$
    begin
        if hashtext(new.walk_id::text) % {ONE_IN} = 0 then
            raise exception 'refused by the tests';
        end if;
        return new;
    end $$
    """,
    "create trigger refuse_some before insert on {table} for each row execute function refuse_some()",
)
TAKE_OUT = "drop trigger if exists refuse_some on {table}"
PARKED = "select count(*) as number from parked where key is not null"


@asynccontextmanager
async def refusing_some(ground: Ground, service: str) -> AsyncGenerator[None]:
    """While the block lasts, the effects of some walks are refused."""
    await _run(ground, service, *PUT_IN)
    try:
        yield
    finally:
        await _run(ground, service, TAKE_OUT)


async def some_parked(ground: Ground, service: str) -> bool:
    """Whether anything is parked."""
    (row,) = await ground.rows(service, PARKED)
    return bool(row["number"])


async def _run(ground: Ground, service: str, *statements: str) -> None:
    connection = await asyncpg.connect(ground.databases[service])
    try:
        for statement in statements:
            await connection.execute(statement.format(table=TABLES[service]))
    finally:
        await connection.close()
