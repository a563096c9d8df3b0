"""For coordinators: a whole roster from a CSV file: what it would change, then the same text carried out.

Invariant: nothing is changed but by the button under a dry run, with the text that it was of; whatever is
wrong, the text is shown again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from booking import service
from booking.schemas import DeskDep, RosterBody, read_roster
from booking.schemas.roster_files import NEEDED, OPTIONAL
from shared.auth import Principal, csrf_form, once_of, staff_page
from shared.errors import Fault, Invalid, Refusal
from shared.pages import render

router = APIRouter()

MOST_SHOWN = 50
# More than a roster may have, so that the page says so and keeps the text.
LONGEST = 1024 * 1024
NO_TEXT = "Choose a file, or paste its lines"
TOO_LONG = "A roster is text of at most 500,000 letters: split it by officer"
NOT_UTF_8 = "This file is no text in UTF-8: save it as “CSV UTF-8”, then choose it again"
DONE = {"added": "Added", "changed": "Changed", "removed": "Removed"}

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form(LONGEST)]


@dataclass(frozen=True, slots=True)
class WrongLine:
    """Something wrong with a file; ``id`` is where the page says so, ``where`` its line and column."""

    id: str
    where: str
    said: str


@router.get("/rosters")
async def show_form(request: Request, _: CoordinatorDep) -> Response:
    """The form that takes a file."""
    return _page(request, "")


@router.post("/rosters")
async def try_roster(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep
) -> Response:
    """What the file would change, or every line that is wrong; nothing is changed yet."""
    try:
        text = await _text(form)
    except UnicodeDecodeError:
        return _page(request, "", faults=[Fault("#/csv", NOT_UTF_8)], status=422)
    return await _run(request, who, form, desk, text, dry_run=True)


@router.post("/rosters/import")
async def import_roster(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep
) -> Response:
    """Carry out what a dry run has shown."""
    return await _run(request, who, form, desk, _lines(str(form.get("csv", ""))), dry_run=False)


async def _text(form: FormData) -> str:
    """The file that was chosen, or else what was pasted. Raises UnicodeDecodeError."""
    file = form.get("file")
    if isinstance(file, UploadFile) and file.size:
        return _lines((await file.read()).decode("utf-8-sig"))
    return _lines(str(form.get("csv", "")))


def _lines(text: str) -> str:
    """The text with line ends as files have them: a form sends others."""
    return text.replace("\r\n", "\n")


async def _run(
    request: Request,
    who: Principal,
    form: FormData,
    desk: service.Desk,
    text: str,
    *,
    dry_run: bool,
) -> Response:
    try:
        body = RosterBody(csv=text, dry_run=dry_run)
        once = once_of(request, form)
        report = await service.import_roster(
            desk, read_roster(body.csv), who, once, dry_run=dry_run
        )
    except ValidationError:
        said = TOO_LONG if text.strip() else NO_TEXT
        return _page(request, text, faults=[Fault("#/csv", said)], status=422)
    except Invalid as wrong:
        return _page(request, text, faults=wrong.faults, status=wrong.status)
    except Refusal as refusal:
        faults = [Fault("#/csv", refusal.detail)]
        return _page(request, text, faults=faults, status=refusal.status)
    return _page(request, text if dry_run else "", report=report)


def _wrong_line(fault: Fault) -> WrongLine:
    _, _, *where = fault.pointer.split("/")
    places = [f"line {where[0]}", *where[1:]] if where else []
    said = fault.detail[:1].upper() + fault.detail[1:]
    return WrongLine("-".join(["csv", *where]), ", ".join(places), said)


def _page(
    request: Request,
    text: str,
    *,
    report: Mapping[str, Any] | None = None,
    faults: Sequence[Fault] = (),
    status: int = 200,
) -> Response:
    lines = [_wrong_line(fault) for fault in faults]
    shown = lines[:MOST_SHOWN]
    return render(
        request,
        "booking/rosters.html",
        status=status,
        text=text,
        report=report,
        left_out=[datetime.fromisoformat(wall) for wall in report["left_out"]] if report else [],
        done=DONE,
        wrong=[line for line in shown if line.where],
        more=len(lines) - len(shown),
        columns=", ".join(NEEDED),
        optional=", ".join(OPTIONAL),
        errors={
            line.id: f"{line.where.capitalize()}: {line.said}" if line.where else line.said
            for line in shown
        },
    )
