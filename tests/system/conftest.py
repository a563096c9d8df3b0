"""One installation for all tests of the system, and the people on it."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests import infra
from tests.factories import SERVICES
from tests.kafka_node import KafkaNode, jars_can_run
from tests.system.acts import People
from tests.system.installation import Installation


@pytest.fixture(scope="package")
async def installation(
    templates: infra.Templates,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> AsyncGenerator[Installation]:
    """The services as processes, with empty databases, on a Kafka of their own where there can be one."""
    async with AsyncExitStack() as stack:
        node = None
        if jars_can_run():
            node = await stack.enter_async_context(KafkaNode.running())
            bootstrap = node.bootstrap
        else:
            bootstrap = request.getfixturevalue("kafka_bootstrap")
        databases = {name: await templates.empty() for name in SERVICES}
        folder: Path = tmp_path_factory.mktemp("installation")
        yield await stack.enter_async_context(
            Installation.running(folder, databases, bootstrap, node)
        )


@pytest.fixture(scope="package")
def people(installation: Installation) -> People:
    """Whoever does something on the installation."""
    return People(installation)
