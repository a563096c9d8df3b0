"""Whatever is sent to booking is answered, and as its description says: every check of Schemathesis.

All of its phases run: the examples, the edges of every schema, random input, and sequences of calls
along what the answers name. The checks are all on; what is wider than usual says why.
"""

import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import FreshDatabase
from tests.contracts.filling import Known, fill, token_for_all
from tests.contracts.serving import Served, serving
from tests.factories import START
from tests.tokens import TestIssuer

LATER = START + timedelta(minutes=65)
# Of 54: two need a parked event, and there is none; a few need three right ids and a right version at once.
NEVER_DONE_AT_MOST = 8
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIG = """
continue-on-failure = true
suppress-health-check = ["all"]

[auth.openapi.HTTPBearer]
bearer = "{token}"

[generation]
max-examples = {examples}

[phases.stateful]
max-steps = 8

[phases.stateful.generation]
max-examples = {sequences}

# One method beside those that there are is enough to see a 405 and its Allow.
[phases.coverage]
unexpected-methods = ["OPTIONS"]

# What no schema can say (an officer that there is, an end after its beginning, a cursor of ours) is
# refused as 422 with a pointer, a link that is over as 410, a version that is not the last as 412.
# A valid request is still never 400, 405, 413, 415 or 428.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "410", "412", "422", "429"]

# DESIGN, section 6: a missing If-Match is 428.
[checks.missing_required_header]
expected-statuses = ["401", "403", "404", "410", "422", "428"]

# As above; and the state of things is looked at before every field of the input is.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "410", "412", "422", "428", "429"]
"""


@pytest.fixture
async def served(fresh_database: FreshDatabase, issuer: TestIssuer) -> AsyncGenerator[Served]:
    """Booking, filled."""
    with serving(await fresh_database("booking"), issuer) as found:
        yield found


async def test_a_thousand_requests_are_answered_as_described(
    served: Served, issuer: TestIssuer, tmp_path: Path
) -> None:
    # The operators' routes are every service's, and are asked in the long form.
    asking = Asking(served, issuer, tmp_path, leave_out=("--exclude-tag", "operations"))
    assert asking.until(1_000, examples=2) >= 1_000


@pytest.mark.soak
async def test_twenty_thousand_requests_are_answered_as_described(
    served: Served, issuer: TestIssuer, tmp_path: Path
) -> None:
    asking = Asking(served, issuer, tmp_path)
    assert asking.until(20_000, examples=30) >= 20_000
    never = asking.never_done()
    assert len(never) <= NEVER_DONE_AT_MOST, never


@dataclass(frozen=True)
class Asking:
    """Schemathesis at booking; ``leave_out`` are words of its command line."""

    served: Served
    issuer: TestIssuer
    folder: Path
    leave_out: tuple[str, ...] = ()

    def until(self, requests: int, *, examples: int) -> int:
        """Ask with one seed after the other until it was so often; how often it was."""
        token = token_for_all(self.issuer)
        known = fill(self.served.url, token)
        self.served.clock.at = LATER
        config = self.folder / "schemathesis.toml"
        asking = CONFIG.format(token=token, examples=examples, sequences=10 * examples)
        config.write_text(asking + dictionaries(known))
        before, seed = self.served.answers().total(), 0
        while (answered := self.served.answers().total() - before) < requests:
            seed += 1
            self.run("--config-file", str(config), "run", "--seed", str(seed))
        assert not [said for said in self.served.answers() if said[2] >= 500]
        return answered

    def never_done(self) -> set[str]:
        """The operations that were asked, and never with success."""
        tried = {
            (route, method) for route, method, status in self.served.answers() if status != 405
        }
        done = {said[:2] for said in self.served.answers() if said[2] < 300}
        return {f"{method} {route}" for route, method in tried - done}

    def run(self, *words: str) -> None:
        """One run; fails with what it has found."""
        done = subprocess.run(
            [SCHEMATHESIS, *words, "--no-color", *self.leave_out, self.served.document],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def dictionaries(known: Known) -> str:
    """Seven times of ten an id is one that there is."""
    bindings = {
        **{f"path.{name}": name for name in known if name != "reference"},
        "body.slot_id": "slot_id",
        "body.officer_id": "officer_id",
        "body.reference": "reference",
        "header.if-match": "version",
    }
    values = {**known, "version": ['"1"', '"2"', '"3"']}
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(each)}" for name, each in values.items()]
    lines += [
        f'[parameters."{where}"]\ndictionary = "{name}"\nprobability = 0.7'
        for where, name in bindings.items()
    ]
    return "\n".join(lines)
