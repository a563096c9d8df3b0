"""Absences as they come in.

Invariant: times have the offset that London has then.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from booking import domain
from booking.schemas.bodies import Body
from booking.schemas.inputs import LondonTime
from booking.service import NewAbsence


class RecordAbsenceBody(Body):
    """An officer is away; without ``until`` nobody knows for how long."""

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "officer_id": "3f0f8a53-7f53-4e0e-8f5b-5d4d4f7b8b11",
                    "kind": "sick",
                    "from": "2027-01-12T16:00:00+00:00",
                    "until": "2027-01-14T00:00:00+00:00",
                }
            ]
        }
    }

    officer_id: UUID
    kind: domain.AbsenceKind
    since: Annotated[LondonTime, Field(alias="from")]
    until: LondonTime | None = None

    def wanted(self) -> NewAbsence:
        """The absence that is recorded."""
        return NewAbsence(self.officer_id, self.kind, self.since, self.until)


class EndAbsenceBody(Body):
    """Another end; null: nobody knows for how long. One that lies behind is now."""

    model_config = Body.model_config | {
        "json_schema_extra": {"examples": [{"until": "2027-01-13T12:00:00+00:00"}]}
    }

    until: LondonTime | None
