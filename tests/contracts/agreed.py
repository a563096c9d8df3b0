"""What has been agreed with readers and callers, as it stands beside this file.

``schemas/<topic>/<type>.json`` is the JSON Schema of an event's value, ``samples/<topic>/`` records as
they were once written, ``openapi/<service>.json`` what a service's API says of itself.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from shared.events import Fact
from shared.postgres import Database
from tests.factories import parts_for

HERE = Path(__file__).parent
SAMPLES, SCHEMAS, OPENAPI = HERE / "samples", HERE / "schemas", HERE / "openapi"
RENEW = "python -m tests.contracts"

Json = dict[str, Any]


def schema_file(topic: str, type_: str) -> Path:
    """Where the schema of an event type stands."""
    return SCHEMAS / topic / f"{type_}.json"


def agreed_schema(topic: str, type_: str) -> Json | None:
    """The schema that readers know, if the type is not new."""
    path = schema_file(topic, type_)
    return read(path) if path.exists() else None


def schema_of(fact: type[Fact]) -> Json:
    """The schema of the values of a class."""
    return fact.model_json_schema()


def agreed_types() -> Iterator[tuple[str, str]]:
    """Topic and type of every schema ever agreed."""
    for path in sorted(SCHEMAS.glob("*/*.json")):
        yield path.parent.name, path.name.removesuffix(".json")


def samples() -> list[Path]:
    """The files of all samples."""
    return sorted(SAMPLES.glob("*/*.json"))


def samples_of(fact: type[Fact]) -> list[Path]:
    """A type's samples: ``<type>.json``, and ``<type>.<case>.json`` where one is not enough."""
    return sorted((SAMPLES / fact.topic).glob(f"{fact.type}*.json"))


def openapi_of(service: str) -> Json:
    """What a service's API says of itself; no route is called, so no database is there."""
    parts = parts_for(service, cast("Database", None))
    app = import_module(f"{service}.app").create_app(parts)
    return json.loads(json.dumps(app.openapi()))


def read(path: Path) -> Json:
    """A file's JSON."""
    return json.loads(path.read_text())


def write(path: Path, content: Json) -> None:
    """Write JSON so that a change is seen line by line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
