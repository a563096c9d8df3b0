"""Choosing a slot and booking it: no account, two pages, then the walk's own page.

Invariant: the meeting point is on none of these pages; a time is kept by a form that is posted, never by a
link that is followed; what she typed is kept when a slot is gone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.pages import faults, safe_contact, youth
from booking.pages.needs import LANGUAGES, NEEDS, errors_of
from booking.pages.typed import whole
from booking.schemas import BookWalkBody, DeskDep, PageDep, assisting, cursor_after
from booking.service import Booking, Desk
from shared.auth import Principal, anyone_page, csrf_form, once_of, visitor_of
from shared.errors import Conflict, NotFound
from shared.idempotency import Once, StillRunning, once
from shared.pages import render
from shared.phrases import marked
from shared.postgres import Connection
from shared.web import Text

router = APIRouter()

SEE_OTHER = 303
# Holding the same time twice is holding it once: no key is needed.
NO_KEY = once("hold", None, b"")
GONE = marked("This time has just gone. Please choose another.")
SOON = timedelta(hours=1)
ASK_AGAIN_SECONDS = 0.2
ASK_AGAIN_TIMES = 50
FIELDS = (
    "name",
    "email",
    "mobile",
    "companions",
    "language",
    "note",
    *youth.FIELDS,
    *safe_contact.FIELDS,
)
WRONG: Mapping[str, str] = {
    **faults.WRONG,
    **youth.WRONG,
    "slot_id": marked("Choose a time"),
}

VisitorDep = Annotated[Principal | None, anyone_page()]
FormDep = Annotated[FormData, csrf_form()]


@dataclass(frozen=True, slots=True)
class Day:
    """The slots of a London day, by ward."""

    first: datetime
    wards: list[tuple[domain.Ward, list[domain.Slot]]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The slot that she chose, and until when it is kept for her; or others, when it is gone.

    ``youth_from``: how old its team takes somebody with a guardian, where it does.
    """

    slot: domain.Slot | None
    others: Sequence[domain.Slot] = ()
    kept_until: datetime | None = None
    youth_from: int | None = None


@router.api_route("/", methods=["GET", "HEAD"])
async def list_slots(
    request: Request,
    _: VisitorDep,
    desk: DeskDep,
    page: PageDep,
    ward: Annotated[Text | None, Query(max_length=20)] = None,
) -> Response:
    """Slots that can be booked now: those within the hour first, the others by day and ward."""
    at = desk.clock()

    async def look() -> list[domain.Slot]:
        async with desk.database.reading() as connection:
            return await store.slots.list_bookable(
                connection,
                at=desk.clock(),
                few=desk.slots_shown,
                wards=[ward] if ward else None,
                after=page.after,
                limit=page.limit + 1,
            )

    found = await desk.together.ask(("page", ward, page), look)
    shown = found[: page.limit]
    soon = [slot for slot in shown if slot.times.starts_at <= at + SOON]
    last = shown[-1] if len(found) > page.limit else None
    return render(
        request,
        "booking/slots.html",
        soon=soon,
        days=_by_day(shown[len(soon) :]),
        wards=desk.areas.wards,
        ward=ward or "",
        following=cursor_after(last.times.starts_at, last.id) if last else None,
        first_page=page.after is None,
        phone=desk.limits.phone,
        bilingual=True,
    )


@router.post("/hold")
async def hold_slot(request: Request, _: VisitorDep, form: FormDep, desk: DeskDep) -> Response:
    """Keep the time that she chose while she fills in the form; where it cannot be kept, it says so."""
    try:
        slot_id = UUID(str(form.get("slot_id")))
    except ValueError:
        return RedirectResponse("/booking/", SEE_OTHER)
    with suppress(domain.SlotTaken, domain.TooManyWalks, NotFound):
        await service.hold(desk, slot_id, NO_KEY, visitor_of(request))
    return RedirectResponse(f"/booking/book?slot={slot_id}", SEE_OTHER)


@router.api_route("/book", methods=["GET", "HEAD"])
async def show_form(request: Request, _: VisitorDep, desk: DeskDep, slot: UUID) -> Response:
    """The form for one slot; when it is gone, the page says so and offers others."""
    chosen = await _chosen(request, desk, slot)
    status = 200 if chosen.slot else Conflict.status
    return _form(request, desk, chosen, dict.fromkeys(FIELDS, "") | {"needs": []}, status=status)


@router.post("/book")
async def book_walk(request: Request, who: VisitorDep, form: FormDep, desk: DeskDep) -> Response:
    """Book, and go to the walk's own page; or the form again, with what is wrong with it."""
    typed: dict[str, Any] = {name: str(form.get(name, "")) for name in FIELDS}
    typed["needs"] = [str(each) for each in form.getlist("needs")]
    fields = _body(typed, str(form.get("slot_id", "")))
    try:
        body = BookWalkBody.model_validate(fields)
    except ValidationError as error:
        errors = _errors(error) | safe_contact.one_way(typed)
        if not fields["adult"] and not fields["age"]:
            errors["adult"] = domain.AdultsOnly().detail
        return await _form_again(request, desk, form, typed, errors)
    try:
        booking = replace(body.booking(), hold=visitor_of(request), by=assisting(who))
        walk = await _booked(desk, booking, once_of(request, form))
    except (domain.AdultsOnly, domain.TooYoung, domain.GuardianNeeded) as refusal:
        return await _form_again(request, desk, form, typed, youth.errors_of(typed, refusal))
    except domain.TooFewPlaces as refusal:
        return await _form_again(request, desk, form, typed, {"companions": refusal.detail})
    except domain.DoesNotFit as refusal:
        others = await _gone(desk, body.slot_id, body.booking().to_be_met)
        errors = errors_of(refusal.members["lacks"])
        return _form(request, desk, others, typed, errors=errors, status=Conflict.status)
    except domain.SlotTaken:
        gone = await _gone(desk, body.slot_id, body.booking().to_be_met)
        return _form(request, desk, gone, typed, status=Conflict.status)
    token = walk["manage_url"].rsplit("/", 1)[-1]
    return RedirectResponse(f"/booking/manage/{token}?booked=1", SEE_OTHER)


def _body(typed: Mapping[str, Any], slot_id: str) -> dict[str, Any]:
    """The form as the API's body."""
    return {
        "slot_id": slot_id,
        "name": typed["name"],
        "email": typed["email"].strip() or None,
        "mobile": typed["mobile"].strip() or None,
        "note": typed["note"],
        "companions": whole(typed["companions"].strip() or "0"),
        "needs": typed["needs"],
        "language": typed["language"] or None,
        "safe_contact": safe_contact.body_of(typed),
    } | youth.body_of(typed)


async def _booked(desk: Desk, booking: Booking, request: Once) -> dict[str, Any]:
    """Book; a form that was sent twice waits for the answer to the first."""
    for _ in range(ASK_AGAIN_TIMES):
        try:
            return await service.book_walk(desk, booking, request)
        except StillRunning:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
    raise StillRunning


async def _form_again(
    request: Request, desk: Desk, form: FormData, typed: dict[str, Any], errors: dict[str, str]
) -> Response:
    """The form with its errors; the slot may be gone meanwhile."""
    try:
        slot_id = UUID(str(form.get("slot_id")))
    except ValueError:
        return RedirectResponse("/booking/", SEE_OTHER)
    chosen = await _chosen(request, desk, slot_id)
    return _form(request, desk, chosen, typed, errors=errors, status=422)


async def _chosen(request: Request, desk: Desk, slot_id: UUID) -> Chosen:
    """A slot that can be booked now or is kept for her; when it is gone, what else there is."""
    visitor = visitor_of(request)
    async with desk.database.reading() as connection:
        held = await store.holds.find(connection, desk.holder(visitor)) if visitor else None
        if held is not None and held.slot_id == slot_id:
            slot = await store.offers.find_slot(connection, slot_id)
            # Over and not let go yet, it may be had still; it is promised no longer.
            if slot is not None and slot.state is domain.SlotState.OPEN:
                until = held.until if desk.clock() < held.until else None
                return Chosen(slot, (), until, await _youth_from(connection, slot))
        slot = await store.slots.find_bookable(connection, slot_id, at=desk.clock())
        if slot is not None:
            return Chosen(slot, youth_from=await _youth_from(connection, slot))
    return await _gone(desk, slot_id)


async def _youth_from(connection: Connection, slot: domain.Slot) -> int | None:
    """From which age on a slot's team takes somebody with a guardian; None: adults only."""
    found = await store.teams.find_officer(connection, slot.officer.id)
    policy = found[1] if found else None
    return policy.youth_from if policy and policy.youth == "with_guardian" else None


async def _gone(desk: Desk, slot_id: UUID, needs: domain.Needs = store.slots.NO_NEEDS) -> Chosen:
    """What there is instead of a slot that is gone."""
    async with desk.database.reading() as connection:
        others = await store.slots.alternatives(
            connection,
            slot_id,
            at=desk.clock(),
            few=desk.slots_shown,
            needs=needs,
        )
    return Chosen(None, others)


def _form(
    request: Request,
    desk: Desk,
    chosen: Chosen,
    typed: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    gone = {} if chosen.slot or errors else {"slot_id": GONE}
    left = chosen.kept_until - desk.clock() if chosen.kept_until else None
    return render(
        request,
        "booking/book.html",
        status=status,
        slot=chosen.slot,
        others=chosen.others,
        kept_until=chosen.kept_until,
        youth_from=chosen.youth_from,
        seconds_left=int(left.total_seconds()) if left else 0,
        typed=typed,
        phone=desk.limits.phone,
        mobiles=desk.mobiles,
        known_needs=NEEDS,
        known_languages=LANGUAGES,
        bilingual=True,
        errors={**gone, **(errors or {})},
    )


def _errors(error: ValidationError) -> dict[str, str]:
    """Pydantic's faults in the words of the form."""
    fields = [str(each["loc"][0]) for each in error.errors(include_input=False)]
    return {field: WRONG[field] for field in fields if field in WRONG}


def _by_day(slots: list[domain.Slot]) -> list[Day]:
    """Slots in the order of their start, by London day and then by ward's name."""
    days: list[Day] = []
    for _, of_day in groupby(slots, key=lambda slot: slot.times.local_date):
        today = list(of_day)
        ordered = sorted(today, key=lambda slot: (slot.ward.name, slot.times.starts_at))
        wards = [(ward, list(own)) for ward, own in groupby(ordered, key=lambda slot: slot.ward)]
        days.append(Day(today[0].times.starts_at, wards))
    return days
