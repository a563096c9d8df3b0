"""What is promised: slots are opened, walks booked, cancelled, undone and moved.

Invariant: the model says each answer before it is asked for.
"""

from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as some
from hypothesis.stateful import initialize, precondition, rule

from booking import service
from shared.idempotency import once
from tests.booking.lifecycle.model import Life, Place
from tests.booking.lifecycle.walked import Walked

NO_KEY = once("test", None, b"")
# Near enough to each other that buffers meet, and up to the edge of the horizon.
COMPANIONS = some.sampled_from([0, 0, 1, 2])
AHEAD = some.sampled_from([20, 40, 60, 85, 130, 24 * 60, 24 * 60 + 30, 28 * 24 * 60]).map(
    lambda minutes: timedelta(minutes=minutes)
)
ANY = some.integers(0, 11)


class Booked(Walked):
    """Steps of whoever books, and of coordinators before the day."""

    @initialize()
    def a_roster(self) -> None:
        """Something to begin with: chance alone seldom gets beyond an empty week."""
        for minutes, officer, capacity in ((60, 0, 2), (130, 0, 1), (60, 1, 1), (1470, 1, 3)):
            self.open_slot(officer, timedelta(minutes=minutes), capacity)
        for nth, companions in ((0, 0), (2, 0), (3, 1)):
            self.book(nth, companions)

    @rule(officer=some.integers(0, 1), ahead=AHEAD, capacity=some.sampled_from([1, 1, 2, 3]))
    def open_slot(self, officer: int, ahead: timedelta, capacity: int) -> None:
        place = Place("", officer, self.at + ahead, capacity)
        there = any(
            other.open and (other.officer, other.at) == (officer, place.at)
            for other in self.model.places
        )
        busy = self.model.busy(officer, place)
        expected = "officer-busy" if busy else "slot-exists" if there else "done"
        opening = self.booking.opens(at=place.at, officer=officer)
        answer = self.meet("open", opening, expected)
        if expected != "done":
            return
        place.id = answer.json()["id"]
        self.model.places.append(place)
        self.wait(self._widen(place))

    async def _widen(self, place: Place) -> None:
        async with self.booking.database.transaction() as connection:
            await connection.execute(
                "update slot set capacity = $2 where id = $1", UUID(place.id), place.capacity
            )

    @precondition(lambda self: self.model.places)
    @rule(nth=ANY, companions=COMPANIONS)
    def book(self, nth: int, companions: int) -> None:
        place = self.place(nth)
        if self.model.bookable(place, self.at, companions=companions):
            expected = "done"
        else:
            alone = companions and self.model.bookable(place, self.at)
            expected = "too-few-places" if alone else "slot-taken"
        self._booked(place, expected, companions)

    @precondition(lambda self: any(self.model.bookable(p, self.at) for p in self.model.places))
    @rule(nth=ANY, companions=COMPANIONS)
    def book_what_is_offered(self, nth: int, companions: int) -> None:
        offered = [each for each in self.model.places if self.model.bookable(each, self.at)]
        place = offered[nth % len(offered)]
        self._booked(place, "done", min(companions, self.model.left(place) - 1))

    def _booked(self, place: Place, expected: str, companions: int) -> None:
        doing = self.booking.books(place.id, companions=companions)
        answer = self.meet("book", doing, expected)
        if expected == "done":
            said = answer.json()
            token = said["manage_url"].rsplit("/", 1)[-1]
            self.model.lives.append(Life(said["id"], token, place, place.officer, companions))

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, initiator=some.sampled_from(["force", "weather", "safety"]))
    def cancel(self, nth: int, initiator: str) -> None:
        life = self.life(nth)
        expected = "done" if life.state == "confirmed" else "wrong-state"
        self.meet("cancel", self.acts(life, "cancel", reason=initiator), expected)
        if expected == "done":
            self._cancelled(life, initiator)
            if not any(
                other.state in ("confirmed", "started") for other in self.model.on(life.place)
            ):
                life.place.open = False

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY)
    def cancel_by_her(self, nth: int) -> None:
        life = self.life(nth)
        late = "too-late" if self.at >= life.place.at else "done"
        expected = late if life.state == "confirmed" else "wrong-state"
        expected = "link-over" if life.link_is_over(self.at) else expected
        doing = service.cancel_by_link(self.booking.desk, life.token, NO_KEY)
        self.meet("cancel by her", doing, expected)
        if expected == "done":
            self._cancelled(life, "participant")
            life.place.open = True

    def _cancelled(self, life: Life, initiator: str) -> None:
        life.change("cancelled", promise=True)
        life.initiator, life.cancelled_at = initiator, self.at

    @precondition(lambda self: any(life.state == "cancelled" for life in self.model.lives))
    @rule(nth=ANY)
    def undo(self, nth: int) -> None:
        cancelled = [life for life in self.model.lives if life.state == "cancelled"]
        life = cancelled[nth % len(cancelled)]
        assert life.cancelled_at is not None
        if life.link_is_over(self.at):
            expected = "link-over"
        elif life.initiator != "participant":
            expected = "wrong-state"
        elif self.at > life.cancelled_at + timedelta(minutes=10):
            expected = "too-late"
        else:
            free = self.model.bookable(life.place, self.at, companions=life.companions)
            expected = "done" if free else "slot-taken"
        doing = service.undo_cancel_by_link(self.booking.desk, life.token, NO_KEY)
        self.meet("undo", doing, expected)
        if expected == "done":
            life.change("confirmed", promise=True)
            life.initiator, life.officer = None, life.place.officer

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY)
    def think_better_of_it(self, nth: int) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        self.cancel_by_her(self.model.lives.index(life))
        if life.state == "cancelled":
            cancelled = [each for each in self.model.lives if each.state == "cancelled"]
            self.undo(cancelled.index(life))

    @precondition(lambda self: self.model.lives)
    @rule(nth=ANY, to=ANY, by_her=some.booleans())
    def move(self, nth: int, to: int, *, by_her: bool) -> None:
        life, place = self.life(nth), self.place(to)
        expected = self._move_expected(life, place, by_her=by_her)
        doing = (
            service.move_by_link(self.booking.desk, life.token, UUID(place.id), NO_KEY)
            if by_her
            else self.acts(life, "move", slot_id=place.id)
        )
        self.meet("move", doing, expected)
        if expected == "done":
            life.change(promise=True)
            life.place, life.officer = place, place.officer

    @precondition(lambda self: self._confirmed())
    @rule(nth=ANY, to=ANY, by_her=some.booleans())
    def move_to_what_is_offered(self, nth: int, to: int, *, by_her: bool) -> None:
        confirmed = self._confirmed()
        life = confirmed[nth % len(confirmed)]
        offered = [
            each
            for each in self.model.places
            if self.model.bookable(each, self.at, but=life, companions=life.companions)
        ]
        if offered:
            place = offered[to % len(offered)]
            self.move(self.model.lives.index(life), self.model.places.index(place), by_her=by_her)

    def _confirmed(self) -> list[Life]:
        return [life for life in self.model.lives if life.state == "confirmed"]

    def _move_expected(self, life: Life, place: Place, *, by_her: bool) -> str:
        if by_her and life.link_is_over(self.at):
            return "link-over"
        if life.state != "confirmed":
            return "wrong-state"
        if by_her and self.at >= life.place.at:
            return "too-late"
        if life.place is place:
            return "wrong-state"
        free = self.model.bookable(place, self.at, but=life, companions=life.companions)
        return "done" if free else "slot-taken"
