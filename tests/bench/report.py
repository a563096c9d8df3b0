"""RESULTS.md and results.json, from what was measured and from nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench.measuring import ROUNDS, Row

HERE = Path(__file__).parent
RESULTS, RAW = HERE / "RESULTS.md", HERE / "results.json"

HEAD = """# How fast

Written by `make bench`; every number comes from its runs, and the rounds are in `results.json`.

Machine and versions: {versions}.

Method: real Apache Kafka and PostgreSQL on this machine, PostgreSQL durable (fsync, synchronous_commit and
full_page_writes on). Contestants are processes of their own and take turns within each of {rounds} rounds;
a ratio is taken inside a round, and the median of the rounds is judged. In brackets the least and the most.
Yardsticks are in `yardsticks/`, written as their users would write them. Every relayed event is read back
by another client and its order checked; every consumer's figures are counted. No other settings than the
product's defaults, but for limits that a load test would hit (bookings a minute, parked keys, live streams)
and the live stream's look for new figures, which is shortened to 20 ms so that 10 updates a second can be told.

| work | yardstick in the same run | measured | must | aim | |
|---|---|---|---|---|---|
"""
NUMBERS = """
## Numbers behind the ratios

Medians of the rounds. Rates depend on the machine; the ratios above are what to compare.

| work | contestant | |
|---|---|---|
"""
GROWTH = """
## How cost grows

| | median | least to most |
|---|---|---|
"""


def write(rows: Sequence[Row], versions: Mapping[str, str]) -> None:
    """Write both files."""
    RAW.write_text(
        json.dumps({"versions": dict(versions), "rows": [_raw(row) for row in rows]}, indent=1)
        + "\n"
    )
    RESULTS.write_text(text(rows, versions))


def text(rows: Sequence[Row], versions: Mapping[str, str]) -> str:
    """The report for readers."""
    said = ", ".join(f"{name} {value}" for name, value in versions.items())
    judged = [row for row in rows if not row.name.startswith("growth")]
    grown = [row for row in rows if row.name.startswith("growth")]
    lines = [HEAD.format(versions=said, rounds=ROUNDS), *map(_judged, judged), NUMBERS]
    told: set[int] = set()
    for row in judged:
        if id(row.rounds) not in told:
            told.add(id(row.rounds))
            lines += _behind(row)
    lines += [GROWTH, *map(_grown, grown)]
    return "".join(lines)


def _judged(row: Row) -> str:
    spread = f"{_number(row)} [{row.least:,.3g} to {row.most:,.3g}]"
    verdict = "aim" if row.reaches(row.aim) else "must" if row.reaches(row.must) else "**missed**"
    if row.must is None:
        verdict = ""
    note = f" ({row.note})" if row.note else ""
    must, aim = (_bound(row, bound) for bound in (row.must, row.aim))
    return f"| {row.work}{note} | {row.yardstick} | {spread} | {must} | {aim} | {verdict} |\n"


def _number(row: Row) -> str:
    return f"{row.median:,.3g}{_unit(row)}"


def _bound(row: Row, bound: float | None) -> str:
    return "" if bound is None else f"{bound:,g}{_unit(row)}"


def _unit(row: Row) -> str:
    return row.unit if row.unit in ("x", "/s") else f" {row.unit}"


def _behind(row: Row) -> list[str]:
    found: list[str] = []
    for name, values in row.medians().items():
        numbers = ", ".join(
            f"{key.replace('_', ' ')} {value:,.4g}" for key, value in values.items()
        )
        found.append(f"| {row.work} | {name} | {numbers} |\n")
    return found


def _grown(row: Row) -> str:
    what = f"{row.work}, {row.yardstick}" if row.yardstick else row.work
    return f"| {what} | {_number(row)} | {row.least:,.4g} to {row.most:,.4g} |\n"


def _raw(row: Row) -> Mapping[str, object]:
    return asdict(row) | {"median": row.median}
