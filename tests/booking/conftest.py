"""Booking's app for a test, with a database of its own."""

from collections.abc import AsyncGenerator

import pytest

from shared.postgres import Database
from tests.booking.desk import Booking, a_booking
from tests.tokens import TestIssuer


@pytest.fixture
async def booking(booking_database: Database, issuer: TestIssuer) -> AsyncGenerator[Booking]:
    """Booking with a team of two officers; its clock stands at START."""
    async with a_booking(booking_database, issuer) as found:
        yield found
