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
    groups,
    imports,
    manage,
    moves,
    offers,
    replans,
    requests,
    returning,
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
    book,
    manage,
    wish,
    returning,
    requests,
    offers,
    roster,
    groups,
    today,
    walks,
    moves,
    week,
    shifts,
    shift_days,
    imports,
    absences,
    replans,
    bars,
    teams,
    feeds,
)
for part in PARTS:
    router.include_router(part.router)

__all__ = ["router"]
