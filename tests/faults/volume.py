"""Event numbers: concerns captured by the service's own use case, in a process of its own.

    python -m tests.faults.volume --database URL --history FILE --seed N --seconds N [--tasks N]

HTTP alone does not make a million events in half an hour on two cores. Each capture is a report of
another system, as an import brings it: its id there is its key, so that one asked again is kept once.

Invariant: the intent is in the history before the transaction begins, and its end after; what an
earlier run left unknown is asked again first, so ``--seconds 0`` only settles.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concerns import domain, service
from concerns.app import SERVICE
from concerns.settings import Settings
from shared import areas
from shared.clock import new_id
from shared.errors import Refusal
from shared.idempotency import Once
from shared.postgres import is_infrastructure
from shared.run import open_parts
from shared.service import Parts
from tests.factories import PLACES, ROOT
from tests.faults.canary import Canary
from tests.faults.clients import unanswered
from tests.faults.history import History, Outcome
from tests.system.processes import Process

METHOD, SYSTEM = "IMPORT", "volume"
AGAIN_SECONDS = 0.5
_NO_KEY = Once("import", None, b"")


def volume(
    *, database: str, history: Path, log: Path, seed: int, seconds: float, tasks: int = 4
) -> Process:
    """The process, not yet started: whoever runs faults starts it, kills it, starts it again."""
    words = ["--database", database, "--history", str(history), "--seed", str(seed)]
    words += ["--seconds", str(seconds), "--tasks", str(tasks)]
    return Process("tests.faults.volume", *words, log=log, environment={})


@dataclass
class Volume:
    """One run: captures one after another until its time is over, in each of its tasks."""

    parts: Parts[Any]
    boundaries: areas.BoundarySet
    history: History
    seed: int

    async def run(self, deadline: float, tasks: int) -> int:
        """First what is unanswered, then new captures; answers how many were captured."""
        left = [call.key for call in unanswered(self.history.calls()) if call.method == METHOD]
        return sum(await asyncio.gather(*(self._take(left, deadline) for _ in range(tasks))))

    async def _take(self, left: list[str], deadline: float) -> int:
        captured = 0
        while left or time.monotonic() < deadline:
            key = left.pop() if left else str(new_id())
            while (outcome := await self._capture(key)) == "unknown":
                await asyncio.sleep(AGAIN_SECONDS)
            captured += outcome == "ok"
        return captured

    async def _capture(self, key: str) -> Outcome:
        name = self.history.asked(SYSTEM, key, METHOD, SYSTEM)
        outcome, answer = await self._answer(key)
        self.history.answered(name, outcome, None, answer)
        return outcome

    async def _answer(self, key: str) -> tuple[Outcome, Any]:
        try:
            kept = await service.capture_concern(
                self.parts, self.boundaries, self._said(key), _NO_KEY
            )
        except domain.AlreadyCaptured:
            return "ok", None
        except Refusal as refusal:
            return "refused", refusal.slug
        except Exception as error:
            if is_infrastructure(error):
                return "unknown", None
            raise
        return "ok", {"id": kept["id"]}

    def _said(self, key: str) -> domain.Said:
        canary = Canary.of(self.seed)
        lon, lat = canary.point
        return domain.Said(
            source="import",
            categories=("badly_lit",),
            severity=2,
            lon=lon,
            lat=lat,
            by=SYSTEM,
            note=canary.note(key),
            outside=domain.Outside(SYSTEM, key),
        )


async def main(chosen: argparse.Namespace) -> None:
    """Capture, and say how many a second."""
    said: dict[str, Any] = {"database_url": chosen.database, "database_pool": max(2, chosen.tasks)}
    settings = Settings(**(PLACES | said))
    boundaries = areas.load(ROOT / "deploy" / "areas", settings.areas_set)
    async with open_parts(SERVICE, settings) as parts:
        volume = Volume(parts, boundaries, History(chosen.history), chosen.seed)
        began = time.monotonic()
        captured = await volume.run(began + chosen.seconds, chosen.tasks)
        took = time.monotonic() - began
    print(f"{captured} captured in {took:.1f} s, {captured / max(took, 0.001):.0f} a second")  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.volume")
    parser.add_argument("--database", required=True)
    parser.add_argument("--history", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--tasks", type=int, default=4)
    return parser


if __name__ == "__main__":
    asyncio.run(main(_parser().parse_args()))
