"""What the routes of booking have in common: who asks, what she has read, and how a list is answered.

Invariant: only who may know where they meet is told so.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from fastapi.responses import JSONResponse

from booking import domain
from booking.schemas import Page, cursor_after
from booking.service import Waiting
from shared.auth import Principal, allow, allow_service, anyone, public
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.web import Text

LONGEST_VERSION = 10
PLACE_ROLES = frozenset({"officer", "coordinator", "duty"})

T = TypeVar("T", domain.Slot, domain.Walk, domain.Bar, Waiting)

PublicDep = Annotated[None, public()]
MaybeStaff = Annotated[Principal | None, anyone()]
Coordinator = Annotated[Principal, allow("coordinator")]
Staff = Annotated[Principal, allow("officer", "coordinator")]
DutyToo = Annotated[Principal, allow("officer", "coordinator", "duty")]
NotificationsService = Annotated[Principal, allow_service("notifications")]
WardCode = Annotated[Text | None, Query(max_length=20)]


async def _if_match(
    if_match: Annotated[
        str | None, Header(max_length=100, description="the ETag last read")
    ] = None,
) -> int:
    """The version that a caller has read. An ETag that is none of ours matches nothing."""
    if if_match is None:
        raise PreconditionRequired
    version = if_match.strip().removeprefix('"').removesuffix('"')
    if not (version.isascii() and version.isdecimal() and len(version) < LONGEST_VERSION):
        raise PreconditionFailed
    return int(version)


IfMatchDep = Annotated[int, Depends(_if_match)]


def etag(version: int) -> dict[str, str]:
    """The header that tells a version."""
    return {"ETag": f'"{version}"'}


def sees_places(who: Principal | None) -> bool:
    """Whether somebody may know where they meet."""
    return who is not None and bool(who.roles & PLACE_ROLES)


def listed(
    request: Request, found: Sequence[T], page: Page, shown: Callable[[T], Any]
) -> JSONResponse:
    """A page of a list; ``found`` holds one more than the page when there is more."""
    items, headers, following = found[: page.limit], dict[str, str](), None
    if len(found) > page.limit:
        following = cursor_after(*_place(items[-1]))
        url = request.url.include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    content = {"items": [shown(each) for each in items], "next": following}
    return JSONResponse(content, headers=headers)


def _place(item: domain.Slot | domain.Walk | domain.Bar | Waiting) -> tuple[datetime, UUID]:
    """Where an item stands in its list: by its start, a wish by the hour of asking, a bar by its own."""
    if isinstance(item, Waiting):
        return item.request.asked_at, item.request.id
    if isinstance(item, domain.Bar):
        return item.since, item.id
    return item.times.starts_at, item.id
