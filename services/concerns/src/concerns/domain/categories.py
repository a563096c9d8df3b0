"""The things that can make a place feel unsafe, as codes with labels.

Invariant: a code keeps its meaning for ever; a list that loses or changes one is a new version, and
every concern keeps the version under which it was said. The first follows police.uk StreetSafe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from concerns.domain.refusals import UnfitCategories
from shared.errors import Fault

VERSION = "streetsafe-1"

Kind = Literal["environment", "behaviour"]


@dataclass(frozen=True, slots=True)
class Category:
    """One thing to tick: about the place, or about how people behave there."""

    code: str
    label: str
    kind: Kind


CATEGORIES: tuple[Category, ...] = (
    Category("no_cctv", "No CCTV", "environment"),
    Category("badly_lit", "Badly lit", "environment"),
    Category("isolated", "Empty or isolated", "environment"),
    Category("poor_layout", "Poor layout, such as blind corners", "environment"),
    Category("restricted_visibility", "Hard to see around, such as bushes or walls", "environment"),
    Category(
        "rundown", "Run down, such as graffiti, dumped rubbish or abandoned cars", "environment"
    ),
    Category("drug_alcohol", "Signs of drug or alcohol use", "environment"),
    Category("other", "Something else about the place", "environment"),
    Category("harassed_by_one", "Being shouted at or harassed by one stranger", "behaviour"),
    Category("harassed_by_group", "Being shouted at or harassed by a group", "behaviour"),
    Category("followed", "Being followed", "behaviour"),
    Category("other_harassment", "Some other harassment", "behaviour"),
)

BY_CODE: Mapping[str, Category] = MappingProxyType({each.code: each for each in CATEGORIES})
CATCH_ALL = "other"


def check(codes: Sequence[str]) -> None:
    """Raise UnfitCategories unless there is one or more, each known and none twice."""
    faults = [
        Fault(f"#/categories/{place}", "is not in the list of categories")
        for place, code in enumerate(codes)
        if code not in BY_CODE
    ]
    if not codes:
        faults.append(Fault("#/categories", "must name at least one category"))
    if len(set(codes)) < len(codes):
        faults.append(Fault("#/categories", "must not name a category twice"))
    if faults:
        raise UnfitCategories(faults=faults)
