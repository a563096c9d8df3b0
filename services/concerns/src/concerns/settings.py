"""What concerns reads from its environment (``CONCERNS_...``), beside what every service reads.

Invariant: see ``shared.settings``.
"""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Concerns' own settings."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="CONCERNS_")

    window_days: int = Field(
        28,
        ge=0,
        le=365,
        description="days after a walk's end in which its concerns are still taken",
    )
