"""Teams and officers as they are answered.

Invariant: no officer's sex, language or skill is told beside her name.
"""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from booking.domain.teams import OfficerSex, Role, Youth
from booking.service.shapes.values import Id, Instant, Version, WardCode


class WardCodes(TypedDict):
    """The wards that a team covers (none: every one), and those that it borrows from."""

    own: list[WardCode]
    borrowed: list[WardCode]


class TermsJson(TypedDict):
    """A policy in the words of the body that changes it."""

    version: Version
    min_notice_minutes: Annotated[int, Field(examples=[60])]
    horizon_days: Annotated[int, Field(examples=[28])]
    buffer_minutes: Annotated[int, Field(examples=[15])]
    debrief_minutes: Annotated[int, Field(examples=[10])]
    grace_seconds: Annotated[int, Field(examples=[900])]
    walk_minutes: Annotated[int, Field(examples=[30])]
    daily_limit: Annotated[int, Field(examples=[6])]
    officer_sex: OfficerSex
    group_size: Annotated[int, Field(examples=[4])]
    people_per_officer: Annotated[int, Field(examples=[2])]
    youth: Youth
    youth_from: Annotated[int, Field(examples=[16])]


class TeamJson(TypedDict):
    """A team, the policy in force and its wards."""

    id: Id
    name: Annotated[str, Field(examples=["Millfield"])]
    policy: TermsJson
    wards: WardCodes


class VersionJson(TypedDict):
    """A version of a policy, and since when it was in force."""

    version: Version
    set_at: Instant


class PolicyShown(TermsJson):
    """A version of a policy, since when it holds, and every version that is known."""

    set_at: Instant
    versions: list[VersionJson]


class TeamOfficer(TypedDict):
    """An officer, to choose one."""

    id: Id
    display_name: Annotated[str, Field(examples=["PC Robin Example"])]
    role: Role
    force_phone: Annotated[str, Field(examples=["020 7946 0000"])]


class TeamList(TypedDict):
    """Teams."""

    items: list[TeamJson]


class OfficerList(TypedDict):
    """Officers."""

    items: list[TeamOfficer]
