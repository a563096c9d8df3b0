"""What of a change to an event's schema would break a reader or a writer of the other version.

Additive only: a new optional field. Old readers read new events and new readers old ones, so whatever
else changes about a field that there was breaks one of the two.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

# Words about a schema that no event's bytes depend on.
WORDS = {"title", "description", "examples", "default", "additionalProperties"}


def breaks(old: Schema, new: Schema) -> list[str]:
    """Every breaking difference between two JSON Schemas of one event type, one line each."""
    return list(_breaks(_resolved(old, old), _resolved(new, new), "#"))


def _breaks(old: Any, new: Any, path: str) -> Iterator[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{path}: {old!r} has become {new!r}"
        return
    if "properties" in old and "properties" in new:
        yield from _members(old, new, path)
        old, new = _without(old, "properties", "required"), _without(new, "properties", "required")
    for word in sorted({*old, *new} - WORDS):
        yield from _breaks(old.get(word), new.get(word), f"{path}/{word}")


def _members(old: Any, new: Any, path: str) -> Iterator[str]:
    """Members of an object: none goes, none becomes required, none stops being sure."""
    before, after = old["properties"], new["properties"]
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(set(before) - set(after)):
        yield f"{path}/{name}: is gone"
    for name in sorted(needed_after - set(before)):
        yield f"{path}/{name}: is new and required, which no event of before has"
    for name in sorted(set(before) & set(after)):
        if (name in needed_before) != (name in needed_after):
            now = "required" if name in needed_after else "no longer required"
            yield f"{path}/{name}: is {now}"
        yield from _breaks(before[name], after[name], f"{path}/{name}")


def _without(schema: Schema, *names: str) -> dict[str, Any]:
    return {name: given for name, given in schema.items() if name not in names}


def _resolved(node: Any, whole: Schema) -> Any:
    """The schema with its references written out; alternatives and values in one order."""
    if isinstance(node, list):
        return [_resolved(each, whole) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return _resolved(whole["$defs"][name], whole)
    found = {key: _resolved(given, whole) for key, given in node.items() if key != "$defs"}
    for word in ("anyOf", "enum"):
        if isinstance(found.get(word), list):
            found[word] = sorted(found[word], key=repr)
    return found
