"""What each service's API says of itself changes only on purpose."""

from typing import Any

import pytest

from tests.contracts import agreed
from tests.factories import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_the_api_is_described_as_it_was_agreed(service: str) -> None:
    path = agreed.OPENAPI / f"{service}.json"
    assert agreed.read(path) == agreed.openapi_of(service), (
        f"if that is meant: {agreed.RENEW}, and commit {path.relative_to(agreed.HERE.parent.parent)}"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_openapi_3_1_and_every_operation_says_what_it_is(service: str) -> None:
    described = agreed.openapi_of(service)
    assert described["openapi"].startswith("3.1")
    operations: list[dict[str, Any]] = [
        operation for path in described["paths"].values() for operation in path.values()
    ]
    assert all(operation.get("summary") for operation in operations)


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_has_an_example(service: str) -> None:
    described = agreed.openapi_of(service)
    without = [
        name
        for name, schema in described.get("components", {}).get("schemas", {}).items()
        if name in bodies(described) and not has_example(schema)
    ]
    assert without == []


def bodies(described: dict[str, Any]) -> set[str]:
    """The names of the schemas that requests are made of."""
    found: set[str] = set()
    for path in described["paths"].values():
        for operation in path.values():
            for kind in operation.get("requestBody", {}).get("content", {}).values():
                for each in [kind["schema"], *kind["schema"].get("anyOf", ())]:
                    if "$ref" in each:
                        found.add(each["$ref"].rpartition("/")[2])
    return found


def has_example(schema: dict[str, Any]) -> bool:
    """Whether a schema, or one of its members, shows what it could be."""
    members = schema.get("properties", {}).values()
    return "examples" in schema or any({"examples", "default"} & set(member) for member in members)
