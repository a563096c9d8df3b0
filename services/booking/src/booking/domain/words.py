"""What booking says to a participant, in words.

Invariant: a confirmed walk never lacks what happens next.
"""

from booking.domain.walks import State, Walk


def next_steps(walk: Walk) -> list[str]:
    """What happens next, a sentence each, in the order of happening."""
    if walk.state is State.CANCELLED:
        return [
            "This walk is cancelled: nobody will wait for you.",
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
