"""The names by which people speak of a walk or a wish.

Invariant: what is drawn can be read out over the telephone, and tells nothing.
"""

from shared.clock import new_id

# Crockford's base 32: no I, L, O or U to be misread or misheard.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A name of 40 random bits."""
    number = new_id().int
    letters = [ALPHABET[number >> shift & 31] for shift in range(0, 40, 5)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
