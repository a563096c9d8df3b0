"""The real reports of a year through the whole platform: every count true, twice is once, killed half way.

They go as a user's do: ``make run AREAS=...``, ``make load FILE=...``, and the dashboard's own figures.
"""

import asyncio
import re
import shlex
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from tests.embedded.process import Ended, Platform, embedded, free_port
from tests.infra import real, until
from tests.real_reports import FEW, Reports, real_reports

SUMMARY = re.compile(r"(\d+) captured \(\d+ outside every ward\), (\d+) captured before, 0 ")
PATIENCE = 180


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncGenerator[Platform]:
    """An installation with Lewisham's wards."""
    wards = real("lewisham_wards_2022_epsg4326.geojson")
    found = Platform(tmp_path / ".data", free_port(), areas=wards)
    await found.start()
    yield found
    await found.clear()


async def load(platform: Platform, reports: Reports) -> Ended:
    """The reports into the running platform, by the command of ``make load``."""
    return await embedded("load", str(reports.file), **platform.environment)


async def by_ward(platform: Platform) -> Counter[str]:
    """What the dashboard counts: concerns by the ward's code, none for outside."""
    rows = await platform.figures("concerns", by="ward")
    return Counter({(row["ward"] or {"code": ""})["code"]: row["count"] for row in rows})


async def captured(platform: Platform, number: int) -> None:
    """Wait until so many of the reports have been captured, by the service's own table."""
    settings = (await embedded("env", "concerns", **platform.environment)).out
    found = dict(re.findall(r"export CONCERNS_(\w+)=(\S+)", settings))
    connection = await asyncpg.connect(shlex.split(found["DATABASE_URL"])[0])

    async def enough() -> bool:
        return await connection.fetchval("select count(*) from concern") >= number

    try:
        await until(enough, PATIENCE, every=0.05)
    finally:
        await connection.close()


def told(ended: Ended) -> tuple[int, int]:
    """What a load says that it did: captured now, captured before."""
    found = SUMMARY.search(ended.out + ended.err)
    assert found, ended.out + ended.err
    return int(found[1]), int(found[2])


@pytest.mark.parametrize(
    "every", [FEW, pytest.param(1, marks=pytest.mark.soak)], ids=["short", "long"]
)
async def test_every_real_report_is_counted_in_its_ward_once(
    platform: Platform, tmp_path: Path, every: int
) -> None:
    reports = real_reports(tmp_path, every)
    half_way = reports.number // 4

    async def all_of_them() -> bool:
        return (await by_ward(platform)) == reports.truth

    loading = asyncio.create_task(load(platform, reports))
    await captured(platform, half_way)
    await platform.kill_all()
    stopped = await loading
    assert stopped.code == 1
    assert "run it again" in stopped.err

    await platform.start()
    again = await load(platform, reports)
    assert again.code == 0, again.err
    now, before = told(again)
    assert half_way <= before < reports.number
    assert now == reports.number - before
    await until(all_of_them, PATIENCE, every=0.5)

    twice = await load(platform, reports)
    assert (twice.code, told(twice)) == (0, (0, reports.number))
    assert (await platform.metrics("reporting"))["consumer_lag_events"] == 0
    assert await by_ward(platform) == reports.truth
