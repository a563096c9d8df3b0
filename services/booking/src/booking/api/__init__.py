"""Booking over HTTP: slots, bookings and calendars for the public, walks for staff, contacts.

Invariant: a route parses, calls one function, and answers; who may is said in its signature.
"""

from fastapi import APIRouter

from booking.api import (
    absences,
    bars,
    calendars,
    changes,
    holds,
    replans,
    requests,
    rosters,
    slots,
    teams,
    walks,
)

# Each noun has the prefix itself: what is logged and measured is the path by which its router knows a route.
# Walks come first: routes are tried in order, and a booking is what is asked for most.
router = APIRouter()
PARTS = (
    walks,
    slots,
    holds,
    changes,
    requests,
    teams,
    rosters,
    absences,
    replans,
    bars,
    calendars,
)
for part in PARTS:
    router.include_router(part.router)

__all__ = ["router"]
