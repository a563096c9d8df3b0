"""Two versions of a service at work at once: this checkout, and the release or commit before it."""

import asyncio
import io
import random
import subprocess
import tarfile
from functools import cache
from pathlib import Path

from tests.factories import ROOT, SERVICES
from tests.faults.families.family import Family
from tests.faults.ground import Ground


def previous() -> str | None:
    """The last tag before this commit, else the commit before it; None where there is nothing before."""
    for words in (
        ("describe", "--tags", "--abbrev=0", "HEAD^"),
        ("rev-parse", "--verify", "HEAD^"),
    ):
        found = subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            return found.stdout.strip()
    return None


@cache
def copy_of(revision: str, folder: Path) -> str:
    """The sources of a revision, in a folder of their own: what PYTHONPATH must say."""
    home = folder / "previous"
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", revision], capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
        packed.extractall(home, filter="data")
    sources = [home / "shared" / "src", *(home / "services" / name / "src" for name in SERVICES)]
    return ":".join(str(each) for each in sources)


async def two_versions(ground: Ground, chance: random.Random) -> None:
    """One worker, and sometimes the api, of a service runs the version before, beside the new one."""
    service = chance.choice(SERVICES)
    revision = previous()
    if revision is None:
        ground.notes.append("TWO VERSIONS SKIPPED: there is no commit before this one")
        return
    old = {"PYTHONPATH": copy_of(revision, ground.installation.folder)}
    chosen = [chance.choice(ground.workers(service))]
    if chance.random() < 0.5:
        chosen.append(ground.installation.processes[service, "api"])
    for process in chosen:
        await ground.supervisor.restart(process, changes=old)
    await asyncio.sleep(chance.uniform(10, 20))
    for process in chosen:
        await ground.supervisor.restart(process)


FAMILIES = (Family("two versions at once", two_versions),)
