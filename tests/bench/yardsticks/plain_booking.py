"""The same booking as its users would write it plainly: FastAPI, pydantic, asyncpg, one transaction.

The tables are booking's own, so that the same rows are written to the same indexes. No outbox, no
idempotency, no limits, no assignment: lock the slot, insert walk and participant, commit. Run as ``python -m tests.bench.yardsticks.plain_booking DATABASE_URL PORT``.
"""

import hashlib
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

BOOK = """
insert into walk (id, shared_id, reference, slot_id, officer_id, state, ward_code, ward_name, ward_set,
                  near, meeting_name, meeting_lon, meeting_lat, starts_at, ends_at, local_date,
                  local_from, local_to, tz_version, after_dark, start_due_at, end_due_at, confirmed_at)
values ($1, $2, $3, $4, $5, 'confirmed', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
        $19, $13::timestamptz + interval '15 minutes', $14::timestamptz + interval '15 minutes', now())
"""
JOIN = """
insert into participant (id, walk_id, name, email, contact_hmac, note, created_at)
values ($1, $2, $3, $4, $5, $6, now())
"""
PLAN = (
    "ward_code",
    "ward_name",
    "ward_set",
    "near",
    "meeting_name",
    "meeting_lon",
    "meeting_lat",
    "starts_at",
    "ends_at",
    "local_date",
    "local_from",
    "local_to",
    "tz_version",
    "after_dark",
)


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
            "select slot.*, display_name, force_phone from slot"
            " join officer on officer.id = slot.officer_id where slot.id = $1 for update of slot",
            wanted.slot_id,
        )
        if slot is None:
            raise HTTPException(404)
        try:
            await connection.execute(
                BOOK,
                walk_id,
                uuid4(),
                reference,
                wanted.slot_id,
                slot["officer_id"],
                *(slot[name] for name in PLAN),
            )
        except asyncpg.UniqueViolationError:
            raise HTTPException(409) from None
        contact = hashlib.sha256(wanted.email.encode()).digest()
        await connection.execute(
            JOIN, uuid4(), walk_id, wanted.name, wanted.email, contact, wanted.note
        )
    return BookedWalk(
        id=walk_id,
        reference=reference,
        state="confirmed",
        starts_at=slot["starts_at"],
        ends_at=slot["ends_at"],
        meeting_point=slot["meeting_name"],
        coordinates=[slot["meeting_lon"], slot["meeting_lat"]],
        officer=slot["display_name"],
        officer_phone=slot["force_phone"],
    )


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
