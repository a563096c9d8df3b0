"""Named keys as a setting gives them: the first is in use, the others are still good for what is old.

Invariant: a key is 32 bytes; a name is letters and digits, so that it can stand in a link or a column.
"""

import base64
import binascii
from collections.abc import Mapping

KEY_BYTES = 32


def read_keys(setting: str) -> tuple[str, Mapping[str, bytes]]:
    """Read ``name:base64url,name:base64url``: the first name, and all keys by name; raises ValueError."""
    pairs = [pair.strip().partition(":") for pair in setting.split(",")]
    keys = {name: decoded(key) for name, _, key in pairs}
    if any(not name.isalnum() or len(key) != KEY_BYTES for name, key in keys.items()):
        raise ValueError("must be name:base64url, each key of 32 bytes, comma-separated")
    return pairs[0][0], keys


def encoded(content: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Bytes of base64url, padded or not; raises ValueError."""
    try:
        padded = text.encode("ascii").rstrip(b"=")
        return base64.b64decode(padded + b"=" * (-len(padded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("must be base64url") from error
