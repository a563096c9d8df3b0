"""Draws Larkmere, the invented borough that the platform ships: ``python deploy/areas/draw.py``.

Invariant: the same borough every time, on any machine: plain arithmetic from one seed, rounded to
six decimals, so that ``larkmere-2026.geojson`` can be compared with what this draws. No ward, name
or place is real; the coordinates lie in the south of England so that its dusk is a true one.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from shared.areas.normalise import as_bytes, write

SET, DATE = "larkmere-2026", "2026-05-07"
FILE = Path(__file__).with_name(f"{SET}.geojson")

SEED = 2026
COLUMNS, ROWS = 4, 3
WEST, SOUTH = -0.245, 51.385
WIDTH, HEIGHT = 0.026, 0.0155  # degrees: a ward of about 1.8 km each way
STRAY = 0.16  # how far a corner strays from the lattice, in wards
BEND = 0.11  # how far the middle of a border strays from its line, by its length
FOLDS = 4  # how often a border is bent again

# West to east, north to south; each with places that people know.
WARDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mere End", ("Mere End Boathouse", "Larkmere Lido", "the Swan Steps")),
    ("Larkfield", ("Larkfield Library", "Bandstand Green", "Larkfield Parade")),
    ("Tallow Bridge", ("Tallow Bridge Station", "Chandlers Yard", "the Tallow Arches")),
    ("Quarry Rise", ("Quarry Rise Steps", "the Old Lime Kiln", "Quarry Rise Shops")),
    ("Pepper Green", ("Pepper Green Pond", "Pepper Green School", "Cricketers Corner")),
    ("Cinder Lane", ("Cinder Lane Market", "Larkmere Town Hall", "Cinder Lane Bus Station")),
    ("Ashmoor", ("Ashmoor Common", "Ashmoor Health Centre", "the Ashmoor Underpass")),
    ("Fennel Park", ("Fennel Park Gates", "Fennel Park Cafe", "Glasshouse Walk")),
    ("Old Wharf", ("Old Wharf Lock", "Ropewalk Corner", "the Wharf Footbridge")),
    ("Thistle Hill", ("Thistle Hill Leisure Centre", "Beacon Court", "Thistle Hill Allotments")),
    ("Millrace", ("Millrace Meadow", "Larkmere College", "the Weir Path")),
    ("Candle Wood", ("Candle Wood Car Park", "Candle Wood Halt", "Foresters Row")),
)

Point = tuple[float, float]


def _corners(chance: Random) -> dict[tuple[int, int], Point]:
    """The lattice's corners, each a little astray; row 0 is the northern edge."""
    return {
        (column, row): (
            column + chance.uniform(-STRAY, STRAY),
            row + chance.uniform(-STRAY, STRAY),
        )
        for row in range(ROWS + 1)
        for column in range(COLUMNS + 1)
    }


def _bent(start: Point, end: Point, chance: Random, folds: int) -> list[Point]:
    """A border from start up to, not including, end, its middle moved aside again and again."""
    if folds == 0:
        return [start]
    aside = chance.uniform(-BEND, BEND)
    middle = (
        (start[0] + end[0]) / 2 - (end[1] - start[1]) * aside,
        (start[1] + end[1]) / 2 + (end[0] - start[0]) * aside,
    )
    return _bent(start, middle, chance, folds - 1) + _bent(middle, end, chance, folds - 1)


def _degrees(point: Point) -> list[float]:
    """Lattice to longitude and latitude."""
    return [
        round(WEST + point[0] * WIDTH, 6),
        round(SOUTH + (ROWS - point[1]) * HEIGHT, 6),
    ]


class _Borders:
    """Each border drawn once, and walked by the wards on both its sides."""

    def __init__(self) -> None:
        chance = Random(SEED)  # noqa: S311 - a drawing, not a secret
        self.corners = _corners(chance)
        self._drawn: dict[tuple[tuple[int, int], tuple[int, int]], list[Point]] = {}
        for column, row in self.corners:
            for other in ((column + 1, row), (column, row + 1)):
                if other in self.corners:
                    here, there = self.corners[column, row], self.corners[other]
                    line = _bent(here, there, chance, FOLDS)
                    self._drawn[(column, row), other] = [*line, there]

    def ring(self, column: int, row: int) -> list[list[float]]:
        """The closed outline of a ward, anticlockwise."""
        around = [
            (column, row),
            (column, row + 1),
            (column + 1, row + 1),
            (column + 1, row),
            (column, row),
        ]
        points: list[Point] = []
        for start, end in pairwise(around):
            points += self._walked(start, end)[:-1]
        return [_degrees(point) for point in (*points, points[0])]

    def _walked(self, start: tuple[int, int], end: tuple[int, int]) -> list[Point]:
        if (start, end) in self._drawn:
            return self._drawn[start, end]
        return self._drawn[end, start][::-1]


def _places(names: Sequence[str], column: int, row: int) -> list[dict[str, Any]]:
    """The named places, in a row from north-west to south-east across the middle of a ward."""
    spots = ((0.35, 0.35), (0.5, 0.55), (0.65, 0.65))
    return [
        {"name": name, "coordinates": _degrees((column + spot[0], row + spot[1]))}
        for name, spot in zip(names, spots, strict=True)
    ]


def draw() -> bytes:
    """The borough's file."""
    borders = _Borders()
    wards: list[dict[str, Any]] = []
    for number, (name, places) in enumerate(WARDS):
        row, column = divmod(number, COLUMNS)
        properties = {
            "code": f"L{5_000_001 + number:08d}",
            "name": name,
            "places": _places(places, column, row),
        }
        outline = {"type": "Polygon", "coordinates": [borders.ring(column, row)]}
        wards.append({"type": "Feature", "properties": properties, "geometry": outline})
    return as_bytes(SET, DATE, wards)


if __name__ == "__main__":
    write(draw(), FILE)
