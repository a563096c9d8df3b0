"""What an API says of itself, made whole: what every route can answer by its rule and its inputs.

Invariant: whoever writes a route names only what it alone can answer; 400, 401, 403, 412, 413, 422,
428, 503 and the two of an Idempotency-Key follow from its access rule, its body and its headers.
Each problem stands once among the components, under its slug.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from shared.auth.issuer import IssuerAway, TokenRefused
from shared.auth.rules import AccessRule, routes_of, rule_of
from shared.auth.sessions import COOKIE
from shared.errors import (
    Fault,
    Forbidden,
    Invalid,
    Malformed,
    NotSignedIn,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    Unavailable,
)
from shared.idempotency import KeyReused, StillRunning
from shared.web.answers import Said, problems
from shared.web.problems import MEDIA_TYPE

Json = dict[str, Any]

NOT_VALID = Invalid(faults=[Fault("#/email", "must be an email address, like name@example.com")])
FASTAPIS = ("HTTPValidationError", "ValidationError")
PROBLEM: Json = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). Some types hold more: see their examples.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "stable: what to decide by"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong and what to do"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    },
}
FAULT: Json = {
    "title": "Fault",
    "description": "One thing wrong with the input.",
    "type": "object",
    "required": ["pointer", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "where: a JSON pointer, RFC 6901"},
        "detail": {"type": "string"},
    },
}


class Described(FastAPI):
    """An app whose OpenAPI document names every answer."""

    def openapi(self) -> Json:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            _complete(document, self)
        assert self.openapi_schema is not None
        return self.openapi_schema


def _complete(document: Json, app: FastAPI) -> None:
    parts: Json = document.setdefault("components", {})
    schemas: Json = parts.setdefault("schemas", {})
    for name in FASTAPIS:
        schemas.pop(name, None)
    schemas |= {"Fault": FAULT, "Problem": PROBLEM}
    parts["schemas"] = dict(sorted(schemas.items()))
    for route in routes_of(app):
        rule = rule_of(route)
        for method in route.methods:
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is not None and rule is not None:
                _say_who(operation, rule, parts)
                _say_required(operation)
                _say_problems(operation, rule, parts)
    named = (
        tag for path in document["paths"].values() for each in path.values() for tag in each["tags"]
    )
    document["tags"] = [{"name": tag} for tag in dict.fromkeys(named)]
    for kind in ("examples", "responses"):
        parts[kind] = dict(sorted(parts.get(kind, {}).items()))


def _say_who(operation: Json, rule: AccessRule, parts: Json) -> None:
    """The security schemes that open a route, and for whom."""
    token = operation.pop("security", [])
    if rule.kind == "anyone":
        token = [{}, *token]
    if rule.session:
        schemes = parts.setdefault("securitySchemes", {})
        schemes["Session"] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
        token = [*token, {"Session": []}]
    operation["security"] = token
    if rule.roles:
        whom = "services" if rule.kind == "service" else "roles"
        said = operation.get("description", "")
        operation["description"] = f"{said}\n\nFor {whom}: {', '.join(sorted(rule.roles))}.".strip()


def _say_required(operation: Json) -> None:
    """A header without which the answer is 428 is required, whatever a body's parser would say."""
    for each in operation.get("parameters", []):
        if each["name"] == "if-match":
            text = next(kind for kind in each["schema"].pop("anyOf") if kind["type"] == "string")
            each["required"], each["schema"] = True, each["schema"] | text


def _say_problems(operation: Json, rule: AccessRule, parts: Json) -> None:
    """Every problem that an operation can answer, those of its own first."""
    answers: Json = operation["responses"]
    if "application/json" in answers.get("422", {}).get("content", {}):
        answers["422"] = {"content": {}}
    for status, usual in problems(*_usual(operation, rule)).items():
        answer = answers.setdefault(str(status), usual)
        known = answer["content"].setdefault(MEDIA_TYPE, {"examples": {}})["examples"]
        known |= usual["content"][MEDIA_TYPE]["examples"]
        if "headers" in usual:
            answer["headers"] = usual["headers"]
    for status, answer in answers.items():
        if MEDIA_TYPE in answer.get("content", {}):
            answers[status] = _shared(answer, parts)
    operation["responses"] = dict(sorted(answers.items()))


def _usual(operation: Json, rule: AccessRule) -> Iterator[Said]:
    """What an operation can answer whatever it does."""
    taken = operation.get("parameters", [])
    headers = {each["name"].lower() for each in taken if each["in"] == "header"}
    yield Unavailable
    if rule.kind in {"staff", "service"}:
        yield from (NotSignedIn, TokenRefused, Forbidden, IssuerAway)
    if rule.kind == "anyone":
        yield from (TokenRefused, IssuerAway)
    if "requestBody" in operation:
        yield from (Malformed, TooLarge)
    if taken or "requestBody" in operation:
        yield NOT_VALID
    if "if-match" in headers:
        yield from (PreconditionFailed, PreconditionRequired)
    if "idempotency-key" in headers:
        yield from (StillRunning, KeyReused)


def _shared(answer: Json, parts: Json) -> Json:
    """An answer by reference, named after its problems; each of them is an example."""
    examples: Json = answer["content"][MEDIA_TYPE]["examples"]
    parts.setdefault("examples", {}).update(examples)
    types = [each["value"]["type"] for each in examples.values()]
    schema = {"$ref": "#/components/schemas/Problem", "properties": {"type": {"enum": types}}}
    shown = {slug: {"$ref": f"#/components/examples/{slug}"} for slug in examples}
    answer["description"] = "\n".join(f"`/{s}`: {e['summary']}" for s, e in examples.items())
    answer["content"][MEDIA_TYPE] = {"schema": schema, "examples": shown}
    name = "Or".join(slug.title().replace("-", "") for slug in examples)
    parts.setdefault("responses", {})[name] = answer
    return {"$ref": f"#/components/responses/{name}"}
