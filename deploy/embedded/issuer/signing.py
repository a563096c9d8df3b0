"""The issuer's signing key, and what it signs.

Invariant: the key is made once, readable by its owner alone, and the same after every restart, so
that tokens and sessions outlive one.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

FILE = "issuer.jwk"
ALGORITHM = "ES256"
PRIVATE = 0o600


class Signer:
    """Signs tokens with the key kept in a folder (P-256, ES256)."""

    def __init__(self, folder: Path) -> None:
        self._key = _kept(folder / FILE)

    @property
    def public_keys(self) -> dict[str, Any]:
        """The JWK set (RFC 7517)."""
        public: Any = self._key.as_dict(private=False)
        return {"keys": [public | {"use": "sig", "alg": ALGORITHM}]}

    def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """A JWT of these claims; ``kind`` is its ``typ``."""
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": kind}
        return jwt.encode(header, dict(claims), self._key)


def _kept(path: Path) -> ECKey:
    if path.exists():
        return ECKey.import_key(json.loads(path.read_text()))
    key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8)})
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w") as file:
        json.dump(key.as_dict(private=True), file)
    whole.rename(path)  # a half-written key would lock everybody out after a crash
    return key
