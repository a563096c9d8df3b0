import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from reporting import schemas
from reporting.service import Freshness
from shared.auth import Principal
from shared.auth.sessions import COOKIE
from shared.events import WardRef
from shared.postgres import Database
from tests.factories import START
from tests.reporting.events import DAY, a_concern, a_started_walk, applied_until
from tests.reporting.test_service import apply

PAGE = "/reporting/"
LARKFIELD = WardRef(code="L05000002", set="larkmere-2026")
ALL = ["walks day", "walks dark", "walks ", "concerns day", "concerns dark", "concerns "]

SignIn = Callable[[str], None]


@pytest.fixture
def sign_in(app: FastAPI, client: httpx.AsyncClient) -> SignIn:
    """Gives the client the session of somebody with a role."""

    def signed_in(role: str) -> None:
        answer = Response()
        who = Principal(f"{role}-1", "Somebody", frozenset({role}), frozenset({"*"}))
        app.state.gate.sessions.begin(answer, who)
        cookie = answer.headers["set-cookie"].split(";")[0].split("=", 1)[1]
        client.cookies.set(COOKIE, cookie)

    return signed_in


@pytest.fixture
async def counted(reporting_database: Database) -> Database:
    """Two walks in Mere End, and concerns in Larkfield and outside."""
    await apply(
        reporting_database,
        [
            a_started_walk(),
            a_started_walk(light="day", local_date=DAY + timedelta(days=1)),
            a_concern(ward=LARKFIELD),
            a_concern(ward=None, light="day"),
        ],
    )
    await applied_until(reporting_database, START - timedelta(seconds=5))
    return reporting_database


class Table(HTMLParser):
    """The table's lines, by ward name: column -> count."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: dict[str, dict[str, int]] = {}
        self._line = self._column = ""
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self._in = tag if tag == "td" or known.get("scope") == "row" else ""
        if "data-measure" in known:
            self._column = f"{known['data-measure']} {known['data-light']}"
        elif tag == "td":
            self._column = f"{len(self.lines.get(self._line, {}))}"

    def handle_data(self, data: str) -> None:
        if self._in == "th":
            self._line = data
            self.lines[data] = {}
        elif self._in == "td" and self._line:
            self.lines[self._line][self._column] = int(data)
        self._in = ""


async def table(client: httpx.AsyncClient, **chosen: str) -> dict[str, dict[str, int]]:
    answer = await client.get(PAGE, params=chosen)
    assert answer.status_code == 200, answer.text
    return Table(answer.text).lines


async def test_the_table_holds_every_ward_and_what_was_counted_there(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn, app: FastAPI
):
    sign_in("officer")
    lines = await table(client)
    wards = [ward.name for ward in app.state.boundaries.wards]
    assert set(lines) == {*wards, "Outside every ward", "Together"}
    assert lines["Mere End"] == dict(zip(ALL, [1, 1, 2, 0, 0, 0], strict=True))
    assert lines["Larkfield"] == dict(zip(ALL, [0, 0, 0, 0, 1, 1], strict=True))
    assert lines["Outside every ward"] == dict(zip(ALL, [0, 0, 0, 1, 0, 1], strict=True))
    assert list(lines["Together"].values()) == [1, 1, 2, 1, 1, 2]


async def test_an_empty_dashboard_has_its_table_too(
    reporting_database: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("duty")
    lines = await table(client)
    assert set(lines["Together"].values()) == {0}


async def test_the_form_chooses_ward_light_and_days(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("coordinator")
    assert set(await table(client, ward="L05000002")) == {"Larkfield", "Together"}
    dark = await table(client, light="dark")
    assert dark["Mere End"] == {"walks dark": 1, "concerns dark": 0}
    later = await table(client, **{"from": (DAY + timedelta(days=1)).isoformat()})
    assert list(later["Together"].values()) == [1, 0, 1, 0, 0, 0]
    earlier = await table(client, to=DAY.isoformat(), light="", ward="", show="walks")
    assert list(earlier["Together"].values()) == [0, 1, 1, 1, 1, 2]


NOT_TO_BE_CHOSEN: list[tuple[dict[str, str], str]] = [
    ({"from": "tomorrow"}, "from"),
    ({"to": "2027-02-30"}, "to"),
    ({"from": "2027-02-02", "to": "2027-02-01"}, "from"),
    ({"ward": "nowhere"}, "ward"),
    ({"light": "dusk"}, "light"),
    ({"show": "people"}, "show"),
    ({"ward": "\x00"}, "ward"),
]


async def test_what_cannot_be_chosen_is_said_beside_its_field(
    reporting_database: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("officer")
    for chosen, field in NOT_TO_BE_CHOSEN:
        answer = await client.get(PAGE, params=chosen)
        assert answer.status_code == 422
        assert "<title>Error: Dashboard" in answer.text
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}"' in answer.text


async def test_a_ward_of_a_set_no_longer_in_force_has_a_line_of_its_own(
    reporting_database: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    await apply(
        reporting_database, [a_started_walk(ward=WardRef(code="L05000001", set="larkmere-2018"))]
    )
    sign_in("analyst")
    lines = await table(client)
    assert lines["Mere End"]["walks "] == 0
    assert lines["L05000001 (larkmere-2018)"]["walks "] == 1


async def test_how_fresh_the_figures_are_is_always_said(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("officer")
    said = (await client.get(PAGE)).text
    assert (
        '<time id="as-of" datetime="2027-01-12T17:59:55+00:00">Tuesday 12 January, 5:59pm' in said
    )
    assert "5 seconds behind" in said
    assert is_hidden(said, "stale")


async def test_old_figures_are_called_old(
    reporting_database: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("officer")
    unknown = (await client.get(PAGE)).text
    assert "nothing has been heard" in unknown
    assert not is_hidden(unknown, "stale")
    await applied_until(reporting_database, START - timedelta(seconds=61))
    old = (await client.get(PAGE)).text
    assert "1 minute behind" in old
    assert not is_hidden(old, "stale")


async def test_events_that_could_not_be_counted_are_told(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("officer")
    assert "could not be counted" not in (await client.get(PAGE)).text
    await counted.pool.execute(
        """
        insert into parked (consumer, topic, partition, "offset", headers, digest, cause)
        values ('reporting', 't', 0, 0, '{}', 'd', 'undecodable')
        """
    )
    assert "1 event could not be counted and waits" in (await client.get(PAGE)).text


def is_hidden(html: str, element_id: str) -> bool:
    found = re.search(rf'<[^>]* id="{element_id}"[^>]*>', html)
    assert found
    return " hidden" in found.group()


async def test_the_map_is_offered_only_to_a_script_and_the_table_to_everybody(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn, app: FastAPI
):
    sign_in("officer")
    said = (await client.get(PAGE)).text
    assert is_hidden(said, "map-section")
    assert f"/reporting/areas.geojson?v={app.state.outlines.digest}" in said
    for asset in re.findall(r'"(/reporting/assets/dashboard[^"]+)"', said):
        answer = await client.get(asset)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


async def test_no_style_or_script_stands_in_the_page(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("analyst")
    said = (await client.get(PAGE)).text
    assert not re.search(r"<script(?![^>]* src=)[^>]*>|<style|\sstyle=|\son[a-z]+=", said)


async def test_nobody_sees_the_dashboard_without_signing_in(client: httpx.AsyncClient):
    answer = await client.get(PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/reporting/sign-in?next=/reporting/")


async def test_a_partner_does_not_see_the_dashboard(client: httpx.AsyncClient, sign_in: SignIn):
    sign_in("partner")
    assert (await client.get(PAGE)).status_code == 403


async def test_only_who_may_ask_for_figures_is_offered_them(
    counted: Database, client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("officer")
    assert "figures.csv" not in (await client.get(PAGE)).text
    sign_in("analyst")
    links = re.findall(r'href="(/reporting/v1/figures\.csv[^"]+)"', (await client.get(PAGE)).text)
    assert len(links) == 3
    for link in links:
        answer = await client.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
    some_days = (await client.get(PAGE, params={"from": DAY.isoformat()})).text
    assert f"by=ward,day,light&amp;from={DAY}" in some_days


async def test_the_pages_own_session_opens_outlines_and_no_other_services(
    client: httpx.AsyncClient, sign_in: SignIn
):
    sign_in("officer")
    assert (await client.get("/reporting/areas.geojson")).status_code == 200
    assert (await client.get("/reporting/v1/figures?measure=walks")).status_code == 403


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "0 seconds behind"),
        (1.2, "1 second behind"),
        (59.4, "59 seconds behind"),
        (60, "1 minute behind"),
        (3599, "59 minutes behind"),
        (7300, "2 hours behind"),
        (90_000, "more than a day behind"),
    ],
)
def test_a_lag_is_said_in_peoples_words(seconds: float | None, words: str):
    assert schemas.lag_words(Freshness(START, seconds, 0)) == words
