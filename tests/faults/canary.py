"""Strings that people say and nobody may repeat: planted in what clients send, sought everywhere after.

Invariant: from one seed come the same strings, and each of them carries something that is sought; so a
few strings stand for everything a run has planted, however long it was.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Canary:
    """What a run plants: a mark in names, addresses and notes, a telephone number, an exact point."""

    mark: str
    phone: str
    lon: str
    lat: str

    @classmethod
    def of(cls, seed: int) -> "Canary":
        """The strings of a seed; the point lies in Mere End."""
        chance = random.Random(f"canary {seed}")
        digits = "".join(chance.choices("123456789", k=24))
        return cls(
            mark=f"zq{chance.getrandbits(40):010x}",
            phone=f"07{digits[:9]}",
            lon=f"-0.2358{digits[9:15]}",
            lat=f"51.4261{digits[15:21]}",
        )

    @property
    def planted(self) -> list[str]:
        """What to seek: a point also where somebody rounded it to seven places."""
        return [self.mark, self.phone, self.lon[1:10], self.lat[:10]]

    @property
    def name(self) -> str:
        """A woman's name."""
        return f"Zephyrine {self.mark}"

    @property
    def point(self) -> list[float]:
        """Where she was, longitude first."""
        return [float(self.lon), float(self.lat)]

    def email(self, one: str) -> str:
        """A mail address that nobody else has."""
        return f"{self.mark}.{one}@example.org"

    def note(self, one: str) -> str:
        """What she says, in words that nobody else uses."""
        return f"He waits behind {self.mark}; ring {self.phone} ({one})"
