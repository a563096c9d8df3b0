"""Evidence of an installation: what its clients noted, its databases, topics, mails, logs and metrics.

Invariant: taken from outside, after the fact; the services answer for nothing but their metrics pages.
"""

from collections.abc import Sequence
from typing import Any

from tests.factories import SERVICES
from tests.faults.checker import Evidence
from tests.faults.history import Call
from tests.system.installation import Installation


async def evidence_of(
    installation: Installation, calls: Sequence[Call], planted: Sequence[str], **allowances: Any
) -> Evidence:
    """Everything that an installation has left; every service must be up, for its metrics."""
    texts = {file.name: file.read_text() for file in sorted(installation.folder.glob("*.log"))}
    for name in SERVICES:
        texts[f"metrics of {name}"] = "\n".join(await installation.metrics(name))
    return Evidence(
        calls=calls,
        databases=databases_of(installation),
        bootstrap=installation.bootstrap,
        letters=installation.mailbox.mails,
        planted=planted,
        texts=texts,
        contact_key=installation.environments["booking"]["BOOKING_CONTACT_KEY"],
        **allowances,
    )


def databases_of(installation: Installation) -> dict[str, str]:
    """Each service's database."""
    return {
        name: installation.environments[name][f"{name}_DATABASE_URL".upper()] for name in SERVICES
    }
