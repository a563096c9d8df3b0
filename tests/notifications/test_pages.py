"""The duty desk's page, without a script."""

import re
from uuid import uuid4

import httpx
import pytest

from tests.notifications.conftest import ORIGIN, SignIn
from tests.notifications.desk import Desk, heard
from tests.provider import hidden_fields

PAGE = "/notifications/alerts"
FROM_US = {"Origin": ORIGIN}


async def acknowledges(client: httpx.AsyncClient, alert_id: object) -> httpx.Response:
    """Press the button of the page's last form."""
    fields = hidden_fields((await client.get(PAGE)).text)
    return await client.post(f"{PAGE}/{alert_id}/acknowledge", data=fields, headers=FROM_US)


async def test_who_is_not_signed_in_is_led_to_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get(PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/notifications/sign-in?next={PAGE}"


@pytest.mark.parametrize("role", ["officer", "coordinator", "analyst", "partner", "admin"])
async def test_the_desk_is_the_duty_officers(
    client: httpx.AsyncClient, sign_in: SignIn, role: str
) -> None:
    sign_in(role, "Sam Reed")
    assert (await client.get(PAGE)).status_code == 403


async def test_the_start_leads_to_the_alerts(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    sign_in("duty", "Sam Reed")
    answer = await client.get("/notifications/")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


async def test_an_empty_desk_says_so(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    sign_in("duty", "Sam Reed")
    page = await client.get(PAGE)
    assert page.status_code == 200
    assert "No alert is waiting." in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_what_waits_comes_first_with_how_long_and_who_has_been_told(
    client: httpx.AsyncClient, desk: Desk, sign_in: SignIn
) -> None:
    await desk.hears(heard("overdue"), heard("overdue", missing="start"))
    desk.passes(300)
    await desk.climbs()
    sign_in("duty", "Sam Reed")
    text = (await client.get(PAGE)).text
    assert "<title>(2) Alerts" in text
    assert text.count("5 minutes") == 2
    assert text.count("Control room") == 2
    assert "not ended by Tuesday 12 January, 7pm" in text
    assert "not started by Tuesday 12 January, 7pm" in text
    assert text.count("/acknowledge") == 2
    assert "&lt;" not in text
    assert text.index("Waiting for somebody") < text.index("Settled")


async def test_a_button_acknowledges_and_the_page_says_who_has_it(
    client: httpx.AsyncClient, desk: Desk, sign_in: SignIn
) -> None:
    await desk.hears(heard("overdue"))
    [alert] = await desk.rows("alert")
    sign_in("duty", "Sam <Reed>")
    answer = await acknowledges(client, alert["id"])
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    text = (await client.get(PAGE)).text
    assert "No alert is waiting." in text
    assert "Sam &lt;Reed&gt;, Tuesday 12 January, 6pm" in text
    [alert] = await desk.rows("alert")
    assert alert["acknowledged_name"] == "Sam <Reed>"


async def test_who_was_slower_is_told_who_has_it(
    client: httpx.AsyncClient, desk: Desk, sign_in: SignIn
) -> None:
    await desk.hears(heard("overdue"))
    [alert] = await desk.rows("alert")
    sign_in("duty", "Sam Reed")
    await acknowledges(client, alert["id"])
    await desk.hears(heard("overdue"))
    sign_in("duty", "Kim Osei")
    answer = await acknowledges(client, alert["id"])
    assert answer.status_code == 409
    assert "Already acknowledged" in answer.text
    assert "Sam Reed acknowledged this alert" in answer.text


async def test_an_alert_settled_after_all_is_still_shown(
    client: httpx.AsyncClient, desk: Desk, sign_in: SignIn
) -> None:
    walk_id = uuid4()
    await desk.hears(heard("overdue", walk_id), heard("cleared", walk_id, sequence=2))
    sign_in("duty", "Sam Reed")
    text = (await client.get(PAGE)).text
    assert "No alert is waiting." in text
    assert re.search(r"Cleared\s*</strong>", text)
    assert "Ended or cancelled after all, Tuesday 12 January, 7pm" in text


@pytest.mark.parametrize("odd", ["no token", "another's token", "another origin"])
async def test_a_form_that_is_not_ours_changes_nothing(
    client: httpx.AsyncClient, desk: Desk, sign_in: SignIn, odd: str
) -> None:
    await desk.hears(heard("overdue"))
    [alert] = await desk.rows("alert")
    sign_in("duty", "Sam Reed")
    fields = hidden_fields((await client.get(PAGE)).text)
    headers = FROM_US
    if odd == "no token":
        del fields["csrf_token"]
    elif odd == "another's token":
        sign_in("duty", "Kim Osei")
    else:
        headers = {"Origin": "https://elsewhere.example"}
    answer = await client.post(f"{PAGE}/{alert['id']}/acknowledge", data=fields, headers=headers)
    assert answer.status_code == 403
    [alert] = await desk.rows("alert")
    assert alert["acknowledged_at"] is None


async def test_a_link_that_is_followed_changes_nothing(
    client: httpx.AsyncClient, desk: Desk, sign_in: SignIn
) -> None:
    await desk.hears(heard("overdue"))
    [alert] = await desk.rows("alert")
    sign_in("duty", "Sam Reed")
    assert (await client.get(f"{PAGE}/{alert['id']}/acknowledge")).status_code == 405
    assert (await desk.rows("alert"))[0]["acknowledged_at"] is None


async def test_the_pages_script_is_served(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    sign_in("duty", "Sam Reed")
    found = re.search(
        r'src="(/notifications/assets/alerts\.js[^"]*)"', (await client.get(PAGE)).text
    )
    assert found
    assert (await client.get(found[1])).status_code == 200
