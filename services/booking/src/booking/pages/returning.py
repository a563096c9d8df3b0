"""Coming back without the link: her reference and the code from her confirmation.

Invariant: looking changes nothing; the page says the same whether there is such a reference or not, and never
shows a code again.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service
from booking.pages.typed import typed_in
from booking.schemas import DeskDep
from booking.service import Desk
from shared.auth import csrf_form, public_page
from shared.pages import render
from shared.phrases import marked

router = APIRouter()

SEE_OTHER = 303
LONGEST = 30

VisitorDep = Annotated[None, public_page()]
FormDep = Annotated[FormData, csrf_form()]


@router.api_route("/return", methods=["GET", "HEAD"])
async def show_form(request: Request, _: VisitorDep, desk: DeskDep) -> Response:
    """The form, empty."""
    return _form(request, desk, "", {})


@router.post("/return")
async def come_back(request: Request, _: VisitorDep, form: FormDep, desk: DeskDep) -> Response:
    """To her own page, which no other address may learn; or the form again."""
    typed = typed_in(form, ("reference", "code"))
    code = "".join(typed["code"].split())
    errors = {
        name: said
        for name, said, given in (
            ("reference", marked("Enter your reference, like 7K2M-9QXD"), typed["reference"]),
            ("code", marked("Enter the six digits of your code"), code),
        )
        if not 0 < len(given) <= LONGEST
    }
    if errors:
        return _form(request, desk, typed["reference"], errors, status=422)
    try:
        path = await service.way_back(desk, typed["reference"], code)
    except (domain.WrongCode, domain.TooManyWalks) as refusal:
        said = {"reference": refusal.detail}
        return _form(request, desk, typed["reference"], said, status=refusal.status)
    response = RedirectResponse(path, SEE_OTHER)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(
    request: Request, desk: Desk, reference: str, errors: dict[str, str], *, status: int = 200
) -> Response:
    return render(
        request,
        "booking/return.html",
        status=status,
        reference=reference,
        phone=desk.limits.phone,
        bilingual=True,
        errors=errors,
    )
