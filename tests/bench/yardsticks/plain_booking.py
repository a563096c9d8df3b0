"""The same booking as its users would write it plainly: FastAPI, pydantic, asyncpg, one transaction.

No outbox, no idempotency, no limits, no exclusion constraint: lock the slot, insert walk and participant,
commit. Run as ``python -m tests.bench.yardsticks.plain_booking DATABASE_URL PORT``.
"""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, EmailStr

TABLES = """
create table officer (id uuid primary key, display_name text not null, phone text not null);
create table slot (
    id uuid primary key,
    officer_id uuid not null references officer,
    state text not null default 'open',
    ward text not null,
    near text not null,
    meeting_name text not null,
    lon double precision not null,
    lat double precision not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null
);
create table walk (
    id uuid primary key,
    reference text not null unique,
    slot_id uuid not null unique references slot,
    officer_id uuid not null references officer,
    state text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    confirmed_at timestamptz not null default now()
);
create index walk_by_start on walk (starts_at, id);
create table participant (
    id uuid primary key,
    walk_id uuid not null references walk,
    name text not null,
    email text not null,
    note text,
    created_at timestamptz not null default now()
);
create index participant_of_walk on participant (walk_id);
"""


class BookWalk(BaseModel):
    slot_id: UUID
    name: str
    email: EmailStr
    adult: bool
    note: str | None = None


class BookedWalk(BaseModel):
    id: UUID
    reference: str
    state: str
    starts_at: datetime
    ends_at: datetime
    meeting_point: str
    coordinates: list[float]
    officer: str
    officer_phone: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with asyncpg.create_pool(sys.argv[1], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    return {"alive": True}


@app.post("/walks", status_code=201)
async def book_walk(wanted: BookWalk) -> BookedWalk:
    walk_id = uuid4()
    reference = walk_id.hex[:8].upper()
    pool: asyncpg.Pool[Any] = app.state.pool
    async with pool.acquire() as connection, connection.transaction():
        slot = await connection.fetchrow(
            "select slot.*, display_name, phone from slot join officer on officer.id = officer_id"
            " where slot.id = $1 for update of slot",
            wanted.slot_id,
        )
        if slot is None:
            raise HTTPException(404)
        try:
            await connection.execute(
                "insert into walk (id, reference, slot_id, officer_id, state, starts_at, ends_at)"
                " values ($1, $2, $3, $4, 'confirmed', $5, $6)",
                walk_id,
                reference,
                wanted.slot_id,
                slot["officer_id"],
                slot["starts_at"],
                slot["ends_at"],
            )
        except asyncpg.UniqueViolationError:
            raise HTTPException(409) from None
        await connection.execute(
            "insert into participant (id, walk_id, name, email, note) values ($1, $2, $3, $4, $5)",
            uuid4(),
            walk_id,
            wanted.name,
            wanted.email,
            wanted.note,
        )
    return BookedWalk(
        id=walk_id,
        reference=reference,
        state="confirmed",
        starts_at=slot["starts_at"],
        ends_at=slot["ends_at"],
        meeting_point=slot["meeting_name"],
        coordinates=[slot["lon"], slot["lat"]],
        officer=slot["display_name"],
        officer_phone=slot["phone"],
    )


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
