"""Events on the wire: CloudEvents 1.0, binary mode on Kafka.

``ce_*`` headers, a JSON value, a real null for a tombstone (the Kafka protocol binding's rules,
section 3.2). Invariant: what ``encode`` writes ``decode`` reads, and so does any other CloudEvents
reader; ``decode`` never raises anything but Undecodable, whatever bytes come.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.bands import band_of
from shared.events import REGISTRY, Fact, Received, tier_of
from shared.events.base import MAX_VALUE_BYTES, SCHEMAS, TYPE_PREFIX

# A header's value may be null: the protocol has it so, whatever our own producers do.
Headers = Sequence[tuple[str, bytes | None]]

SEQUENCE_DIGITS = 12
REQUIRED = frozenset({"specversion", "id", "source", "type", "subject", "time", "sequence"})
# An id as we write it; a pattern tells in a tenth of the time that it takes to make a UUID of it.
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record: what a producer is given, or what a consumer was handed."""

    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def digest(self) -> str:
        """A hash of all of it, for records that have no id of their own."""
        whole = hashlib.sha256()
        for part in (self.key, self.value, *(item for pair in self.headers for item in pair)):
            raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            whole.update(b"-" if raw is None else b"%d:" % len(raw) + raw)
        return whole.hexdigest()


class Undecodable(Exception):
    """A record that is no event of ours; ``cause`` says why, in one word.

    ``key`` and ``sequence`` are known when the envelope could be read: then only the content is
    wrong.
    """

    def __init__(self, cause: str, key: str | None = None, sequence: int | None = None) -> None:
        super().__init__(cause)
        self.cause, self.key, self.sequence = cause, key, sequence


class UnknownType(Exception):
    """A type that this version does not know, on a topic that it does: counted and passed."""

    def __init__(self, key: str, sequence: int) -> None:
        super().__init__()
        self.key, self.sequence = key, sequence


def encode(row: dict[str, Any], source: str) -> Record:
    """The record of one logged event; ``row`` has topic, key, sequence, event_id, type, headers,
    value, republished.
    """
    attributes = {
        "specversion": "1.0",
        "id": str(row["event_id"]),
        "source": source,
        "type": TYPE_PREFIX + row["type"],
        "subject": row["key"],
        "sequence": f"{row['sequence']:0{SEQUENCE_DIGITS}d}",
        "dataschema": f"{SCHEMAS}/{row['topic']}/{row['type']}.json",
        **row["headers"],
    }
    if row["republished"]:
        attributes["republished"] = "true"
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    headers.append(("content-type", b"application/json"))
    return Record(row["key"].encode(), row["value"], headers)


def record_timestamp(topic: str, at: datetime) -> int:
    """Kafka's own timestamp, in milliseconds: the sending, on the shared tier only its band."""
    moment = band_of(at).starts_at if tier_of(topic) == "shared" else at
    return int(moment.timestamp() * 1000)


def decode(topic: str, record: Record) -> Received:
    """The event that a record carries. Raises Undecodable or UnknownType."""
    attributes = _attributes(record.headers)
    key, sequence = _place(record.key, attributes)
    try:
        event_id, time = UUID(attributes["id"]), _instant(attributes["time"])
        cause = UUID(attributes["causationid"]) if "causationid" in attributes else None
    except (ValueError, OverflowError):
        raise Undecodable("envelope", key, sequence) from None
    if attributes["specversion"] != "1.0" or not attributes["type"].startswith(TYPE_PREFIX):
        raise Undecodable("envelope", key, sequence)
    type_ = attributes["type"].removeprefix(TYPE_PREFIX)
    kind = REGISTRY.get((topic, type_))
    if kind is None:
        raise UnknownType(key, sequence)
    try:
        fact = _fact(kind, record.value)
    except Undecodable as fault:
        raise Undecodable(fault.cause, key, sequence) from None
    republished = attributes.get("republished") == "true"
    return Received(event_id, topic, type_, key, sequence, time, fact, republished, cause)


def _instant(text: str) -> datetime:
    """An RFC 3339 time in UTC; one without an offset is no instant."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("no offset")
    return time.astimezone(UTC)


def _fact(kind: type[Fact], value: bytes | None) -> Fact:
    """What the value states; fields that this version does not know are ignored."""
    if value is None:
        raise Undecodable("null-value")
    if len(value) > MAX_VALUE_BYTES:
        raise Undecodable("too-large")
    try:
        return kind.model_validate_json(value, extra="ignore")
    except ValidationError as error:
        broken = error.errors(include_url=False)[0]["type"] == "json_invalid"
        raise Undecodable("not-json" if broken else "wrong-schema") from None


def is_republished(headers: Headers) -> bool:
    """Whether the owner marked the record as its key's oldest after a republish."""
    return ("ce_republished", b"true") in headers


def _attributes(headers: Headers) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in headers:
        if not name.startswith("ce_"):
            continue
        if name[3:] in attributes:
            raise Undecodable("repeated-header")
        if value is None:
            raise Undecodable("envelope")
        try:
            attributes[name[3:]] = value.decode()
        except UnicodeDecodeError:
            raise Undecodable("envelope") from None
    if not attributes.keys() >= REQUIRED:
        raise Undecodable("no-envelope")
    return attributes


def _place(key: bytes | None, attributes: dict[str, str]) -> tuple[str, int]:
    """The record's key and its number there; both must be sure before anything may be queued by
    them.
    """
    try:
        text = (key or b"").decode()
    except ValueError:
        raise Undecodable("key") from None
    if not _ID.fullmatch(text) or attributes["subject"] != text:
        raise Undecodable("key")
    digits = attributes["sequence"]
    if not (
        digits.isascii() and digits.isdigit() and len(digits) == SEQUENCE_DIGITS and int(digits)
    ):
        raise Undecodable("sequence")
    return text, int(digits)
