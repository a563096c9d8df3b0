"""Asking for a walk that suits, and the wish's own page: see how it stands, take an offer or not, give it up.

Invariant: the page's address is a capability, as a walk's is: never cached, never in a referrer; following it
changes nothing. Where they meet is on none of these pages; what she typed is kept when something is wrong.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service
from booking.pages import faults, safe_contact
from booking.pages.needs import LANGUAGES, NEEDS
from booking.pages.typed import typed_in, whole, wrong_fields
from booking.schemas import AskBody, DeskDep, assisting
from booking.service import Desk
from booking.service.request_answers import until
from booking.service.roster_answers import WEEKDAYS
from shared.auth import Principal, anyone_page, csrf_form, once_of, public_page
from shared.errors import Conflict, TooMany
from shared.pages import render
from shared.phrases import marked, read_back

router = APIRouter()

SEE_OTHER = 303
FIELDS = (
    "from",
    "to",
    "light",
    "woman",
    "name",
    "email",
    "mobile",
    "companions",
    "language",
    "note",
    "adult",
    *safe_contact.FIELDS,
)
SEVERAL = ("wards", "days", "needs")
WRONG: Mapping[str, str] = {
    "wards": marked("Choose one ward or more, at most ten"),
    "days": marked("Choose one day or more"),
    "from": marked("Enter a time like 18:00"),
    "to": marked("Enter a later time on the same day, like 21:00"),
    "light": marked("Choose dark, light or either"),
    **faults.WRONG,
}

VisitorDep = Annotated[None, public_page()]
AskingDep = Annotated[Principal | None, anyone_page()]
FormDep = Annotated[FormData, csrf_form()]


@router.api_route("/wish", methods=["GET", "HEAD"])
async def show_form(request: Request, _: AskingDep, desk: DeskDep) -> Response:
    """The form, empty."""
    typed: dict[str, Any] = dict.fromkeys(FIELDS, "") | {name: [] for name in SEVERAL}
    return _form(request, desk, typed | {"light": "any"}, {})


@router.post("/wish")
async def ask(request: Request, who: AskingDep, form: FormDep, desk: DeskDep) -> Response:
    """Ask, and go to the wish's own page; or the form again, with what is wrong with it."""
    typed: dict[str, Any] = typed_in(form, FIELDS)
    typed |= {name: [str(each) for each in form.getlist(name)] for name in SEVERAL}
    errors = {} if typed["adult"] else {"adult": domain.AdultsOnly().detail}
    try:
        body = AskBody.model_validate(_body(typed))
    except ValidationError as error:
        # Hours that do not last are both fields' fault; the later one is told.
        wrong = wrong_fields(error, WRONG, "to") or {"to": WRONG["to"]}
        wrong |= safe_contact.one_way(typed)
        return _form(request, desk, typed, wrong | errors, status=422)
    if errors:
        return _form(request, desk, typed, errors, status=422)
    try:
        answer = await service.ask(
            desk, replace(body.wish(), by=assisting(who)), once_of(request, form)
        )
    except TooMany as refusal:
        return _form(request, desk, typed, {"email": refusal.detail}, status=refusal.status)
    return _to(answer["manage_url"].rsplit("/", 1)[-1])


def _body(typed: Mapping[str, Any]) -> dict[str, Any]:
    begin, end = (typed[name].zfill(len("00:00")) for name in ("from", "to"))
    return {
        "wards": typed["wards"],
        "hours": [{"days": typed["days"], "from": begin, "to": end}],
        "light": typed["light"],
        "officer_sex": "female" if typed["woman"] else None,
        "name": typed["name"],
        "email": typed["email"].strip() or None,
        "mobile": typed["mobile"].strip() or None,
        "note": typed["note"],
        "needs": typed["needs"],
        "language": typed["language"] or None,
        "safe_contact": safe_contact.body_of(typed),
        "companions": whole(typed["companions"] or "0"),
        "adult": bool(typed["adult"]),
    }


@router.api_route("/wish/{link}", methods=["GET", "HEAD"])
async def show_wish(request: Request, _: VisitorDep, desk: DeskDep, link: str) -> Response:
    """How it stands, and the offer that waits for an answer."""
    return await _show(request, desk, link)


@router.post("/wish/{link}/accept")
async def accept_offer(
    request: Request, _: VisitorDep, form: FormDep, desk: DeskDep, link: str
) -> Response:
    """Take the offer, and go to the walk's own page."""
    try:
        walk = await service.accept_by_link(desk, link, once_of(request, form))
    except (Conflict, TooMany) as refusal:
        return await _show(request, desk, link, said=refusal.detail, status=refusal.status)
    token = walk["manage_url"].rsplit("/", 1)[-1]
    return _private(RedirectResponse(f"/booking/manage/{token}?booked=1", SEE_OTHER))


@router.api_route("/wish/{link}/{verb}", methods=["GET", "HEAD"])
async def confirm(
    request: Request,
    _: VisitorDep,
    desk: DeskDep,
    link: str,
    verb: Literal["decline", "withdraw"],
) -> Response:
    """Ask once more before an offer is declined, or the wish given up."""
    found = await service.wish_of_link(desk, link)
    due = found.offer if verb == "decline" else found.request.state in domain.requests.OPEN
    if not due:
        return _to(link)
    return render(
        request,
        "booking/wish-confirm.html",
        no_referrer=True,
        link=link,
        verb=verb,
        slot=found.slot,
        bilingual=True,
    )


@router.post("/wish/{link}/decline")
async def decline_offer(
    request: Request, _: VisitorDep, form: FormDep, desk: DeskDep, link: str
) -> Response:
    """Rather not this one."""
    try:
        await service.decline_by_link(desk, link, once_of(request, form))
    except Conflict as refusal:
        return await _show(request, desk, link, said=refusal.detail, status=refusal.status)
    return _to(link)


@router.post("/wish/{link}/withdraw")
async def withdraw(
    request: Request, _: VisitorDep, form: FormDep, desk: DeskDep, link: str
) -> Response:
    """No longer wished."""
    try:
        await service.withdraw_by_link(desk, link, once_of(request, form))
    except Conflict as refusal:
        return await _show(request, desk, link, said=refusal.detail, status=refusal.status)
    return _to(link)


async def _show(
    request: Request, desk: Desk, link: str, *, said: str = "", status: int = 200
) -> Response:
    found = await service.wish_of_link(desk, link)
    at = desk.clock()
    offer = found.offer if found.offer and at < found.offer.expires_at else None
    # A ward that a later boundary set no longer has keeps its code.
    names = {code: ward.name for code, ward in desk.areas.by_code.items()}
    return render(
        request,
        "booking/wish.html",
        status=status,
        no_referrer=True,
        wish=found.request,
        wards=", ".join(names.get(code, code) for code in found.request.wards),
        hours=[(each.days, f"{each.since:%H:%M}", until(each)) for each in found.request.hours],
        offer=offer,
        why=[read_back(each, domain.whys.WHY) for each in offer.why] if offer else [],
        slot=found.slot,
        left=_hours_and_minutes(offer.expires_at - at) if offer else None,
        is_open=found.request.state in domain.requests.OPEN,
        link=link,
        phone=desk.limits.phone,
        wish_url=desk.wish_url(found.request),
        return_code=desk.wish_code(found.request),
        bilingual=True,
        errors={"offer": said} if said else {},
    )


def _form(
    request: Request,
    desk: Desk,
    typed: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    return render(
        request,
        "booking/wish-form.html",
        known_needs=NEEDS,
        known_languages=LANGUAGES,
        status=status,
        typed=typed,
        wards=desk.areas.wards,
        weekdays=WEEKDAYS,
        phone=desk.limits.phone,
        bilingual=True,
        mobiles=desk.mobiles,
        errors=errors,
    )


def _hours_and_minutes(left: timedelta) -> tuple[int, int]:
    """How long an offer is open still, rounded down."""
    return divmod(int(left.total_seconds()) // 60, 60)


def _to(link: str) -> Response:
    """To the wish's own page, which no other address may learn."""
    return _private(RedirectResponse(f"/booking/wish/{link}", SEE_OTHER))


def _private(response: RedirectResponse) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
