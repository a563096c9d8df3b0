"""What each service's API says of itself changes only on purpose."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.web.problems import MEDIA_TYPE
from tests.contracts import agreed
from tests.factories import ROOT, SERVICES
from tests.infra import in_ci

SPECTRAL = ROOT / ".tools/spectral"


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


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_has_a_schema_and_every_problem_an_example(service: str) -> None:
    described = agreed.openapi_of(service)
    shown = described["components"]["examples"]
    for name, answer in answers(described):
        for kind, content in answer.get("content", {}).items():
            if kind == MEDIA_TYPE:
                types = content["schema"]["properties"]["type"]["enum"]
                values = [shown[slug]["value"] for slug in content["examples"]]
                assert types == [value["type"] for value in values], name
                assert {"title", "status", "detail"} <= set(values[0]), name
            elif kind == "application/json":
                assert content["schema"], name


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_must_sign_in_is_told_how_it_is_refused(service: str) -> None:
    described = agreed.openapi_of(service)
    for path in described["paths"].values():
        for operation in path.values():
            asked = operation["security"]
            said = set(operation["responses"])
            assert ("401" in said) == bool(asked), operation["operationId"]
            assert ("403" in said) == bool(asked and {} not in asked), operation["operationId"]


def test_spectral_finds_nothing() -> None:
    fetched = f".tools/{SPECTRAL.name}/fetched"
    if subprocess.run(["make", "-s", "-C", str(ROOT), fetched], check=False).returncode:
        assert not in_ci(), "Spectral cannot be had"
        pytest.skip("Spectral cannot be had")
    program = SPECTRAL / "node_modules/@stoplight/spectral-cli/dist/index.js"
    documents = [agreed.OPENAPI / f"{service}.json" for service in SERVICES]
    rules = ["--ruleset", agreed.HERE / "spectral/ruleset.yaml", "--fail-severity", "warn"]
    said = subprocess.run(
        [Path(sys.executable).with_name("node"), program, "lint", *documents, *rules],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def answers(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every answer of every operation, where it is said once for several, that."""
    shared = described["components"]["responses"]
    return list(shared.items()) + [
        (f"{operation['operationId']} {status}", answer)
        for path in described["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if "$ref" not in answer
    ]


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
