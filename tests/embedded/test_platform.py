"""``python -m embedded`` as its users have it: one process, over HTTP, through every kind of end.

The tests of this file run in order, on one installation.
"""

import asyncio
import email.policy
import json
import re
import signal
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from aiokafka import AIOKafkaConsumer

from embedded import areas
from embedded.folder import Folder
from tests.embedded.process import Platform, embedded, free_port
from tests.infra import until

# Confirmed twice, started, ended; one concern captured.
EVENTS = 5
LINK = re.compile(r"https?://[^\s<>\"']+")
PLACE = {"type": "Point", "coordinates": [-0.2359, 51.426075]}


@pytest.fixture(scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Platform]:
    found = Platform(tmp_path_factory.mktemp("embedded") / ".data", free_port())
    await found.start()
    yield found
    await found.clear()


async def book(platform: Platform, slot: dict[str, Any], name: str, email: str) -> dict[str, Any]:
    body = {"slot_id": slot["id"], "name": name, "email": email, "adult": True}
    async with platform.client as http:
        answer = await http.post(
            "/booking/v1/walks", json=body, headers={"Idempotency-Key": str(uuid4())}
        )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def slots(platform: Platform) -> list[dict[str, Any]]:
    async with platform.client as http:
        return (await http.get("/booking/v1/slots")).json()["items"]


async def test_the_first_slot_listed_is_within_the_hour(platform: Platform) -> None:
    first, *others = await slots(platform)
    starts_at = datetime.fromisoformat(first["starts_at"])
    assert datetime.now(UTC) < starts_at < datetime.now(UTC) + timedelta(hours=1)
    assert all(other["starts_at"] >= first["starts_at"] for other in others)


async def test_the_main_job_over_http(platform: Platform) -> None:
    coordinator, officer = await platform.token("coordinator"), await platform.token("officer")
    async with platform.client as http:
        officers = (await http.get("/booking/v1/officers", headers=coordinator)).json()["items"]
        assert len(officers) >= 3
        first = (await slots(platform))[0]
        walk = await book(platform, first, "Ada <b>Smith</b>", "ada@example.org")
        await platform.mailed(1)
        started = await http.post(f"/booking/v1/walks/{walk['id']}/start", headers=officer)
        assert started.json()["state"] == "started"
        concern = {
            "walk_id": walk["id"],
            "categories": ["badly_lit"],
            "severity": 2,
            "place": PLACE,
        }
        captured = await http.post(
            "/concerns/v1/concerns", json=concern, headers=officer | {"Idempotency-Key": "one"}
        )
        assert captured.status_code == 201, captured.text
        ended = await http.post(f"/booking/v1/walks/{walk['id']}/end", headers=officer)
        assert ended.json()["state"] == "ended"

    async def counted() -> bool:
        return bool(await platform.figures("walks") and await platform.figures("concerns"))

    await until(counted, 20, every=0.2)
    assert [row["count"] for row in await platform.figures("walks")] == [1]
    assert [row["ward"]["code"] for row in await platform.figures("concerns")] == ["L05000001"]


async def test_another_system_reads_a_walk_from_the_shared_topic(platform: Platform) -> None:
    later = [slot for slot in await slots(platform) if slot["local"]["date"] > today()]
    await book(platform, later[-1], "Grace Hopper", "grace@example.org")
    settings = await embedded("env", "booking", **platform.environment)
    line = next(each for each in settings.out.splitlines() if "KAFKA_BOOTSTRAP_SERVERS" in each)
    consumer = AIOKafkaConsumer(
        "shared.walks.v1",
        bootstrap_servers=line.partition("=")[2],
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 20)
    finally:
        await consumer.stop()
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["ce_type"] == "uk.walkandtalk.walk.confirmed.v1"
    assert headers["ce_subject"].encode() == record.key


def today() -> str:
    return (datetime.now(UTC) + timedelta(hours=2)).date().isoformat()


async def test_mails_are_shown_with_their_recipients_and_as_text(platform: Platform) -> None:
    await platform.mailed(2)
    async with platform.client as http:
        listing = await http.get("/mail")
        assert listing.text.index("grace@example.org") < listing.text.index("ada@example.org")
        mail = await http.get("/mail/1")
        assert "<b>Smith</b>" not in mail.text
        assert "&lt;b&gt;Smith&lt;/b&gt;" in mail.text
        assert f'href="http://127.0.0.1:{platform.port}/booking/manage/' in mail.text
        assert "script-src 'self'" in mail.headers["content-security-policy"]
        assert (await http.get("/mail/99")).status_code == 404


async def test_a_scanner_that_follows_every_link_of_every_mail_twice_changes_nothing(
    platform: Platform,
) -> None:
    coordinator = await platform.token("coordinator")
    async with platform.client as http:
        before = (await http.get("/booking/v1/walks", headers=coordinator)).json()
        assert {walk["state"] for walk in before["items"]} == {"confirmed", "ended"}
        links = [link for path in mail_files(platform) for link in LINK.findall(text_of(path))]
        assert len(links) >= len(platform.mails())
        for link in links * 2:
            assert (await http.get(link, follow_redirects=True)).status_code == 200, link
            assert (await http.head(link)).status_code < 500, link
        assert (await http.get("/booking/v1/walks", headers=coordinator)).json() == before


def mail_files(platform: Platform) -> list[Path]:
    """Every mail that has come."""
    return sorted((platform.folder / "mail").glob("*.eml"))


def text_of(mail: Path) -> str:
    """All that a mail says, in words and in HTML."""
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(str(part.get_content()) for part in parts)


async def test_one_origin_for_all_and_no_other(platform: Platform) -> None:
    async with platform.client as http:
        assert (await http.get("/")).headers["location"] == "/booking/"
        assert (await http.get("/nothing")).status_code == 404
        named = await http.get("/booking/?a=b", headers={"Host": f"localhost:{platform.port}"})
        assert named.headers["location"] == f"http://127.0.0.1:{platform.port}/booking/?a=b"
        rebound = await http.get("/mail", headers={"Host": "evil.example"})
        assert rebound.status_code == 421
        assert "ada@example.org" not in rebound.text


async def test_keys_and_mails_are_for_their_owner_alone(platform: Platform) -> None:
    for private in ("keys", "mail", "log", "postgres"):
        assert (platform.folder / private).stat().st_mode & 0o077 == 0
    assert all(key.stat().st_mode & 0o077 == 0 for key in (platform.folder / "keys").iterdir())
    assert (platform.folder / "running.json").stat().st_mode & 0o077 == 0


async def test_a_second_instance_says_so(platform: Platform) -> None:
    other = platform.environment | {"PORT": str(free_port())}
    ended = await embedded(**other)
    assert ended.code == 75
    assert len(ended.said) == 1
    assert "already running" in ended.err


async def test_no_token_for_a_role_that_there_is_not(platform: Platform) -> None:
    ended = await embedded("token", "queen", **platform.environment)
    assert (ended.code, len(ended.said)) == (65, 1)


async def test_a_killed_child_is_started_again_and_nothing_is_lost(platform: Platform) -> None:
    before = await platform.figures("walks"), await platform.figures("concerns")
    mails = platform.mails()
    platform.child.kill()
    await until(lambda: platform.heard("up again"), 40)
    assert (await platform.figures("walks"), await platform.figures("concerns")) == before
    assert platform.mails() == mails
    assert platform.heard("SIGKILL")


async def test_a_child_that_crashed_is_started_again(platform: Platform) -> None:
    platform.said.clear()
    child = platform.child
    child.send_signal(signal.SIGABRT)
    await until(lambda: platform.heard("up again"), 40)
    assert platform.child.pid != child.pid


async def test_postgresql_is_started_again_when_it_was_killed(platform: Platform) -> None:
    platform.postgres.kill()
    await until(lambda: platform.heard("PostgreSQL had ended"), 40)

    async def answers() -> bool:
        async with platform.client as http:
            return (await http.get("/booking/v1/slots")).status_code == 200

    await until(answers, 20, every=0.2)
    assert len(await platform.figures("walks")) == 1


async def test_ctrl_c_ends_it_cleanly(platform: Platform) -> None:
    child, postgres = platform.child, platform.postgres
    assert await platform.interrupt() == 0
    assert platform.said[-1].strip() == "Stopped."
    assert not platform.heard("Traceback")
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert not postgres.is_running() or postgres.status() == psutil.STATUS_ZOMBIE
    assert "Traceback" not in (platform.folder / "log" / "services.log").read_text()


async def test_commands_say_that_it_is_not_running(platform: Platform) -> None:
    for words in (("token", "officer"), ("load", "reports.csv"), ("env", "booking")):
        ended = await embedded(*words, **platform.environment)
        assert (ended.code, len(ended.said)) == (69, 1)
        assert "not running" in ended.err


async def test_other_wards_on_an_old_folder_are_refused(platform: Platform, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere-2026.geojson"
    wards = json.loads(areas.SHIPPED.read_text()) | {"name": "elsewhere-2026"}
    other.write_text(json.dumps(wards))
    ended = await embedded(AREAS=str(other), **platform.environment)
    assert (ended.code, len(ended.said)) == (78, 1)
    assert "larkmere-2026" in ended.err


async def test_the_wards_it_was_begun_with_may_be_named_again(platform: Platform) -> None:
    chosen = areas.choose(areas.SHIPPED, Folder(platform.folder))
    assert chosen.name == "larkmere-2026"


async def test_started_again_it_has_lost_nothing(platform: Platform) -> None:
    mails = platform.mails()
    await platform.start()
    await platform.read_again(EVENTS)
    assert [row["count"] for row in await platform.figures("walks")] == [1]
    assert [row["count"] for row in await platform.figures("concerns")] == [1]
    assert platform.mails() == mails


async def test_a_killed_parent_takes_the_child_along_and_postgresql_is_taken_over(
    platform: Platform,
) -> None:
    child, postgres = platform.child, platform.postgres
    await platform.kill()
    await platform.start()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert platform.postgres.pid == postgres.pid
    await platform.read_again(EVENTS)
    assert [row["count"] for row in await platform.figures("walks")] == [1]


async def test_after_all_were_killed_it_has_lost_nothing(platform: Platform) -> None:
    mails = platform.mails()
    await platform.kill_all()
    await platform.start()
    await platform.read_again(EVENTS)
    assert [row["count"] for row in await platform.figures("walks")] == [1]
    assert [row["count"] for row in await platform.figures("concerns")] == [1]
    assert platform.mails() == mails
    first = (await slots(platform))[0]
    await book(platform, first, "Joan Clarke", "joan@example.org")
    await platform.mailed(len(mails) + 1)
