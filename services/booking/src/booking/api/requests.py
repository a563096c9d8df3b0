"""Wishes for a walk: asked, looked at and answered by the link she was given; listed and met by coordinators.

Invariant: following a link changes nothing; no answer says where they meet before an offer is accepted, and
none to staff names a participant.
"""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from booking import domain, service, store
from booking.api.asking import Coordinator, MaybeStaff, NotificationsService, PublicDep, listed
from booking.api.refusals import BY_LINK, DOES_NOT_FIT, REQUEST_OVER, TAKEN, TOO_MANY
from booking.schemas import AskBody, DeskDep, OfferBody, PageDep, assisting, wards_of
from booking.service import Waiting, request_answers, shapes
from shared.errors import NotFound
from shared.web import OnceDep, OnceIfGivenDep, Text, gives, problems

router = APIRouter(prefix="/v1", tags=["requests"])

LINK = "/requests/by-link/{link}"
StateQuery = Annotated[
    domain.RequestState | None, Query(description="one state; left out: all that are open")
]


@router.post(
    "/requests",
    status_code=201,
    summary="Ask for a walk that suits",
    responses=gives(shapes.HerRequest, 201) | problems(domain.AdultsOnly, TOO_MANY),
)
async def ask(desk: DeskDep, who: MaybeStaff, body: AskBody, request: OnceDep) -> JSONResponse:
    """Takes a place in the line; ``manage_url`` is hers alone. With a token of staff it is asked for her."""
    wish = replace(body.wish(), by=assisting(who))
    return JSONResponse(await service.ask(desk, wish, request), 201)


@router.get(
    "/requests",
    summary="Wishes of one's wards",
    responses=gives(shapes.RequestPage, headers=("Link",)),
)
async def list_requests(
    request: Request, desk: DeskDep, who: Coordinator, page: PageDep, state: StateQuery = None
) -> JSONResponse:
    """By the hour of asking, with how long each has waited, why, and what came of its offers."""
    wanted = store.requests.Wanted(
        wards=wards_of(who),
        state=state.value if state else None,
        after=page.after,
        limit=page.limit + 1,
    )
    found = await service.list_requests(desk, wanted)

    def shown(each: Waiting) -> dict[str, object]:
        return request_answers.staffs(each.request, each.offers, each.why, desk.clock())

    return listed(request, found, page, shown)


@router.get(LINK, summary="Her wish", responses=gives(shapes.HerRequest) | BY_LINK)
async def show_request(desk: DeskDep, _: PublicDep, link: Text) -> JSONResponse:
    """How it stands, and the offer that waits for an answer. 410 ``/link-over`` 28 days after its end."""
    found = await service.wish_of_link(desk, link)
    content = request_answers.hers(desk, found.request, found.offer, found.slot)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


@router.post(
    f"{LINK}/accept",
    summary="Take the offer",
    responses=gives(shapes.BookedWalk)
    | problems(NotFound, domain.LinkOver, domain.OfferOver, REQUEST_OVER, TOO_MANY),
)
async def accept_offer(
    desk: DeskDep, _: PublicDep, link: Text, request: OnceIfGivenDep
) -> JSONResponse:
    """It is a confirmed walk then, with a link of its own. 409 ``/offer-over`` when it has expired."""
    return JSONResponse(await service.accept_by_link(desk, link, request))


@router.post(
    f"{LINK}/decline",
    summary="Rather not this one",
    responses=gives(shapes.HerRequest)
    | problems(NotFound, domain.LinkOver, domain.OfferOver, REQUEST_OVER),
)
async def decline_offer(
    desk: DeskDep, _: PublicDep, link: Text, request: OnceIfGivenDep
) -> JSONResponse:
    """She keeps her place, and this officer is not offered to her again. Nobody asks why."""
    return JSONResponse(await service.decline_by_link(desk, link, request))


@router.post(
    f"{LINK}/withdraw",
    summary="No longer wished",
    responses=gives(shapes.HerRequest) | problems(NotFound, domain.LinkOver, REQUEST_OVER),
)
async def withdraw_request(
    desk: DeskDep, _: PublicDep, link: Text, request: OnceIfGivenDep
) -> JSONResponse:
    """An offer that is open goes to the next in the line."""
    return JSONResponse(await service.withdraw_by_link(desk, link, request))


@router.get("/requests/{request_id}/contact", summary="Whom to write to", include_in_schema=False)
async def show_contact(desk: DeskDep, who: NotificationsService, request_id: UUID) -> Response:
    """For notifications only; every reading is audited; 404 once she is known by her walk, or erased."""
    contact = await service.contact_of_request(desk, request_id, who.subject)
    return JSONResponse(contact, headers={"Cache-Control": "no-store"})


@router.get("/requests/{request_id}/standing", summary="How a wish stands", include_in_schema=False)
async def show_standing(desk: DeskDep, _: NotificationsService, request_id: UUID) -> Response:
    """For notifications only, which tells coordinators of a wish that waits too long; it names nobody."""
    standing = await service.standing_of_request(desk, request_id)
    return JSONResponse(standing, headers={"Cache-Control": "no-store"})


@router.post(
    "/requests/{request_id}/offers",
    status_code=201,
    summary="Offer a slot",
    responses=gives(shapes.OfferedRequest, 201)
    | problems(NotFound, TAKEN, DOES_NOT_FIT, REQUEST_OVER, domain.TooLate),
)
async def make_offer(
    desk: DeskDep, who: Coordinator, request_id: UUID, body: OfferBody, request: OnceIfGivenDep
) -> JSONResponse:
    """Keeps the slot until she answers. 409 ``/does-not-fit`` names what its officer ``lacks``."""
    answer = await service.make_offer(desk, request_id, body.slot_id, who, request)
    return JSONResponse(answer, 201)
