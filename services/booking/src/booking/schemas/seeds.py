"""The file that ``python -m booking seed`` reads: one team and its officers.

Invariant: the same file can be read again and again; people are told apart by their subject at the issuer.
"""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from booking import domain
from booking.schemas.inputs import Line
from booking.store.teams import NewOfficer
from shared.clock import new_id


class TeamSeed(BaseModel):
    """A team's name and policy."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    min_notice_minutes: Annotated[int, Field(ge=0, description="notice before a walk")] = 60
    horizon_days: Annotated[int, Field(ge=1, le=366, description="how far ahead")] = 28
    buffer_minutes: Annotated[int, Field(ge=0, le=240, description="free around walks")] = 15
    grace_seconds: Annotated[int, Field(ge=0, description="until a walk is overdue")] = 900

    def policy(self) -> domain.Policy:
        """The policy."""
        return domain.Policy(
            timedelta(minutes=self.min_notice_minutes),
            timedelta(days=self.horizon_days),
            timedelta(minutes=self.buffer_minutes),
            timedelta(seconds=self.grace_seconds),
        )


class OfficerSeed(BaseModel):
    """An officer; ``subject`` is the ``sub`` of her tokens."""

    model_config = ConfigDict(extra="forbid")

    subject: Line
    display_name: Line
    role: domain.Role
    force_phone: Line = "101"

    def officer(self) -> NewOfficer:
        """The officer, with an id in case she is new."""
        return NewOfficer(new_id(), self.subject, self.display_name, self.role, self.force_phone)


class Seed(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    team: TeamSeed
    officers: list[OfficerSeed]


def read_seed(content: Any) -> Seed:
    """A seed file's content, as YAML gives it; raises pydantic's ValidationError."""
    return Seed.model_validate(content)
