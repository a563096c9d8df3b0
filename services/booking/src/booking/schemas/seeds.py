"""The file that ``python -m booking seed`` reads: one team and its officers.

Invariant: the same file can be read again and again; people are told apart by their subject at the issuer.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from booking import domain
from booking.domain.teams import OfficerSex, Sex, Youth
from booking.schemas import teams
from booking.schemas.inputs import Code, Language, Line
from booking.store.teams import NewOfficer
from shared.clock import new_id


class TeamSeed(BaseModel):
    """A team's name and policy, and its wards; without ``wards`` and ``borrows`` they stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    min_notice_minutes: teams.NoticeMinutes = 60
    horizon_days: teams.HorizonDays = 28
    buffer_minutes: teams.BufferMinutes = 15
    grace_seconds: teams.GraceSeconds = 900
    debrief_minutes: teams.DebriefMinutes = 0
    walk_minutes: teams.WalkMinutes = 30
    daily_limit: teams.DailyLimit = 12
    officer_sex: OfficerSex = "any"
    group_size: teams.GroupSize = 1
    people_per_officer: teams.PeoplePerOfficer = 6
    youth: Youth = "adults_only"
    youth_from: teams.YouthFrom = 16
    wards: teams.WardCodes | None = None
    borrows: teams.WardCodes | None = None

    def policy(self) -> domain.Policy:
        """The policy."""
        said = self.model_dump(exclude={"name", "wards", "borrows"})
        return teams.PolicyBody.model_validate(said).policy()

    def covers(self) -> domain.Wards | None:
        """The wards, where the file says anything of them."""
        if self.wards is None and self.borrows is None:
            return None
        return teams.WardsBody(own=self.wards or (), borrowed=self.borrows or ()).wards()


class OfficerSeed(BaseModel):
    """An officer; ``subject`` is the ``sub`` of her tokens."""

    model_config = ConfigDict(extra="forbid")

    subject: Line
    display_name: Line
    role: domain.Role
    force_phone: Line = "101"
    sex: Sex | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=20)] = ("en",)
    skills: Annotated[tuple[Code, ...], Field(max_length=20)] = ()

    def officer(self) -> NewOfficer:
        """The officer, with an id in case she is new."""
        traits = domain.Traits(self.sex, self.languages, self.skills)
        return NewOfficer(
            new_id(), self.subject, self.display_name, self.role, self.force_phone, traits
        )


class Seed(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    team: TeamSeed
    officers: list[OfficerSeed]


def read_seed(content: Any) -> Seed:
    """A seed file's content, as YAML gives it; raises pydantic's ValidationError."""
    return Seed.model_validate(content)
