"""A team as it comes in: its policy in the units that people say, and its wards.

Invariant: a body says the whole policy, so that nothing changes because it was left out; a seed file may
leave out what is usual.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from booking import domain
from booking.domain.teams import OfficerSex, Youth
from booking.schemas.bodies import Body
from shared.web import Text

NoticeMinutes = Annotated[int, Field(ge=0, le=20_160, description="notice before a walk")]
HorizonDays = Annotated[int, Field(ge=1, le=366, description="how far ahead")]
BufferMinutes = Annotated[int, Field(ge=0, le=240, description="free around walks")]
DebriefMinutes = Annotated[int, Field(ge=0, le=240, description="free after a walk, for writing")]
GraceSeconds = Annotated[int, Field(ge=0, le=86_400, description="until a walk is overdue")]
WalkMinutes = Annotated[int, Field(ge=1, le=domain.LONGEST_MINUTES, description="of a walk")]
DailyLimit = Annotated[int, Field(ge=1, le=100, description="walks of an officer in a day")]
GroupSize = Annotated[int, Field(ge=1, le=20, description="people who walk together")]
PeoplePerOfficer = Annotated[int, Field(ge=1, le=20, description="people to an officer")]
YouthFrom = Annotated[int, Field(ge=10, le=17, description="the age from which with a guardian")]
WardCodes = Annotated[
    tuple[Annotated[Text, Field(min_length=1, max_length=20)], ...], Field(max_length=200)
]

EXAMPLE_POLICY = {
    "min_notice_minutes": 60,
    "horizon_days": 28,
    "buffer_minutes": 15,
    "debrief_minutes": 10,
    "grace_seconds": 900,
    "walk_minutes": 30,
    "daily_limit": 6,
    "officer_sex": "if_asked",
    "group_size": 4,
    "people_per_officer": 2,
    "youth": "adults_only",
    "youth_from": 16,
}


class PolicyBody(Body):
    """How a team books: the whole of it."""

    model_config = Body.model_config | {"json_schema_extra": {"examples": [EXAMPLE_POLICY]}}

    min_notice_minutes: NoticeMinutes
    horizon_days: HorizonDays
    buffer_minutes: BufferMinutes
    debrief_minutes: DebriefMinutes
    grace_seconds: GraceSeconds
    walk_minutes: WalkMinutes
    daily_limit: DailyLimit
    officer_sex: OfficerSex
    group_size: GroupSize
    people_per_officer: PeoplePerOfficer
    youth: Youth
    youth_from: YouthFrom

    def policy(self) -> domain.Policy:
        """The policy."""
        return domain.Policy(
            min_notice=timedelta(minutes=self.min_notice_minutes),
            horizon=timedelta(days=self.horizon_days),
            buffer=timedelta(minutes=self.buffer_minutes),
            grace=timedelta(seconds=self.grace_seconds),
            debrief=timedelta(minutes=self.debrief_minutes),
            walk_minutes=self.walk_minutes,
            daily_limit=self.daily_limit,
            officer_sex=self.officer_sex,
            group_size=self.group_size,
            people_per_officer=self.people_per_officer,
            youth=self.youth,
            youth_from=self.youth_from,
        )


class WardsBody(Body):
    """Where a team walks, by codes; none at all: every ward."""

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [{"own": ["L05000001", "L05000002"], "borrowed": ["L05000003"]}]
        }
    }

    own: WardCodes = ()
    borrowed: WardCodes = ()

    def wards(self) -> domain.Wards:
        """The wards, each once: one that is the team's own is not borrowed."""
        own = tuple(sorted(set(self.own)))
        return domain.Wards(own, tuple(sorted(set(self.borrowed) - set(own))))
