"""What booking says to a participant, in words.

Invariant: a confirmed walk never lacks what happens next.
"""

from booking.domain.walks import State, Walk

OVER = frozenset({State.ENDED, State.ABORTED, State.DEBRIEFED, State.CLOSED})


def next_steps(walk: Walk) -> list[str]:
    """What happens next, a sentence each, in the order of happening."""
    if walk.state is State.CANCELLED:
        return [
            "This walk is cancelled: nobody will wait for you.",
            "You can book another at any time.",
        ]
    if walk.state is State.NO_SHOW:
        return [
            "This walk did not take place: nobody waits for you.",
            f"If anything has happened to you, or you would rather talk, call {walk.officer.force_phone}.",
            "You can book another at any time.",
        ]
    if walk.state in OVER:
        return [
            "This walk is over. Thank you for coming.",
            "What you said goes to those who look after these places. Nobody can promise what they will do.",
            "You can book another at any time.",
        ]
    officer = walk.officer
    return [
        f"{officer.display_name} will meet you at {walk.meeting_point.name}.",
        "Officers on walks wear uniform and carry a warrant card: please ask to see it.",
        "You choose the way and the pace. Say what worries you as you come to it, or say nothing.",
        "If you cannot come, cancel with your link, so that somebody else can have the time.",
        f"If you are late or cannot find each other, call {officer.force_phone}.",
        "In an emergency call 999.",
    ]
