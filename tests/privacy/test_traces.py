"""Traces, logs and metrics of good, refused and failing bookings hold nothing of the woman who books."""

from prometheus_client import generate_latest

from shared.postgres import Database
from tests.booking.desk import Booking, a_booking
from tests.tokens import TestIssuer

NAME, ADDRESS, NOTE = "Zephyrine Canarywood", "zephyrine.canarywood@example.org", "14 Plover Row"
PLANTED = ("anarywood", "Plover Row")


def recorded(booking: Booking) -> str:
    """All that was traced, logged and measured."""
    spans = [span.to_json() for span in booking.parts.spans.get_finished_spans()]
    metrics = generate_latest(booking.parts.metrics.registry).decode()
    return "\n".join([*spans, booking.parts.lines.getvalue(), metrics])


async def test_nothing_of_a_booking_is_traced(
    booking_database: Database, issuer: TestIssuer
) -> None:
    said = {"name": NAME, "email": ADDRESS, "note": NOTE}
    async with a_booking(booking_database, issuer) as booking:
        slot = await booking.slot()
        good = await booking.books(slot, **said)
        assert good.status_code == 201
        link = good.json()["manage_url"].rsplit("/", 1)[-1]
        assert (await booking.http.get(f"/booking/manage/{link}")).status_code == 200
        assert (await booking.books(slot, **said)).status_code == 409
        assert (await booking.books(slot, adult=False, **said)).status_code == 422
        async with booking_database.transaction() as connection:
            await connection.execute(
                "alter table participant add constraint nothing_more check (false) not valid"
            )
        failing = await booking.books(await booking.slot(officer=1), **said)
        assert failing.status_code == 500
        found = recorded(booking)
    assert "/v1/walks" in found
    assert "nothing_more" in found
    assert [planted for planted in (*PLANTED, link) if planted in found] == []
    assert [planted for planted in PLANTED if planted in failing.text] == []
