"""``python -m tests.contracts``: agree to what today's code adds. A breaking edit is refused.

What it writes is for a person to read and to commit; a breaking edit wants a new type or topic (``v2``).
"""

import sys

from shared.events import FACTS
from tests.contracts import agreed
from tests.contracts.changes import breaks
from tests.factories import SERVICES


def main() -> int:
    """Write schemas and OpenAPI documents; how many breaking edits there are."""
    broken = 0
    for fact in FACTS:
        old, new = agreed.agreed_schema(fact.topic, fact.type), agreed.schema_of(fact)
        found = breaks(old, new) if old else []
        for line in found:
            print(f"{fact.topic} {fact.type} {line}")  # noqa: T201 - a command speaks
        if not found:
            agreed.write(agreed.schema_file(fact.topic, fact.type), new)
        broken += len(found)
    for service in SERVICES:
        agreed.write(agreed.OPENAPI / f"{service}.json", agreed.openapi_of(service))
    return broken


if __name__ == "__main__":
    sys.exit(main() > 0)
