"""Booking's pages: slots, booking and a participant's own walk for the public; walks for staff.

Invariant: a GET changes nothing but the audit log; every change is a form posted with its token.
"""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)

__all__ = ["router"]
