"""What becomes of it: walks are handed over, started, ended, missed; officers fall sick; time passes.

Invariant: the model says each answer before it is asked for.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import strategies as some
from hypothesis.stateful import precondition, rule

from booking import service
from tests.booking.desk import POLICY
from tests.booking.lifecycle.booked import ANY, Booked
from tests.booking.lifecycle.model import WALK, Away, Life, Place

PASSING = some.sampled_from([5, 11, 30, 90, 24 * 60]).map(
    lambda minutes: timedelta(minutes=minutes)
)


class Lifecycle(Booked):
    """Steps of officers and coordinators, and of the clock."""

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, officer=some.integers(0, 1))
    def reassign(self, nth: int, officer: int) -> None:
        life = self.life(nth)
        group = [
            each for each in self.model.on(life.place) if each.state in ("confirmed", "started")
        ]
        expected = self._reassign_expected(life, group, officer)
        doing = self.acts(life, "reassign", officer_id=self.booking.officers[officer])
        self.meet("reassign", doing, expected)
        if expected == "done":
            for other in self._beside(life.place, officer):
                other.open = False
            life.place.officer = officer
            for each in group:
                overdue = each.overdue  # another officer does not make it any less overdue
                each.change(promise=True)
                each.officer, each.overdue = officer, overdue

    def _beside(self, place: Place, officer: int) -> Iterator[Place]:
        for other in self.model.places:
            if other.open and (other.officer, other.at) == (officer, place.at):
                yield other

    def _reassign_expected(self, life: Life, group: list[Life], officer: int) -> str:
        states = {life.state} | {each.state for each in group}
        if states != {"confirmed"} or life.officer == officer:
            return "wrong-state"
        occupied = any(self.model.on(other) for other in self._beside(life.place, officer))
        if (
            self.model.absent(officer, life.place)
            or self.model.busy(officer, life.place)
            or self.model.full_day(officer, life.place)
            or occupied
        ):
            return "officer-busy"
        return "done"

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY, minutes=some.sampled_from([-61, -60, -20, 0, 15, 29, 30]))
    def start_about_its_time(self, nth: int, minutes: int) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        self.booking.clock.at = max(self.at, life.place.at + timedelta(minutes=minutes))
        self.look_for_overdue()
        self.start(self.model.lives.index(life))

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY)
    def hand_over(self, nth: int) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        self.reassign(self.model.lives.index(life), 1 - life.officer)

    @precondition(lambda self: any(life.state == "started" for life in self.model.lives))
    @rule(nth=ANY, verb=some.sampled_from(["end", "abort"]))
    def finish_what_is_under_way(self, nth: int, verb: str) -> None:
        under_way = [life for life in self.model.lives if life.state == "started"]
        self.finish(self.model.lives.index(under_way[nth % len(under_way)]), verb)

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY)
    def start(self, nth: int) -> None:
        life = self.life(nth)
        if life.state != "confirmed":
            expected = "wrong-state"
        elif self.at < life.place.at - timedelta(hours=1):
            expected = "too-early"
        else:
            expected = "too-late" if self.at >= life.place.at + WALK else "done"
        self.meet("start", self.acts(life, "start"), expected)
        if expected == "done":
            life.change("started")

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, verb=some.sampled_from(["end", "abort", "no-show", "debrief"]))
    def finish(self, nth: int, verb: str) -> None:
        life = self.life(nth)
        befores = {
            "end": (("started",), "ended"),
            "abort": (("started",), "aborted"),
            "no-show": (("confirmed",), "no_show"),
            "debrief": (("ended", "aborted"), "debriefed"),
        }
        before, after = befores[verb]
        expected = "done" if life.state in before else "wrong-state"
        if verb == "no-show" and expected == "done" and self.at < life.place.at:
            expected = "too-early"
        body = {"abort": {"reason": "weather"}, "no-show": {"party": "officer"}}.get(verb, {})
        self.meet(verb, self.acts(life, verb, **body), expected)
        if expected == "done":
            life.change(after)

    @rule(officer=some.integers(0, 1), hours=some.sampled_from([1, 30, None]))
    def fall_sick(self, officer: int, hours: int | None) -> None:
        until = self.at + timedelta(hours=hours) if hours else None
        body: dict[str, Any] = {
            "officer_id": self.booking.officers[officer],
            "kind": "sick",
            "from": self.at.isoformat(),
        }
        body |= {"until": until.isoformat()} if until else {}
        url = "/booking/v1/absences"
        doing = self.booking.http.post(url, json=body, headers=self.booking.coordinator)
        answer = self.meet("absence", doing, "done")
        self.model.away.append(Away(answer.json()["absence"]["id"], officer, self.at, until))

    @precondition(lambda self: self.model.away)
    @rule(nth=ANY)
    def come_back(self, nth: int) -> None:
        away = self.model.away[nth % len(self.model.away)]
        over = away.until is not None and away.until <= self.at
        doing = self.booking.http.patch(
            f"/booking/v1/absences/{away.id}",
            json={"until": self.at.isoformat()},
            headers=self.booking.coordinator | {"If-Match": f'"{away.version}"'},
        )
        self.meet("absence ended", doing, "absence-over" if over else "done")
        if away.since == self.at:
            self.model.away.remove(away)
        elif not over:
            away.until, away.version = self.at, away.version + 1

    @rule(by=PASSING)
    def time_passes(self, by: timedelta) -> None:
        self.booking.clock.advance(by)

    @rule()
    def look_for_overdue(self) -> None:
        marked = 0
        while self.wait(service.mark_next_overdue(self.booking.desk)):
            marked += 1
        due = [life for life in self.model.lives if life.overdue is None and self._due(life)]
        assert marked == len(due)
        for life in due:
            overdue = self._due(life)
            life.change()
            life.overdue = overdue
        self.reached["overdue"] += marked

    def _due(self, life: Life) -> str | None:
        begin = life.place.at + POLICY.grace
        if life.state == "confirmed" and self.at >= begin:
            return "start"
        return "end" if life.state == "started" and self.at >= begin + WALK else None
