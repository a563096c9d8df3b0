"""The officer's page, by its forms alone."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.responses import Response

from concerns.app import create_app
from concerns.worker import walks as walks_in
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from shared.events import walks
from tests.concerns.capturing import MERE_END, count, heard
from tests.factories import KeptParts

ORIGIN = "http://127.0.0.1:8080"
PATH = "/concerns/capture"
FILLED: dict[str, Any] = {
    "categories": ["badly_lit", "followed"],
    "severity": "3",
    "latitude": str(MERE_END.point[1]),
    "longitude": str(MERE_END.point[0]),
    "note": "By the\r\nsteps",
}


class Officer:
    """Somebody with a browser that runs no script."""

    def __init__(self, parts: KeptParts, role: str | None = "officer", number: int = 1) -> None:
        app = create_app(parts)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)
        if role is not None:
            answer = Response()
            who = Principal(f"{role}-{number}", "Sam Reed", frozenset({role}), frozenset({"*"}))
            app.state.gate.sessions.begin(answer, who)
            sealed = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
            self.client.cookies.set(COOKIE, sealed)

    async def look(self, path: str = PATH) -> httpx.Response:
        return await self.client.get(path)

    async def fill(self, path: str = PATH, **fields: Any) -> httpx.Response:
        """Load the form, fill it in, send it; an empty answer is not sent."""
        page = (await self.look(path)).text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page))
        said = {name: value for name, value in (FILLED | fields).items() if value is not None}
        return await self.client.post(
            path, data=hidden | said, headers={"Origin": ORIGIN}, follow_redirects=False
        )


@pytest.fixture
def officer(parts: KeptParts) -> Officer:
    return Officer(parts)


def summary(page: httpx.Response) -> dict[str, str]:
    """What the error summary says, by the field that it leads to."""
    box = page.text.partition("govuk-error-summary__list")[2].partition("</ul>")[0]
    return {field: unescape(words) for field, words in re.findall(r'href="#(\w+)">([^<]+)<', box)}


async def test_what_the_form_says_is_captured_and_the_next_is_offered(
    officer: Officer, parts: KeptParts
) -> None:
    sent = await officer.fill()
    assert sent.status_code == 303
    page = await officer.look(sent.headers["location"])
    assert "Captured in Mere End. You can capture another." in page.text
    assert 'value="51' not in page.text  # the next one begins empty
    async with parts.database.reading() as connection:
        kept = await connection.fetchrow(
            "select source, categories, severity, note, ward_code, captured_by from concern"
        )
    assert tuple(kept or ()) == (
        "officer",
        ["badly_lit", "followed"],
        3,
        "By the\nsteps",
        MERE_END.code,
        "officer-1",
    )


async def test_a_place_people_know_is_enough(officer: Officer, parts: KeptParts) -> None:
    spot = "Larkfield Library, Larkfield"
    sent = await officer.fill(latitude=None, longitude=None, spot=spot)
    assert sent.status_code == 303
    async with parts.database.reading() as connection:
        assert await connection.fetchval("select ward_name from concern") == "Larkfield"


async def test_the_walk_is_kept_and_stays_in_the_address(
    officer: Officer, parts: KeptParts
) -> None:
    walk_id = uuid4()
    sent = await officer.fill(f"{PATH}?walk={walk_id}")
    assert f"walk={walk_id}" in sent.headers["location"]
    page = await officer.look(sent.headers["location"])
    assert "This walk is not known here yet" in page.text
    assert f'action="{PATH}?walk={walk_id}"' in page.text
    async with parts.database.reading() as connection:
        assert await connection.fetchval("select walk_id from concern") == walk_id


async def test_pressed_twice_it_is_one_concern(officer: Officer, parts: KeptParts) -> None:
    page = (await officer.look()).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page))
    for _ in range(2):
        sent = await officer.client.post(PATH, data=hidden | FILLED, headers={"Origin": ORIGIN})
        assert sent.status_code == 303
    assert await count(parts.database, "concern") == 1


async def test_each_fault_is_said_at_its_field_and_what_was_typed_stays(
    officer: Officer, parts: KeptParts
) -> None:
    lon, lat = (str(degrees) for degrees in MERE_END.point)
    cases: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"categories": None}, {"categories": "Select what feels unsafe"}),
        ({"categories": ["haunted"]}, {"categories": "Select from the list what feels unsafe"}),
        ({"severity": None}, {"severity": "Select how strongly it is felt"}),
        ({"severity": "4"}, {"severity": "Select how strongly it is felt"}),
        ({"latitude": None, "longitude": None}, {"spot": "Say where it is"}),
        (
            {"spot": "Larkfield Library, Larkfield"},
            {"spot": "Choose a place or give its latitude and longitude, not both"},
        ),
        (
            {"spot": "Nowhere", "latitude": None, "longitude": None},
            {"spot": "Choose a place from the list"},
        ),
        ({"latitude": "north"}, {"latitude": "Latitude must be a number, like 51.4071"}),
        ({"longitude": None}, {"longitude": "Longitude must be a number, like -0.2057"}),
        (
            {"latitude": "nan"},
            {"latitude": "Latitude must be from -90 to 90 and longitude from -180 to 180"},
        ),
        (
            {"latitude": lon, "longitude": lat},
            {"latitude": "Latitude and longitude seem to be swapped"},
        ),
        ({"light": "dusk"}, {"light": "Select whether it was day or dark"}),
        ({"note": "x" * 2001}, {"note": "The note must be 2,000 characters or fewer"}),
        (
            {"categories": None, "severity": None, "latitude": None, "longitude": None},
            {
                "categories": "Select what feels unsafe",
                "severity": "Select how strongly it is felt",
                "spot": "Say where it is",
            },
        ),
    ]
    for change, expected in cases:
        page = await officer.fill(**change)
        assert page.status_code == 422, change
        assert list(summary(page).items()) == list(expected.items())
        assert "<title>Error: Capture a concern" in page.text
        for field in expected:
            assert f'id="{field}"' in page.text
        if "note" not in change:
            assert "By the" in page.text
    assert await count(parts.database, "concern") == 0


async def test_a_closed_window_is_said_on_the_page(officer: Officer, parts: KeptParts) -> None:
    walk_id = uuid4()
    async with parts.database.transaction() as connection:
        event = heard(walk_id, walks.WalkCancelled, initiator="force", notice_hours=1.0)
        await walks_in.learn(connection, [event])
    page = await officer.fill(f"{PATH}?walk={walk_id}")
    assert page.status_code == 409
    assert "capture it without the walk" in summary(page)["capture"]


async def test_a_form_without_its_token_is_refused(officer: Officer, parts: KeptParts) -> None:
    sent = await officer.client.post(PATH, data=FILLED, headers={"Origin": ORIGIN})
    assert sent.status_code == 403
    assert await count(parts.database, "concern") == 0


async def test_the_page_is_the_officers_alone(parts: KeptParts) -> None:
    assert (await Officer(parts, "duty").look()).status_code == 403
    nobody = await Officer(parts, None).look()
    assert nobody.status_code in {302, 303, 401}


async def test_a_concern_of_another_officer_is_not_told(officer: Officer, parts: KeptParts) -> None:
    told = (await officer.fill()).headers["location"]
    assert "Captured" in (await officer.look(told)).text
    another = Officer(parts, number=2)
    for where in (told, f"{PATH}?captured={uuid4()}"):
        page = await another.look(where)
        assert page.status_code == 200
        assert "Captured" not in page.text


async def test_a_walk_that_is_no_id_is_refused(officer: Officer) -> None:
    assert (await officer.look(f"{PATH}?walk=nonsense")).status_code == 422


async def test_the_wards_are_there_for_the_map(officer: Officer) -> None:
    found = await officer.look("/concerns/areas.geojson")
    assert found.headers["content-type"] == "application/geo+json"
    assert found.json()["name"] == "larkmere-2026"
