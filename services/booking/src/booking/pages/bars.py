"""For coordinators: who may not book online, why and until when; the form that bars, the button that lifts.

Invariant: no name and no contact is on this page; who is barred is known by a walk's reference.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import service
from booking.pages.typed import instant_of, typed_in, wrong_fields
from booking.schemas import BarBody, DeskDep, Page, PageDep, cursor_after, wards_of
from booking.service import Desk
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Fault, Invalid, Refusal
from shared.pages import errors_by_field, render
from shared.web import Text

router = APIRouter()

SEE_OTHER = 303
FIRST = Page(after=None, limit=50)
UNTIL = ("until_day", "until_month", "until_year", "until_wall")
FIELDS = ("reference", "reason", *UNTIL)
WRONG = {
    "reference": "Enter the reference of a walk of hers, like 7K2M-9QXD",
    "reason": "Enter why, in at most 1,000 letters",
    "until": "Enter the day until which, and if need be a time like 22:00, or neither",
}
ON_FORM = {"until": "until_wall"}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/bars")
async def show_bars(
    request: Request,
    who: CoordinatorDep,
    desk: DeskDep,
    page: PageDep,
    reference: Annotated[Text, Query(max_length=20)] = "",
) -> Response:
    """Bars that hold now, the newest first; ``reference`` is filled into the form."""
    typed = dict.fromkeys(FIELDS, "") | {"reference": reference}
    return await _page(request, who, desk, typed, {}, page=page)


@router.post("/bars")
async def bar(request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep) -> Response:
    """Bar whoever a walk is with, or show the form again with what is wrong."""
    typed = typed_in(form, FIELDS)
    try:
        await service.bar(desk, _body(typed).wanted(), who, once_of(request, form))
    except ValidationError as error:
        wrong = _on_form(wrong_fields(error, WRONG, "reference"))
        return await _page(request, who, desk, typed, wrong, status=422)
    except Refusal as refusal:
        where = "until" if refusal.slug == "bar-over" else "reference"
        wrong = _on_form(errors_by_field(refusal) or {where: refusal.detail})
        return await _page(request, who, desk, typed, wrong, status=refusal.status)
    return RedirectResponse("/booking/bars", SEE_OTHER)


@router.post("/bars/{bar_id}/lift")
async def lift_bar(who: CoordinatorDep, _: FormDep, desk: DeskDep, bar_id: UUID) -> Response:
    """Let her book again; whoever presses twice sees that it is done."""
    await service.lift_bar(desk, bar_id, who)
    return RedirectResponse("/booking/bars", SEE_OTHER)


def _body(typed: dict[str, str]) -> BarBody:
    """The form as the API's body. Raises ValidationError, and Invalid for an end that is none."""
    until = instant_of(typed, "until", "last")
    if until is None and any(typed[name] for name in UNTIL):
        raise Invalid(faults=[Fault("#/until", WRONG["until"])])
    return BarBody.model_validate(
        {
            "reference": typed["reference"].upper(),
            "reason": typed["reason"],
            "until": until and until.isoformat().replace("+00:00", "Z"),
        }
    )


def _on_form(errors: dict[str, str]) -> dict[str, str]:
    return {ON_FORM.get(name, name): said for name, said in errors.items()}


async def _page(
    request: Request,
    who: Principal,
    desk: Desk,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    page: Page = FIRST,
    status: int = 200,
) -> Response:
    found = await service.bars(desk, wards_of(who), after=page.after, limit=page.limit + 1)
    shown = found[: page.limit]
    last = shown[-1] if len(found) > page.limit else None
    return render(
        request,
        "booking/bars.html",
        status=status,
        bars=shown,
        wards={code: ward.name for code, ward in desk.areas.by_code.items()},
        following=cursor_after(last.since, last.id) if last else None,
        typed=typed,
        errors=errors,
    )
