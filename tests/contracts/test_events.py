"""Events grow by addition only: what was ever agreed is still read, and what breaks it is refused."""

import copy
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, create_model

from shared import codec
from shared.codec import Record
from shared.events import FACTS, REGISTRY, Fact, WardRef
from shared.events.base import SCHEMAS
from shared.events.walks import WalkOverdue
from tests.contracts import agreed
from tests.contracts.changes import breaks


def named(fact: type[Fact]) -> str:
    """A type by its topic, as a test's name."""
    return f"{fact.topic}/{fact.type}"


def record_of(sample: agreed.Json) -> Record:
    """A sample as Kafka would hand it over."""
    headers = [(name, value.encode()) for name, value in sample["headers"].items()]
    return Record(sample["key"].encode(), json.dumps(sample["value"]).encode(), headers)


@pytest.mark.parametrize(
    "path", agreed.samples(), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_what_was_once_written_is_read_by_todays_code(path: Path) -> None:
    sample = agreed.read(path)
    event = codec.decode(path.parent.name, record_of(sample))
    assert event.key == sample["key"]
    assert codec.TYPE_PREFIX + event.type == sample["headers"]["ce_type"]
    said_again = json.loads(event.fact.model_dump_json())
    assert {name: said_again[name] for name in sample["value"]} == sample["value"]


@pytest.mark.parametrize(
    "path", agreed.samples(), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_todays_code_puts_the_same_envelope_around_it(path: Path) -> None:
    sample = agreed.read(path)
    event = codec.decode(path.parent.name, record_of(sample))
    row = {
        "topic": event.topic,
        "key": event.key,
        "sequence": event.sequence,
        "event_id": event.id,
        "type": event.type,
        "headers": {
            name: sample["headers"][f"ce_{name}"]
            for name in ("time", "traceparent", "causationid")
            if f"ce_{name}" in sample["headers"]
        },
        "value": event.fact.model_dump_json().encode(),
        "republished": False,
    }
    record = codec.encode(row, sample["headers"]["ce_source"])
    assert {name: (value or b"").decode() for name, value in record.headers} == sample["headers"]


@pytest.mark.parametrize("fact", FACTS, ids=named)
def test_every_type_has_a_sample(fact: type[Fact]) -> None:
    assert agreed.samples_of(fact), (
        f"write a record of it to tests/contracts/samples/{fact.topic}/{fact.type}.json"
    )


@pytest.mark.parametrize("fact", FACTS, ids=named)
def test_no_type_is_changed_but_by_addition(fact: type[Fact]) -> None:
    before = agreed.agreed_schema(fact.topic, fact.type)
    assert before is not None, f"a new type: {agreed.RENEW}, and commit its schema"
    assert breaks(before, agreed.schema_of(fact)) == [], (
        "readers of the other version would break: leave this class, and say the new thing in a new"
        " type or on a topic v2"
    )
    assert before == agreed.schema_of(fact), f"an addition: {agreed.RENEW}, and commit the schema"


def test_no_type_that_was_ever_agreed_is_gone() -> None:
    assert set(agreed.agreed_types()) <= set(REGISTRY)


def test_an_events_dataschema_leads_to_its_schema() -> None:
    for path in agreed.samples():
        address = agreed.read(path)["headers"]["ce_dataschema"]
        where = Path(address.removeprefix(f"{SCHEMAS}/"))
        assert (agreed.SCHEMAS / where).exists()


AGREED: dict[str, Any] = WalkOverdue.model_json_schema()


def edited(edit: str, *steps: str, to: Any = None) -> dict[str, Any]:
    """The agreed schema of WalkOverdue after an edit at a place: ``drop``, ``set``."""
    schema = copy.deepcopy(AGREED)
    at: Any = schema
    for step in steps[:-1]:
        at = at[step]
    if edit == "drop":
        del at[steps[-1]]
    else:
        at[steps[-1]] = to
    return schema


def rebuilt(**changes: Any) -> dict[str, Any]:
    """The schema of WalkOverdue with fields put in, or taken out by None, as an author would."""
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in WalkOverdue.model_fields.items()
    }
    fields = {name: given for name, given in (fields | changes).items() if given is not None}
    return create_model("WalkOverdue", **fields).model_json_schema()


class WardWithName(WardRef):
    """A ward that newer writers name."""

    name: str


class WardPerhapsWithName(WardRef):
    """A ward that newer writers may name."""

    name: str | None = None


class WardWithoutSet(BaseModel):
    """A ward that nobody can find on a map."""

    code: str


BREAKING: dict[str, tuple[dict[str, Any], str]] = {
    "a field is removed": (rebuilt(missing=None), "#/missing: is gone"),
    "a field is renamed": (
        rebuilt(due_at=None, deadline=(datetime, ...)),
        "#/due_at: is gone",
    ),
    "a field has another type": (rebuilt(due_at=(str, ...)), "#/due_at/format"),
    "a number has become a text": (rebuilt(light=(int, ...)), "#/light/"),
    "a new field is required": (rebuilt(weather=(str, ...)), "#/weather: is new and required"),
    "a field is no longer sure to be there": (
        rebuilt(due_at=(datetime, datetime(2027, 1, 12))),  # noqa: DTZ001 - any default
        "#/due_at: is no longer required",
    ),
    "a field may be null": (rebuilt(due_at=(datetime | None, ...)), "#/due_at/"),
    "a value is taken out of a list": (rebuilt(missing=(Literal["end"], ...)), "#/missing/"),
    "a value is put into a list": (
        rebuilt(missing=(Literal["start", "end", "both"], ...)),
        "#/missing/",
    ),
    "a field of a member is removed": (rebuilt(ward=(WardWithoutSet, ...)), "#/ward/set: is gone"),
    "a new field of a member is required": (
        rebuilt(ward=(WardWithName, ...)),
        "#/ward/name: is new and required",
    ),
    "an object has become a text": (rebuilt(ward=(str, ...)), "#/ward/"),
    "a schema by hand: the type of a member": (
        edited("set", "$defs", "WardRef", "properties", "code", "type", to="integer"),
        "#/ward/code/type",
    ),
    "a schema by hand: all members": (edited("drop", "properties"), "#/properties"),
}


@pytest.mark.parametrize(("schema", "fault"), BREAKING.values(), ids=BREAKING)
def test_the_guard_refuses_a_breaking_edit(schema: dict[str, Any], fault: str) -> None:
    found = breaks(AGREED, schema)
    assert any(re.match(re.escape(fault), line) for line in found), found


ADDITIVE: dict[str, dict[str, Any]] = {
    "nothing": rebuilt(),
    "an optional field": rebuilt(weather=(str | None, None)),
    "an optional field of a member": rebuilt(ward=(WardPerhapsWithName, ...)),
    "other words about it": edited("set", "description", to="Somebody has not come back."),
}


@pytest.mark.parametrize("schema", ADDITIVE.values(), ids=ADDITIVE)
def test_the_guard_lets_an_addition_pass(schema: dict[str, Any]) -> None:
    assert breaks(AGREED, schema) == []


def test_an_optional_field_may_not_be_taken_back() -> None:
    assert breaks(rebuilt(weather=(str | None, None)), AGREED) == ["#/weather: is gone"]
