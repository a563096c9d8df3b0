"""Cookies that only this service can read or make: AES-256-GCM, keys by HKDF (RFC 5869).

Invariant: a sealed value opens only under the same key, service and purpose, and not at all if one
bit has changed.
"""

import base64
import binascii
import json
import secrets
import zlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_BYTES = 32


def derive_key(session_key: str, service: str, purpose: str) -> bytes:
    """A key for each service and purpose; raises ValueError unless given 32 bytes, base64url."""
    secret = base64.urlsafe_b64decode(session_key + "=" * (-len(session_key) % 4))
    if len(secret) != KEY_BYTES:
        message = "SESSION_KEY must be 32 bytes in base64url"
        raise ValueError(message)
    info = f"walkandtalk {service} {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


class Seal:
    """Seals small JSON objects into text fit for a cookie, and opens them."""

    def __init__(self, session_key: str, service: str, purpose: str) -> None:
        self._cipher = AESGCM(derive_key(session_key, service, purpose))

    def close(self, content: Mapping[str, Any]) -> str:
        """The sealed text; compressed first, since a list of wards is long and a cookie is not."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        plain = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, None)).decode()

    def open(self, sealed: str) -> dict[str, Any] | None:
        """What was sealed, or None when this was not sealed here."""
        try:
            both = base64.urlsafe_b64decode(sealed.encode("ascii"))
            plain = self._cipher.decrypt(both[:NONCE_BYTES], both[NONCE_BYTES:], None)
        except (InvalidTag, binascii.Error, ValueError):
            return None
        return json.loads(zlib.decompress(plain))
