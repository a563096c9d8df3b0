"""Files in: ``python -m concerns import open311-csv FILE [--map FILE] [--rejects FILE]``.

Invariant: each row is one transaction of the function that captures everything else, known by its id
in the system it comes from; so a run that was stopped is gone on with by running it again, and a file
read twice changes nothing. A bad row is written down with its line and reason, and stops nothing.
"""

import argparse
import asyncio
import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from concerns import domain, service
from concerns.schemas import open311
from concerns.settings import Settings
from shared.areas import BoundarySet
from shared.errors import Refusal
from shared.idempotency import Once
from shared.postgres import is_infrastructure
from shared.service import Parts

DONE, STOPPED, UNUSABLE, SOME_REJECTED = 0, 1, 2, 3

# Rows on their way at once. More does not help: each is a few short statements.
AT_ONCE = 8
# A row names itself by its outside id; it has no Idempotency-Key.
_NO_KEY = Once("import", None, b"")


async def import_file(parts: Parts[Settings], areas: BoundarySet, words: Sequence[str]) -> int:
    """Run the command; answers 0 all captured, 1 stopped half way, 2 unusable file, 3 some rejected."""
    chosen = _parser().parse_args(words)
    rejects = chosen.rejects or Path(f"{chosen.file.stem}.rejects.csv")
    with ExitStack() as open_files:
        try:
            rows = _Rows(open_files, chosen.file)
            import_ = _Import(parts, areas, _map(chosen.map), chosen.system)
        except (OSError, open311.FileRefused) as error:
            sys.stderr.write(f"{_place(error, chosen.file)}: {_words(error)}\n")
            return UNUSABLE
        try:
            with tqdm(total=rows.number, unit=" rows", file=sys.stderr) as bar:
                await import_.take_all(rows, bar)
            import_.write_rejects(rejects)
        except _Stopped as stopped:
            sys.stderr.write(f"stopped: {stopped}; run it again to go on from here\n")
            return STOPPED
    sys.stdout.write(import_.summary(rejects))
    return SOME_REJECTED if import_.rejected else DONE


class _Stopped(Exception):
    """The import cannot go on; the message says why."""


class _Rows:
    """The rows of a file with the lines they begin on; a line that csv cannot read is a reason."""

    def __init__(self, open_files: ExitStack, file: Path) -> None:
        with file.open("rb") as counted:
            self.number = max(sum(1 for _ in counted) - 1, 0)
        # Bytes that are not UTF-8 become surrogates, which their own row is refused for.
        opened = file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._reader = csv.DictReader(open_files.enter_context(opened))
        try:
            header = self._reader.fieldnames
        except csv.Error as error:
            raise open311.FileRefused("is not CSV") from error
        if not header:
            raise open311.FileRefused("is empty")
        self.columns = open311.columns_of(header)

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        while True:
            line = self._reader.line_num + 1
            try:
                row = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield line, None
            else:
                yield line, row


@dataclass
class _Import:
    """One run over one file, and what became of its rows."""

    parts: Parts[Settings]
    areas: BoundarySet
    category_map: open311.Map
    system: str
    counts: Counter[str] = field(default_factory=Counter[str])
    rejected: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    unmapped: Counter[str] = field(default_factory=Counter[str])
    seen: set[str] = field(default_factory=set[str])

    async def take_all(self, rows: _Rows, bar: "tqdm[Any]") -> None:
        """Take every row, some at once. Raises _Stopped."""
        coming = iter(rows)

        async def take_some() -> None:
            for line, row in coming:  # one iterator for all: each row is taken by one of them
                await self._take(line, row, rows.columns)
                bar.update()

        takers = [asyncio.create_task(take_some()) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*takers)
        except BaseException:
            for taker in takers:
                taker.cancel()
            await asyncio.gather(*takers, return_exceptions=True)
            raise

    async def _take(self, line: int, row: dict[str, Any] | None, columns: open311.Columns) -> None:
        outside_id = str((row or {}).get(columns.id) or "")
        try:
            report = open311.report_of(row, columns, self.category_map, system=self.system)
            await self._capture(report)
        except (open311.RowRefused, Refusal) as refusal:
            self.rejected.append((line, outside_id, str(refusal)))

    async def _capture(self, report: open311.Report) -> None:
        assert report.said.outside is not None
        # Of two rows with one id the first counts, however their transactions overtake each other.
        if report.said.outside.id in self.seen:
            self.counts["repeated"] += 1
            return
        self.seen.add(report.said.outside.id)
        try:
            answer = await service.capture_concern(self.parts, self.areas, report.said, _NO_KEY)
        except domain.AlreadyCaptured:
            self.counts["kept"] += 1
            return
        except Exception as error:
            if is_infrastructure(error):
                raise _Stopped("the database does not answer") from error
            raise
        self.counts["captured"] += 1
        self.counts["outside"] += answer["outside"]
        if report.unmapped is not None:
            self.unmapped[report.unmapped] += 1

    def write_rejects(self, path: Path) -> None:
        """Write down what was rejected, in the order of the file. Raises _Stopped."""
        if not self.rejected:
            return
        try:
            with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["line", "id", "reason"])
                writer.writerows(sorted(self.rejected))
        except OSError as error:
            raise _Stopped(f"{path} cannot be written ({error.strerror})") from error

    def summary(self, rejects: Path) -> str:
        """What was done, in a few lines."""
        counts = self.counts
        done = (
            f"{counts['captured']} captured ({counts['outside']} outside every ward), "
            f"{counts['kept']} captured before, {counts['repeated']} repeated in the file, "
            f"{len(self.rejected)} rejected"
        )
        lines = [done]
        if self.unmapped:
            told = ", ".join(f"{name} {number}" for name, number in self.unmapped.most_common(20))
            lines.append(f"taken as '{domain.CATCH_ALL}' because no map knows them: {told}")
        if self.rejected:
            lines.append(f"rejected rows, with line and reason: {rejects}")
        return "\n".join(lines) + "\n"


def _map(file: Path | None) -> open311.Map:
    """The shipped map, with a given one's lines put over it."""
    shipped = open311.shipped_map()
    if file is None:
        return shipped
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return {**shipped, **open311.read_map(opened)}
    except (open311.FileRefused, csv.Error, UnicodeError) as error:
        raise open311.FileRefused(f"the map {file}: {_words(error)}") from error


def _place(error: Exception, file: Path) -> str:
    """The file that a fault is about: an OSError says which."""
    named: Any = getattr(error, "filename", None)
    return str(named or file)


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m concerns import")
    kinds = parser.add_subparsers(dest="kind", required=True)
    command = kinds.add_parser("open311-csv", help="reports that an Open311 service has received")
    command.add_argument("file", type=Path)
    command.add_argument("--map", type=Path, help="CSV of outside,category lines, over the shipped")
    command.add_argument("--rejects", type=Path, help="where rows go that cannot be taken")
    command.add_argument("--system", default="open311", help="whose ids these are")
    return parser
