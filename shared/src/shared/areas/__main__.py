"""``python -m shared.areas normalise FILE [--out DIR] [--name NAME] [--date DATE]``.

Invariant: exit code 0 and the set's path on stdout, or 2 and one line on stderr; a set that could
not be made whole is not written.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.areas.boundaries import AreasRefused, load
from shared.areas.normalise import normalise, write


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; answers the exit code."""
    chosen = _parser().parse_args(words)
    try:
        name, content = normalise(chosen.file, name=chosen.name, date=chosen.date)
        target = chosen.out / f"{name}.geojson"
        write(content, target)
        made = load(chosen.out, name)
    except AreasRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    sys.stdout.write(f"{target}: {len(made.wards)} wards, set {made.name}, {made.date}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.areas", description="Boundary sets.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("normalise", help="make a boundary set of a published ward file")
    command.add_argument("file", type=Path, help="GeoJSON of wards, in degrees")
    command.add_argument("--out", type=Path, default=Path(), help="folder for <name>.geojson")
    command.add_argument("--name", help="the set's name (default: the file's)")
    command.add_argument("--date", help="from when the wards hold (default: ONS's year)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
