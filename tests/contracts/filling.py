"""What a tool finds at booking when it comes: officers with slots, walks in every state, wishes, a roster.

All of it is made through the API, and named as the parameters of the description are.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from shared.clock import new_id
from tests.booking.desk import WARD
from tests.tokens import TestIssuer

ROLES = ("officer", "coordinator", "duty", "admin")
PLACE = {"name": "Mill Lane bus stop", "coordinates": [-0.2056, 51.4071]}
HOURS = [{"days": ["tuesday", "friday"], "from": "18:00", "to": "21:00"}]

Known = dict[str, list[str]]


def token_for_all(issuer: TestIssuer) -> str:
    """The token of somebody with every role of booking's, so that no route is only a 403."""
    return issuer.staff(*ROLES, subject="officer-1")


def fill(url: str, token: str) -> Known:
    """Make it, and say what there is by the name of a parameter."""
    with httpx.Client(base_url=f"{url}/booking/v1") as http:
        desk = Filling(http, token)
        officers = [each["id"] for each in desk.gets("/officers")]
        hours = [f"{day}T{hour}" for day in (12, 13, 14) for hour in range(18, 23)]
        slots = [desk.slot(officer, at) for at in hours for officer in officers]
        # The third officer has none: she can take another's.
        booked = [slot for nth, slot in enumerate(slots[:18]) if nth % 3 < 2]
        walks = [desk.posts("/walks", desk.booking(slot)) for slot in booked]
        for walk, verbs in zip(walks, ("start", "start end debrief"), strict=False):
            for verb in verbs.split():
                desk.posts(f"/walks/{walk['id']}/{verb}")
        wishes = [desk.posts("/requests", desk.wish()) for _ in range(8)]
        for wish, slot in zip(wishes[:4], slots[-4:], strict=True):
            desk.posts(f"/requests/{wish['id']}/offers", {"slot_id": slot})
        shifts = [desk.posts(f"/officers/{each}/shifts", desk.shift()) for each in officers]
        absence = {"kind": "leave", "from": "2027-02-12T16:00:00Z", "officer_id": officers[2]}
        away = desk.posts("/absences", absence)["absence"]
        barred = desk.posts("/bars", {"reference": walks[3]["reference"], "reason": "abusive"})
        return {
            "officer_id": officers,
            "slot_id": slots,
            "walk_id": [each["id"] for each in walks],
            "request_id": [each["id"] for each in wishes],
            "link": [each["manage_url"].rpartition("/")[2] for each in wishes],
            "shift_id": [each["shift"]["id"] for each in shifts],
            "absence_id": [away["id"]],
            "bar_id": [barred["id"]],
            "team_id": [each["id"] for each in desk.gets("/teams")],
            "reference": [each["reference"] for each in walks],
            "day": ["2027-01-12", "2027-01-19"],
        }


class Filling:
    """Somebody with every role at the API."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._staff = {"Authorization": f"Bearer {token}"}
        self._contacts = 0

    def gets(self, path: str) -> list[dict[str, Any]]:
        """A list."""
        return self._http.get(path, headers=self._staff).raise_for_status().json()["items"]

    def posts(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What came of something done."""
        headers = self._staff | {"Idempotency-Key": str(new_id())}
        answer = self._http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def slot(self, officer: str, at: str) -> str:
        """A slot of half an hour in that week."""
        body = {
            "officer_id": officer,
            "ward": WARD,
            "starts_at": f"2027-01-{at}:00:00Z",
            "minutes": 30,
            "near": "the old mill",
            "meeting_point": PLACE,
        }
        return self.posts("/slots", body)["id"]

    def _who(self) -> dict[str, Any]:
        self._contacts += 1
        return {"name": "Ada Example", "email": f"ada{self._contacts}@example.org", "adult": True}

    def booking(self, slot: str) -> dict[str, Any]:
        """A booking for somebody new."""
        return {"slot_id": slot, **self._who()}

    def wish(self) -> dict[str, Any]:
        """A wish of somebody new."""
        return {"wards": [WARD], "hours": HOURS, **self._who()}

    def shift(self) -> dict[str, Any]:
        """A shift on Tuesdays from next week on."""
        return {
            "weekday": "tuesday",
            "from": "09:00",
            "to": "12:00",
            "from_date": "2027-01-19",
            "ward": WARD,
            "near": "the old mill",
            "meeting_point": PLACE,
        }
