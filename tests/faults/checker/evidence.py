"""What a checker is given, and what it hands back.

Invariant: evidence is what a stranger could lay hands on after the fact (histories, databases, topics,
mails, logs); nothing in it comes from the memory of a process that was under test.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from tests.faults.history import Call

Invariant = Literal["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"]


@dataclass(frozen=True)
class Evidence:
    """All there is to judge by, once the faults have healed and the system was left alone to catch up.

    A service that is not in ``databases`` (service -> url, as its owner) is not judged. ``letters`` are
    what the mail server was given, ``planted`` the strings that must be nowhere, ``texts`` what else is
    searched for them: name -> a log, a metrics page, the bodies of problems. ``contact_key`` is booking's: what it
    keeps of an address is a digest under it.

    The last three are allowances. ``sending_at_kill``: ids of messages whose journal row said ``sending``
    when notifications was killed; such a mail may have come twice. ``poisoned``: keys of records that the
    tests put on a topic themselves or made a handler refuse; those may be parked. ``stopped``: services
    whose consumer was stopped on purpose and not resumed.
    """

    calls: Sequence[Call]
    databases: Mapping[str, str]
    bootstrap: str
    letters: Sequence[EmailMessage] = ()
    planted: Sequence[str] = ()
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    contact_key: str = ""
    sending_at_kill: Collection[str] = ()
    poisoned: Collection[str] = ()
    stopped: Collection[str] = ()


@dataclass(frozen=True)
class Violation:
    """One broken promise: which, and where it shows."""

    invariant: Invariant
    what: str


@dataclass(frozen=True)
class Findings:
    """What was found and how much was looked at: events, keys, mails, mails twice, calls by outcome ..."""

    violations: Sequence[Violation]
    counted: Mapping[str, int]
