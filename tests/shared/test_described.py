"""An API's description: what follows from a route's rule, body and headers, and what it says itself."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Header
from pydantic import BaseModel

from shared.auth import Principal, allow, anyone, public
from shared.errors import Conflict, Gone
from shared.postgres import Database
from shared.web import OnceDep, create_api, gives, problems, under
from tests.factories import parts_for

NAME = "nowhere"
Json = dict[str, Any]


class Thing(BaseModel):
    """A thing."""

    name: str


class Taken(Conflict):
    """Somebody has it."""

    slug = "taken"


def described() -> Json:
    """The description of an app with a route of each kind."""
    router = APIRouter(prefix="/v1", tags=["things"])

    @router.get("/open", summary="Open")
    async def look(_: Annotated[None, public()]) -> Thing:
        raise NotImplementedError  # never asked: only described

    @router.get("/more", summary="More", responses=gives(Thing, headers=("Link",)))
    async def look_closer(_: Annotated[Principal | None, anyone()], page: int = 0) -> Thing:
        raise NotImplementedError  # never asked: only described

    @router.post(
        "/things",
        status_code=201,
        summary="Make",
        responses=gives(Thing, 201, headers=("ETag",)) | problems(Taken(by="somebody"), Gone),
    )
    async def make(
        _: Annotated[Principal, allow("officer", "duty")], body: Thing, request: OnceDep
    ) -> Thing:
        raise NotImplementedError  # never asked: only described

    @router.put("/things", summary="Change")
    async def change(
        _: Annotated[Principal, allow("officer")],
        body: Thing,
        if_match: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Thing:
        raise NotImplementedError  # never asked: only described

    return create_api(parts_for(NAME, cast("Database", None)), NAME, under(NAME, router)).openapi()


def operation(document: Json, method: str, path: str) -> Json:
    """One operation."""
    return document["paths"][f"/{NAME}/v1{path}"][method]


def slugs(document: Json, said: Json) -> dict[str, list[str]]:
    """The problems of an operation by status."""
    found: dict[str, list[str]] = {}
    for status, answer in said["responses"].items():
        if "$ref" in answer:
            name = answer["$ref"].rpartition("/")[2]
            content = document["components"]["responses"][name]["content"]
            found[status] = list(content["application/problem+json"]["examples"])
    return found


def test_a_route_for_everybody_fails_only_with_the_database() -> None:
    document = described()
    look = operation(document, "get", "/open")
    assert (slugs(document, look), look["security"]) == ({"503": ["unavailable"]}, [])


def test_a_route_that_shows_staff_more_takes_a_good_token_or_none() -> None:
    document = described()
    more = operation(document, "get", "/more")
    assert more["security"] == [{}, {"HTTPBearer": []}]
    assert slugs(document, more) == {
        "401": ["token-refused"],
        "422": ["invalid"],
        "503": ["unavailable", "issuer-away"],
    }
    assert more["responses"]["200"]["headers"]["Link"]["required"] is False


def test_what_a_route_says_itself_stands_before_what_follows() -> None:
    document = described()
    make = operation(document, "post", "/things")
    assert slugs(document, make) == {
        "400": ["malformed"],
        "401": ["not-signed-in", "token-refused"],
        "403": ["forbidden"],
        "409": ["taken", "still-running"],
        "410": ["gone"],
        "413": ["too-large"],
        "422": ["invalid", "idempotency-key-reused"],
        "503": ["unavailable", "issuer-away"],
    }
    assert make["responses"]["201"]["headers"]["ETag"]["required"] is True
    assert make["description"].endswith("For roles: duty, officer.")


def test_if_match_is_required_and_its_absence_is_428() -> None:
    document = described()
    change = operation(document, "put", "/things")
    (header,) = change["parameters"]
    assert (header["required"], header["schema"].get("type")) == (True, "string")
    said = slugs(document, change)
    assert (said["412"], said["428"]) == (["precondition-failed"], ["precondition-required"])


def test_an_example_is_what_a_caller_reads() -> None:
    document = described()
    assert document["components"]["examples"]["taken"] == {
        "summary": "Somebody has it.",
        "value": {
            "type": "https://walkandtalk.uk/problems/taken",
            "title": "Somebody has it.",
            "status": 409,
            "detail": "Somebody has it.",
            "by": "somebody",
        },
    }


def test_nothing_is_left_of_what_the_framework_would_answer() -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(
        described()["components"]["schemas"]
    )
