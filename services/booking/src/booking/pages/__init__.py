"""Booking's pages: slots, booking, a participant's own walk or wish for the public; walks for staff.

Invariant: a GET changes nothing but the audit log; every change is a form posted with its token and
its idempotency key, and every page works without script.
"""

from fastapi import APIRouter

from booking.pages import (
    absences,
    bars,
    book,
    feeds,
    imports,
    manage,
    moves,
    requests,
    roster,
    shift_days,
    shifts,
    teams,
    today,
    walks,
    week,
    wish,
)

router = APIRouter(include_in_schema=False)
PARTS = (
    book, manage, wish, requests, roster, today, walks, moves, week, shifts, shift_days, imports, absences,
    bars, teams, feeds,
)  # fmt: skip
for part in PARTS:
    router.include_router(part.router)

__all__ = ["router"]
