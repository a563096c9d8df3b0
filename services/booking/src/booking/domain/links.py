"""Manage links: whoever holds one may see and cancel one walk. Nothing is stored for them.

Invariant: a link is an HMAC (RFC 2104, SHA-256) over key name, walk and the walk's link generation, so
that it cannot be guessed, another walk's cannot be derived from it, and raising the generation revokes it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from booking.domain.keys import decoded, encoded, read_keys
from booking.domain.safe_words import in_words

MAC_BYTES = 16
PARTS = 3
CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says of itself, before anybody has checked it."""

    key_name: str
    walk_id: UUID
    mac: bytes


@dataclass(frozen=True, slots=True)
class Links:
    """The keys by name; ``current`` signs, all of them check."""

    current: str
    keys: Mapping[str, bytes]

    @classmethod
    def from_setting(cls, setting: str) -> "Links":
        """Read ``name:base64url,name:base64url``; raises ValueError when a key is not 32 bytes."""
        return cls(*read_keys(setting))

    def token(self, walk_id: UUID, generation: int) -> str:
        """The link's last part for a walk: ``key.walk.mac``."""
        mac = self._mac(self.current, walk_id, generation)
        return f"{self.current}.{encoded(walk_id.bytes)}.{encoded(mac)}"

    def holds(self, claim: Claim, generation: int) -> bool:
        """Whether a claim was signed by one of the keys for the walk's present generation."""
        if claim.key_name not in self.keys:
            return False
        return hmac.compare_digest(self._mac(claim.key_name, claim.walk_id, generation), claim.mac)

    def ever_held(self, claim: Claim, generation: int) -> bool:
        """Whether it was so for the present generation or for one before."""
        return any(self.holds(claim, each) for each in range(1, generation + 1))

    def safe_word(self, walk_id: UUID) -> str:
        """The words by which a walk's two sides know each other: another key that signs, other words."""
        return in_words(self._signed(self.current, f"safe-word {walk_id}"))

    def return_code(self, walk_id: UUID, generation: int) -> str:
        """What leads her back beside her reference: another generation or key, another code."""
        return self._code(self.current, walk_id, generation)

    def holds_code(self, walk_id: UUID, generation: int, code: str) -> bool:
        """Whether a code is one of the keys' for the present generation; no takes as long as yes."""
        codes = [self._code(name, walk_id, generation).encode() for name in self.keys]
        return True in [hmac.compare_digest(each, code.encode()) for each in codes]

    def _code(self, key_name: str, walk_id: UUID, generation: int) -> str:
        signed = self._signed(key_name, f"return {key_name} {walk_id} {generation}")
        return f"{int.from_bytes(signed[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def _mac(self, key_name: str, walk_id: UUID, generation: int) -> bytes:
        return self._signed(key_name, f"manage {key_name} {walk_id} {generation}")[:MAC_BYTES]

    def _signed(self, key_name: str, said: str) -> bytes:
        return hmac.new(self.keys[key_name], said.encode(), hashlib.sha256).digest()


def read_token(token: str) -> Claim | None:
    """What a token claims, or None when it has not the form of one."""
    parts = token.split(".")
    if len(parts) != PARTS:
        return None
    try:
        return Claim(parts[0], UUID(bytes=decoded(parts[1])), decoded(parts[2]))
    except ValueError:
        return None
