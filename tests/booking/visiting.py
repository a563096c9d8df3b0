"""Booking's pages as somebody with a browser and no script meets them: what is shown, and forms that are sent."""

from typing import Any

import httpx
from starlette.responses import Response

from shared.auth import Principal
from shared.auth.sessions import COOKIE
from tests.booking.desk import ORIGIN, WARD, Booking
from tests.provider import hidden_fields

FROM_US = {"Origin": ORIGIN}
HTML = {"Accept": "text/html"}
HER = {"name": "Ada <Example>", "email": "ada@example.org", "adult": "yes", "note": "Pushchair"}


def signed_in(booking: Booking, role: str, *, subject: str = "officer-1", ward: str = "*") -> None:
    """Give the client the session of somebody with a role."""
    answer = Response()
    who = Principal(subject, f"Robin {role}", frozenset({role}), frozenset({ward}))
    booking.app.state.gate.sessions.begin(answer, who)
    sealed = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    booking.http.cookies.set(COOKIE, sealed)


async def page(booking: Booking, path: str, status: int = 200) -> str:
    """A page's text."""
    answer = await booking.http.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


async def sends(booking: Booking, action: str, shown: str, **fields: str) -> httpx.Response:
    """Fill in and send the last form of a page as it was shown."""
    data = hidden_fields(shown) | fields
    return await booking.http.post(action, data=data, headers=FROM_US | HTML)


async def form_for(booking: Booking, slot_id: str) -> str:
    """The booking form of a slot."""
    return await page(booking, f"/booking/book?slot={slot_id}")


async def rows(booking: Booking) -> list[Any]:
    """All that a scanner must not change."""
    return [
        await booking.rows(f"select * from {table} order by 1, 2")
        for table in ("slot", "walk", "assignment", "participant", "outbox", "audit")
    ]


async def asks_by_form(booking: Booking, **changes: Any) -> httpx.Response:
    """Somebody asks for a walk by the form, in the language that she reads."""
    shown = await page(booking, "/booking/wish")
    wish = {"wards": WARD, "days": "wednesday", "from": "17:00", "to": "24:00", "light": "dark"}
    return await sends(booking, "/booking/wish", shown, **(HER | wish | changes))
