"""Problems as the callers of booking meet them, with what their bodies hold, for the API's description.

Invariant: a route names here only what it alone can answer: the rest follows from its access rule and inputs.
"""

from booking import domain
from shared.errors import NotFound
from shared.web import problems

# One of each that tells more than its words.
TAKEN = domain.SlotTaken(
    alternatives=[
        {
            "id": "0c7d3f0e-5b1f-4a55-9a0e-2f6f6f1f0c11",
            "ward": {"code": "L05000001", "name": "Millfield", "set": "millbrook-2024"},
            "near": "the old mill",
            "starts_at": "2027-01-12T19:00:00+00:00",
            "ends_at": "2027-01-12T19:30:00+00:00",
            "local": {
                "date": "2027-01-12",
                "from": "19:00",
                "to": "19:30",
                "timezone": "Europe/London",
            },
            "after_dark": True,
        }
    ]
)
WRONG_STATE = domain.WrongState(state="ended")
REQUEST_OVER = domain.RequestOver(state="withdrawn")
DOES_NOT_FIT = domain.DoesNotFit(lacks=["bsl"])
TOO_MANY = domain.TooManyWalks("020 7946 0000")

NOT_FOUND = problems(NotFound)
BY_LINK = problems(NotFound, domain.LinkOver)
OF_A_WALK = problems(NotFound, domain.NotInTeam, WRONG_STATE)
