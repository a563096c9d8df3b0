"""Keys and secrets of the embedded platform: made once, kept under ``.data/keys``.

Invariant: a key, once handed out, is the same after every restart; only this user can read it.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from embedded.folder import write_private

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """The folder of keys."""

    folder: Path

    def secret(self, name: str) -> str:
        """The key of that name: 32 random bytes, base64url, made at its first asking."""
        path = self.folder / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(KEY_BYTES))
        return path.read_text()
