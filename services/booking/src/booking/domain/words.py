"""What booking says to a participant, in words.

Invariant: a confirmed walk never lacks what happens next.
"""

from booking.domain.walks import State, Walk
from shared.phrases import Phrase, marked

OVER = frozenset({State.ENDED, State.ABORTED, State.DEBRIEFED, State.CLOSED})
ANOTHER = marked("You can book another at any time.")


def next_steps(walk: Walk) -> list[str]:
    """What happens next, a sentence each, in the order of happening."""
    if walk.state is State.CANCELLED:
        return [marked("This walk is cancelled: nobody will wait for you."), ANOTHER]
    if walk.state is State.NO_SHOW:
        return [
            marked("This walk did not take place: nobody waits for you."),
            Phrase(
                marked(
                    "If anything has happened to you, or you would rather talk, call %(phone)s."
                ),
                phone=walk.officer.force_phone,
            ),
            ANOTHER,
        ]
    if walk.state in OVER:
        return [
            marked("This walk is over. Thank you for coming."),
            marked(
                "What you said goes to those who look after these places. Nobody can promise what "
                "they will do."
            ),
            ANOTHER,
        ]
    return _ahead(walk)


def _ahead(walk: Walk) -> list[str]:
    officer = walk.officer
    return [
        Phrase(
            marked("%(officer)s will meet you at %(place)s."),
            officer=officer.display_name,
            place=walk.meeting_point.name,
        ),
        marked("Officers on walks wear uniform and carry a warrant card: please ask to see it."),
        marked(
            "You choose the way and the pace. Say what worries you as you come to it, or say nothing."
        ),
        marked(
            "If you cannot come, cancel with your link, so that somebody else can have the time."
        ),
        Phrase(
            marked("If you are late or cannot find each other, call %(phone)s."),
            phone=officer.force_phone,
        ),
        marked("In an emergency call 999."),
    ]
