"""The real reports of a year, or every so many of them, with the ward in which each truly is.

Invariant: what is left out is left out of the file and of the truth alike.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.infra import real

# `make test` takes every eighth, `make soak` all.
FEW = 8


@dataclass(frozen=True, slots=True)
class Reports:
    """A file as `make load` takes it, and how many of them are in each ward by its code, "" for outside."""

    file: Path
    truth: Counter[str]

    @property
    def number(self) -> int:
        """How many there are."""
        return self.truth.total()

    @property
    def outside(self) -> int:
        """How many are in no ward."""
        return self.truth[""]


def real_reports(folder: Path, every: int) -> Reports:
    """One of ``every`` reports, written into a folder."""
    with real("fixmystreet_ward_by_report.csv").open(newline="") as file:
        wards = {row["service_request_id"]: row["WD22CD"] for row in csv.DictReader(file)}
    with real("fixmystreet_lewisham_points.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    chosen = rows[::every]
    made = folder / "reports.csv"
    with made.open("w", newline="") as file:
        csv.writer(file).writerows([head, *chosen])
    return Reports(made, Counter(wards[row[0]] for row in chosen))
