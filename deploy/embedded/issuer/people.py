"""The invented people who can sign in.

Invariant: a subject never changes, since booking's officers are tied to theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the force: ``subject`` is ``<role>-<n>``, ``wards`` are codes or ``*``."""

    subject: str
    name: str
    roles: tuple[str, ...]
    does: str
    wards: tuple[str, ...] = ("*",)


PEOPLE: Mapping[str, Person] = {
    person.subject: person
    for person in (
        Person("officer-1", "Sam Okafor", ("officer",), "walks with people, notes concerns"),
        Person("officer-2", "Priya Nair", ("officer",), "walks with people, notes concerns"),
        Person("officer-3", "Tom Becker", ("officer",), "walks with people, notes concerns"),
        Person("coordinator-1", "Ruth Adeyemi", ("coordinator",), "opens slots, sees every walk"),
        Person("duty-1", "Lena Marsh", ("duty",), "answers alerts"),
        Person("analyst-1", "Joe Whitlock", ("analyst",), "reads the figures"),
        Person(
            "partner-1",
            "Dana Price",
            ("partner",),
            "is at the council: no page is for partners yet",
        ),
        Person("admin-1", "Kit Rowan", ("admin",), "looks after the installation"),
    )
}
