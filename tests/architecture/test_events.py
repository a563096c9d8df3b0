"""No topic ever carries a name, a contact, free text, an exact point, or a person's number or id.

The lint reads the fact classes: what a field is called, and what its type could hold.
"""

import re
import types
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared.events import FACTS, Fact, WardRef, tier_of

# Words that a field's name may not hold, on any topic.
PERSONAL = re.compile(
    r"(^|_)(name|names|email|mail|phone|tel|mobile|contact|address|postcode|note|notes|text|comment"
    r"|description|remark|message|point|place|lat|lon|lng|longitude|latitude|coordinates|geometry"
    r"|geojson|h3|officer|collar|shoulder|warrant|participant|person|user|subject|woman|dob|birth"
    r"|age|gender|ethnicity|reference|url|link|token)($|_)"
)
# What such a name may mean after all.
HARMLESS = {"officer_role"}
# Texts that are codes out of a list, ids of aggregates, and numbers that are not coordinates.
CODES = {"code", "set", "categories", "category_version"}
IDS = {"walk_id"}
MEASURES = {"notice_hours"}
PLAIN = (bool, int, date)


def faults(fact: type[BaseModel], *, shared: bool, within: str = "") -> Iterator[str]:
    """What is wrong with the fields of a fact, one line each."""
    for name, field in fact.model_fields.items():
        path = f"{within}{name}"
        if PERSONAL.search(name) and name not in HARMLESS:
            yield f"{path}: its name says it is about a person, a place or free text"
        for kind in kinds(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from faults(kind, shared=shared, within=f"{path}.")
            elif fault := unfit(name, kind, shared=shared):
                yield f"{path}: {fault}"


def kinds(annotation: Any) -> Iterator[Any]:
    """The simple types within an annotation."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType, list, tuple, frozenset, set):
        for argument in get_args(annotation):
            yield from kinds(argument)
    elif origin is Literal:
        yield Literal
    else:
        yield annotation


def unfit(name: str, kind: Any, *, shared: bool) -> str | None:  # noqa: PLR0911  (a table of answers)
    """Why a field of this simple type may not be, or None."""
    if kind in (Literal, type(None), Ellipsis) or (
        isinstance(kind, type) and issubclass(kind, Enum)
    ):
        return None
    if shared and kind in (datetime, time):
        return "the shared tier tells no time of day"
    if shared and kind is UUID:
        return "the shared tier names nothing but its own subject"
    if kind is str:
        return None if name in CODES else "a text that is no code could hold anything"
    if kind is UUID:
        return None if name in IDS else "an id that could be a person's"
    if kind is float:
        return None if name in MEASURES and not shared else "a fraction could be a coordinate"
    return None if kind in (*PLAIN, datetime) else f"{kind} could hold anything"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_fact_cannot_carry_what_no_topic_may(fact: type[Fact]) -> None:
    assert list(faults(fact, shared=tier_of(fact.topic) == "shared")) == []


@pytest.mark.parametrize(
    ("field", "kind", "fault"),
    [
        ("display_name", str, "about a person"),
        ("email", str, "about a person"),
        ("officer", str, "about a person"),
        ("officer_id", UUID, "about a person"),
        ("participant_id", UUID, "about a person"),
        ("note", str | None, "about a person"),
        ("meeting_point", list[float], "about a person"),
        ("remarks", str, "a text that is no code"),
        ("near", str | None, "a text that is no code"),
        ("whose", UUID, "could be a person's"),
        ("where", tuple[float, float], "could be a coordinate"),
        ("more", dict[str, str], "could hold anything"),
        ("anything", Any, "could hold anything"),
    ],
)
def test_the_lint_refuses_a_planted_field(field: str, kind: Any, fault: str) -> None:
    planted = type("Planted", (BaseModel,), {"__annotations__": {field: kind}})
    assert any(fault in found for found in faults(planted, shared=False))


@pytest.mark.parametrize("kind", [datetime, datetime | None, time, UUID])
def test_the_lint_refuses_times_and_ids_on_the_shared_tier(kind: Any) -> None:
    planted = type("Planted", (BaseModel,), {"__annotations__": {"walk_id": kind}})
    assert list(faults(planted, shared=True)) != []


def test_the_lint_looks_into_nested_models() -> None:
    class Place(WardRef):
        near: str

    planted = type("Planted", (BaseModel,), {"__annotations__": {"ward": Place | None}})
    assert list(faults(planted, shared=False)) == [
        "ward.near: a text that is no code could hold anything"
    ]


def described(kind: type[Fact]) -> Iterator[type[Fact]]:
    """Every class below that names a type of its own."""
    for below in kind.__subclasses__():
        if "type" in vars(below) and below.__module__.startswith("shared."):
            yield below
        yield from described(below)


def test_every_fact_class_is_registered_and_therefore_linted() -> None:
    assert set(described(Fact)) == set(FACTS)
