"""Our topics, and who may do what with them, as deploy/kafka has them, applied to a Kafka."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from shared import topics
from shared.events import OWNERS
from shared.kafka import open_admin
from tests import keyring
from tests.infra import until
from tests.keyring import SUITE

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy" / "kafka"
TOPICS = DEPLOY / "topics.yaml"
ACCESS: dict[str, dict[str, list[str]]] = yaml.safe_load((DEPLOY / "access.yaml").read_text())[
    "users"
]
# What the event path's tests do, whatever they call their topics and groups.
SUITE_USER = {
    SUITE: {
        "writes": ["internal.*", "shared.*", "tried.*"],
        "reads": ["internal.*", "shared.*", "tried.*"],
        "groups": ["*"],
    }
}


async def apply_topics(bootstrap: str) -> None:
    """Make every topic of topics.yaml that is missing, and give the rights of access.yaml."""
    for owner in sorted(set(OWNERS.values())):
        await topics.apply(keyring.as_operator(bootstrap), TOPICS, owner)
    if keyring.is_secured(bootstrap):
        await apply_access(bootstrap)


async def apply_access(bootstrap: str, **changes: Any) -> list[str]:
    """Run access.py as an operator would, with the suite's own user and ``changes`` beside deploy's."""
    users = ACCESS | SUITE_USER | changes
    keys = keyring.of(bootstrap)
    for user in users:
        keys.have(user)
    file = keys.folder / "access.yaml"
    file.write_text(yaml.safe_dump({"users": users}))
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DEPLOY / "access.py"), bootstrap, str(keys.passwords), str(file)),
        env=os.environ
        | {name.upper(): str(each) for name, each in keyring.reach(bootstrap).items()},
        stdout=subprocess.PIPE,
    )
    said, _ = await run.communicate()
    assert run.returncode == 0
    return said.decode().splitlines()


async def renew_topics(bootstrap: str) -> None:
    """Delete our topics and make them again, empty."""
    async with open_admin(keyring.as_operator(bootstrap)) as admin:
        await admin.delete_topics(list(OWNERS))

        async def gone() -> bool:
            return not set(OWNERS) & set(await admin.list_topics())

        await until(gone)
    await apply_topics(bootstrap)
