"""Who takes part, as booking knows her and nobody else does.

Invariant: a person's words and contacts are in a Person and in nothing else that the domain makes: no
walk, no fact and no refusal carries any of it.
"""

from dataclasses import dataclass, field

from booking.domain.safe_contact import SafeContact


@dataclass(frozen=True, slots=True)
class Person:
    """A participant: how to call her, how to reach her, and what she wants the officer to know.

    Of somebody under 18 also her ``age`` and the name of the ``guardian`` who has consented. ``needs`` and
    ``language`` are codes of what her officer must be able to meet, and to speak. ``safe_contact`` is when
    and how she may be reached; None: she was not asked. She is written to at her ``email``, or else her
    ``mobile`` (E.164).
    """

    name: str = field(repr=False)
    email: str | None = field(repr=False)
    note: str | None = field(default=None, repr=False)
    age: int | None = field(default=None, repr=False)
    guardian: str | None = field(default=None, repr=False)
    needs: tuple[str, ...] = field(default=(), repr=False)
    language: str | None = field(default=None, repr=False)
    safe_contact: SafeContact | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)
