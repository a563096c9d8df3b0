"""What booking reads from its environment (``BOOKING_...``), beside what every service reads.

Invariant: see ``shared.settings``; keys are secrets and are never logged.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from booking.domain import read_keys
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Booking's own settings."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="BOOKING_")

    link_keys: str = Field(
        description="keys of manage links, name:base64url of 32 bytes, comma-separated; the first signs"
    )
    contact_key: str = Field(
        min_length=32, description="32 bytes, base64url: the digest by which contacts are counted"
    )
    people_keys: str = Field(
        description="master keys under which participants are sealed, as link_keys; the first seals"
    )
    erasure_list: Path = Field(
        description="file of who was erased at her own wish; workers share it, and no backup restores it"
    )
    force_phone: str = Field(
        "101", description="the force's number, shown where booking cannot help"
    )
    notifications_url: str = Field(
        "http://127.0.0.1:8080", description="where notifications answers, without /notifications"
    )
    mobiles: bool = Field(
        False, description="take mobile numbers as contacts: notifications has a gateway for texts"
    )
    slots_shown: int = Field(4, ge=1, description="slots shown to the public for each ward and day")
    open_walks_per_contact: int = Field(2, ge=1, description="open walks that one contact may have")
    tries_per_hour: int = Field(
        10, ge=1, description="bookings that one contact may try in an hour"
    )
    tries_per_minute: int = Field(
        60, ge=1, description="bookings that one api process takes in a minute, whoever asks"
    )
    overdue_check_seconds: float = Field(
        1, gt=0, description="how often overdue walks are looked for, and reports are sent"
    )

    @property
    def calls(self) -> Mapping[str, str]:
        return {"notifications": self.notifications_url}

    @field_validator("link_keys", "people_keys")
    @classmethod
    def _readable(cls, keys: str) -> str:
        read_keys(keys)
        return keys
