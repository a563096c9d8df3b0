"""How a person is kept: sealed under a key of her own, which is wrapped by a master key.

AES-256-GCM twice (NIST SP 800-38D): a fresh key seals the person, the master key wraps that key. The
master key is a setting and never in the database, so that a dump alone tells nothing; without her
wrapped key nobody can read her again, which is what erasing her means.
Invariant: a seal opens only for the participant it was made for, and not at all if one bit has changed.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from booking.domain import Person, SafeContact, read_keys

KEY_BITS = 256
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A person as she stands in the database: the master key's name, her wrapped key, her sealed self."""

    key_name: str
    wrapped_key: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Sealing:
    """The master keys by name; ``current`` wraps, all of them unwrap."""

    current: str
    keys: Mapping[str, bytes]

    @classmethod
    def from_setting(cls, setting: str) -> "Sealing":
        """Read ``name:base64url,name:base64url``; raises ValueError when a key is not 32 bytes."""
        return cls(*read_keys(setting))

    def close(self, participant_id: UUID, person: Person) -> Sealed:
        """Seal a person under a key that nobody has used before."""
        key = AESGCM.generate_key(KEY_BITS)
        content = json.dumps(asdict(person), ensure_ascii=False, default=time.isoformat).encode()
        return Sealed(
            self.current,
            _close(self.keys[self.current], key, participant_id),
            _close(key, content, participant_id),
        )

    def open(self, participant_id: UUID, sealed: Sealed) -> Person:
        """The person again; raises KeyError without the master key, InvalidTag when it is not hers."""
        key = _open(self.keys[sealed.key_name], sealed.wrapped_key, participant_id)
        content = json.loads(_open(key, sealed.content, participant_id))
        return _person(content)


def _person(content: dict[str, Any]) -> Person:
    """A person of what was sealed, which of old says less."""
    safe = content.get("safe_contact")
    more: dict[str, Any] = {
        "needs": tuple(content.get("needs", ())),
        "safe_contact": _safe_contact(**safe) if safe else None,
    }
    return Person(**content | more)


def _safe_contact(hours: list[str] | None, **rest: bool) -> SafeContact:
    if hours is None:
        return SafeContact(None, **rest)
    begin, end = hours
    return SafeContact((time.fromisoformat(begin), time.fromisoformat(end)), **rest)


def _close(key: bytes, content: bytes, participant_id: UUID) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, participant_id.bytes)


def _open(key: bytes, both: bytes, participant_id: UUID) -> bytes:
    nonce, content = both[:NONCE_BYTES], both[NONCE_BYTES:]
    return AESGCM(key).decrypt(nonce, content, participant_id.bytes)
