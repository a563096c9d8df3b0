"""What reporting reads from its environment, under ``REPORTING_``.

Invariant: every variable that this service reads is a field here or in ``shared.settings``.
"""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Reporting's own settings, beside those of every service."""

    model_config = SettingsConfigDict(env_prefix="REPORTING_", frozen=True, extra="ignore")

    live_poll_seconds: float = Field(
        0.5, gt=0, le=10, description="how often an api process looks for new figures"
    )
    live_beat_seconds: float = Field(5, gt=0, le=30, description="longest silence on a live stream")
    live_streams: int = Field(
        2000, ge=1, description="live streams that one api process holds open at once"
    )
    live_stream_minutes: float = Field(
        15, gt=0, description="after which a live stream ends, so that a sign-in is looked at anew"
    )
    stale_seconds: float = Field(
        60, gt=0, description="lag from which the dashboard says that its figures are old"
    )
