"""What is written is read again, and whatever bytes stand on a topic, reading them has three outcomes."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from shared import codec
from shared.codec import Record, Undecodable, UnknownType
from shared.events import FACTS, REGISTRY, Fact, Received, WardRef
from shared.events.base import TYPE_PREFIX

TOPICS = sorted({fact.topic for fact in FACTS})
KEY = "6f0c7d3e-5b1f-4a55-9a0e-2f6f6f1f0c11"

# Attributes that begin whole, so that what is changed is met behind the checks before it.
WHOLE = {
    "specversion": "1.0",
    "id": "0c7d3f0e-5b1f-4a55-9a0e-2f6f6f1f0c11",
    "source": "/met/booking",
    "type": f"{TYPE_PREFIX}walk.started.v1",
    "subject": KEY,
    "time": "2027-01-12T18:00:00+00:00",
    "sequence": "000000000001",
    "causationid": "3f0f8a53-7f53-4e0e-8f5b-5d4d4f7b8b11",
}
STARTED = {
    "ward": {"code": "L05000001", "set": "larkmere-2026"},
    "starts_at": "2027-01-12T18:00:00Z",
    "ends_at": "2027-01-12T18:30:00Z",
    "local_date": "2027-01-12",
    "light": "dark",
    "at": "2027-01-12T18:02:00Z",
}
TOPIC, TYPE = "internal.booking.walks.v1", "walk.started.v1"


def a_record(value: bytes | None = None, **changes: Any) -> Record:
    """A record that is good but for the changes; a header whose change is None holds a null."""
    headers = [(f"ce_{name}", _raw(given)) for name, given in (WHOLE | changes).items()]
    return Record(KEY.encode(), json.dumps(STARTED).encode() if value is None else value, headers)


def _raw(given: Any) -> Any:
    return given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given


def outcome(topic: str, record: Record) -> Received | Undecodable | UnknownType:
    """What reading a record comes to; anything but the three is an error of ours."""
    try:
        return codec.decode(topic, record)
    except (Undecodable, UnknownType) as refused:
        return refused


def test_a_good_record_is_read() -> None:
    assert isinstance(outcome(TOPIC, a_record()), Received)


raw_headers = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([f"ce_{name}" for name in WHOLE]), st.text()),
        st.one_of(
            st.none(), st.binary(max_size=60), st.sampled_from(list(WHOLE.values())).map(_raw)
        ),
    )
)


@given(
    topic=st.sampled_from(TOPICS),
    key=st.one_of(st.none(), st.binary(), st.just(KEY.encode())),
    value=st.one_of(st.none(), st.binary()),
    headers=raw_headers,
)
def test_whatever_bytes_come_reading_them_has_three_outcomes(
    topic: str, key: bytes | None, value: bytes | None, headers: Any
) -> None:
    record = Record(key, value, headers)
    outcome(topic, record)
    assert len(record.digest) == 64


odd_text = st.one_of(
    st.text(),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-01-12", "1" * 12, "٣" * 12]
    ),
)


@given(name=st.sampled_from(list(WHOLE)), value=st.one_of(st.none(), st.binary(), odd_text))
def test_one_odd_attribute_in_a_good_envelope_has_three_outcomes(name: str, value: Any) -> None:
    outcome(TOPIC, a_record(**{name: value}))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda below: st.one_of(st.lists(below), st.dictionaries(st.text(), below)),
    max_leaves=10,
)


@given(
    kind=st.sampled_from(FACTS),
    change=st.dictionaries(st.sampled_from([*STARTED, "due_at", "severity"]), json_values),
)
def test_any_json_for_a_value_has_three_outcomes(kind: type[Fact], change: Any) -> None:
    value = json.dumps(STARTED | change).encode()
    outcome(kind.topic, a_record(value, type=TYPE_PREFIX + kind.type))
    outcome(kind.topic, a_record(json.dumps(change).encode(), type=TYPE_PREFIX + kind.type))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time", "0001-01-01T00:00:00+14:00"),
        ("time", "9999-12-31T23:59:59-14:00"),
        ("time", "2027-01-12T18:00:00"),
        ("time", "yesterday"),
        ("time", None),
        ("id", "1"),
        ("causationid", "1"),
        ("specversion", "0.3"),
        ("type", "com.example.walk.started.v1"),
    ],
)
def test_a_broken_envelope_says_so(name: str, value: str | None) -> None:
    refused = outcome(TOPIC, a_record(None, **{name: value}))
    assert isinstance(refused, Undecodable)
    assert refused.cause == "envelope"


def test_a_type_that_is_not_known_is_no_fault_and_keeps_its_place() -> None:
    passed = outcome(
        TOPIC, a_record(type=f"{TYPE_PREFIX}walk.rerouted.v1", sequence="000000000007")
    )
    assert isinstance(passed, UnknownType)
    assert (passed.key, passed.sequence) == (KEY, 7)


def test_a_field_of_a_newer_writer_is_ignored_and_a_writer_of_ours_may_not_add_one() -> None:
    newer = STARTED | {"weather": "rain", "ward": {**STARTED["ward"], "borough": "Larkmere"}}  # type: ignore[dict-item]  # nested on purpose
    read = outcome(TOPIC, a_record(json.dumps(newer).encode()))
    assert isinstance(read, Received)
    assert set(read.fact.model_dump()) == set(STARTED)
    with pytest.raises(ValueError, match="extra"):
        REGISTRY[TOPIC, TYPE].model_validate(newer)


codes = st.from_regex(r"[A-Z]\d{8}", fullmatch=True)
years = (datetime(2020, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001 - made aware on the next line
instants = st.datetimes(*years, timezones=st.just(UTC))
GIVEN: dict[Any, Any] = {
    datetime: instants,
    date: st.dates(date(2020, 1, 1), date(2099, 1, 1)),
    WardRef: st.builds(WardRef, code=codes, set=st.text(min_size=1)),
    float: st.floats(allow_nan=False, allow_infinity=False),
}
for _kind, _strategy in GIVEN.items():
    st.register_type_strategy(_kind, _strategy)

facts = st.one_of([st.builds(fact) for fact in FACTS])


@given(
    fact=facts,
    key=st.uuids(),
    event=st.uuids(),
    cause=st.one_of(st.none(), st.uuids()),
    sequence=st.integers(1, 10**12 - 1),
    time=instants,
    republished=st.booleans(),
)
def test_what_is_encoded_is_decoded(  # noqa: PLR0917 - one for each part of an event
    fact: Fact,
    key: UUID,
    event: UUID,
    cause: UUID | None,
    sequence: int,
    time: datetime,
    republished: bool,  # noqa: FBT001
) -> None:
    headers = {"time": time.isoformat()} | ({"causationid": str(cause)} if cause else {})
    row = {
        "topic": fact.topic,
        "key": str(key),
        "sequence": sequence,
        "event_id": event,
        "type": fact.type,
        "headers": headers,
        "value": fact.model_dump_json().encode(),
        "republished": republished,
    }
    record = codec.encode(row, "/met/test")
    assert codec.is_republished(record.headers) == republished
    assert codec.decode(fact.topic, record) == Received(
        event, fact.topic, fact.type, str(key), sequence, time, fact, republished, cause
    )


def test_records_that_differ_anywhere_have_different_digests() -> None:
    good = a_record()
    others = [
        Record(None, good.value, good.headers),
        Record(b"", good.value, good.headers),
        Record(good.key, None, good.headers),
        Record(good.key, good.value, good.headers[:-1]),
        Record(good.key, good.value, [*good.headers, ("ce_id", b"again")]),
    ]
    assert len({each.digest for each in [good, *others]}) == len(others) + 1
