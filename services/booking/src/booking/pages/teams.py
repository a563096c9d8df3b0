"""For coordinators: how their teams book, since when, and where they walk.

Invariant: who changes something is shown what is in force, and is told when somebody else was faster.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from booking import domain, service, store
from booking.pages.typed import seen_in, typed_in, wrong_fields
from booking.schemas import DeskDep, PolicyBody, WardsBody
from booking.service import Desk, team_answers
from shared.auth import Principal, csrf_form, staff_page
from shared.errors import NotFound, PreconditionFailed
from shared.pages import render

router = APIRouter()

SEE_OTHER = 303
NUMBERS = {
    "min_notice_minutes": ("Notice before a walk", "minutes", "from 0 to 20160"),
    "horizon_days": ("How far ahead walks can be booked", "days", "from 1 to 366"),
    "walk_minutes": ("How long a walk takes", "minutes", "from 1 to 240"),
    "buffer_minutes": ("Kept free before and after a walk", "minutes", "from 0 to 240"),
    "debrief_minutes": ("Kept free after it for writing up", "minutes", "from 0 to 240"),
    "daily_limit": ("Walks of an officer in a day, at most", "walks", "from 1 to 100"),
    "grace_seconds": ("Until a walk is overdue", "seconds", "from 0 to 86400"),
    "group_size": ("People who walk together, at most", "people", "from 1 to 20"),
    "people_per_officer": ("People to an officer, at most", "people", "from 1 to 20"),
    "youth_from": ("Youngest age, with a guardian", "years", "from 10 to 17"),
}
CHOICES = {
    "officer_sex": (
        "A woman as officer",
        {"any": "Not promised", "if_asked": "If she asks", "women": "Always"},
    ),
    "youth": (
        "Under 18",
        {"adults_only": "Adults only", "with_guardian": "With a guardian"},
    ),
}
WRONG = {
    **{
        name: f"Enter {text.lower()}, in {unit}, {span}"
        for name, (text, unit, span) in NUMBERS.items()
    },
    **{name: f"Choose: {text.lower()}" for name, (text, _) in CHOICES.items()},
}
FASTER = (
    "Somebody else has changed this meanwhile. This is what you typed: look, then send it again."
)

CoordinatorDep = Annotated[Principal, staff_page("coordinator")]
FormDep = Annotated[FormData, csrf_form()]


@router.get("/teams")
async def show_teams(
    request: Request, who: CoordinatorDep, desk: DeskDep, changed: UUID | None = None
) -> Response:
    """The coordinator's teams: policy, wards, and what held before; ``changed`` says which was."""
    async with desk.database.reading() as connection:
        teams = [
            each for each in await store.teams.list_teams(connection) if service.leads(who, each)
        ]
        history = {
            team.id: await store.teams.policy_versions(connection, team.id) for team in teams
        }
    return render(
        request,
        "booking/teams.html",
        teams=teams,
        history=history,
        terms={team.id: [_in_words(each.policy) for each in history[team.id]] for team in teams},
        ward_names={code: ward.name for code, ward in desk.areas.by_code.items()},
        changed=changed,
    )


@router.get("/teams/{team_id}/policy")
async def show_policy(
    request: Request, who: CoordinatorDep, desk: DeskDep, team_id: UUID
) -> Response:
    """The form that changes how a team books, filled with what is in force."""
    team = await _team(desk, team_id, who)
    typed = {name: str(value) for name, value in team_answers.team(team)["policy"].items()}
    return _policy_form(request, team, typed, {})


@router.post("/teams/{team_id}/policy")
async def change_policy(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, team_id: UUID
) -> Response:
    """The next version, or the form again with what is wrong."""
    typed = typed_in(form, (*NUMBERS, *CHOICES))
    try:
        body = PolicyBody.model_validate(typed)
        await service.change_policy(desk, team_id, who, body.policy(), seen_in(form))
    except ValidationError as error:
        errors = wrong_fields(error, WRONG, "min_notice_minutes")
        return _policy_form(request, await _team(desk, team_id, who), typed, errors, 422)
    except PreconditionFailed as late:
        team = await _team(desk, team_id, who)
        errors = {"min_notice_minutes": FASTER}
        return _policy_form(request, team, typed, errors, late.status)
    return RedirectResponse(f"/booking/teams?changed={team_id}", SEE_OTHER)


@router.get("/teams/{team_id}/wards")
async def show_wards(
    request: Request, who: CoordinatorDep, desk: DeskDep, team_id: UUID
) -> Response:
    """The form that says where a team walks."""
    team = await _team(desk, team_id, who)
    return _wards_form(request, desk, team, team.wards, {})


@router.post("/teams/{team_id}/wards")
async def change_wards(
    request: Request, who: CoordinatorDep, form: FormDep, desk: DeskDep, team_id: UUID
) -> Response:
    """Other wards, or the form again."""
    known = desk.areas.by_code
    own, borrowed = (
        tuple(code for code in known if form.get(f"ward-{code}") == how)
        for how in ("own", "borrowed")
    )
    wards = WardsBody(own=own, borrowed=borrowed).wards()
    try:
        await service.change_wards(desk, team_id, who, wards, seen_in(form))
    except PreconditionFailed as late:
        team = await _team(desk, team_id, who)
        return _wards_form(request, desk, team, wards, {"wards": FASTER}, late.status)
    return RedirectResponse(f"/booking/teams?changed={team_id}", SEE_OTHER)


async def _team(desk: Desk, team_id: UUID, who: Principal) -> domain.Team:
    async with desk.database.reading() as connection:
        team = await store.teams.find_team(connection, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    service.must_lead(who, team)
    return team


def _in_words(policy: domain.Policy) -> list[tuple[str, str]]:
    """A policy as people say it, line by line."""
    said = team_answers.terms(policy)
    lines = [(text, f"{said[name]} {unit}") for name, (text, unit, _) in NUMBERS.items()]
    return lines + [(text, words[said[name]]) for name, (text, words) in CHOICES.items()]


def _policy_form(
    request: Request,
    team: domain.Team,
    typed: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    return render(
        request,
        "booking/policy.html",
        status=status,
        team=team,
        typed=typed,
        numbers=NUMBERS,
        choices=CHOICES,
        errors=errors,
    )


def _wards_form(
    request: Request,
    desk: Desk,
    team: domain.Team,
    wards: domain.Wards,
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    return render(
        request,
        "booking/wards.html",
        status=status,
        team=team,
        wards=wards,
        known=desk.areas.wards,
        errors=errors,
    )
