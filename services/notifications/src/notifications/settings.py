"""What notifications reads from its environment: ``NOTIFICATIONS_...``.

Invariant: where an alarm is told has no default: a deployment that does not say it does not start.
"""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

ADDRESS = r"^[^@\s<>,;:]+@[^@\s<>,;:]+$"


class Settings(ServiceSettings):
    """The shared settings, and notifications' own."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True, extra="ignore")

    booking_url: str = Field(description="origin at which booking answers, without a path")
    smtp_host: str = Field(description="the mail server")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_starttls: bool = Field(True, description="encrypt, and refuse a server that cannot")
    smtp_user: str | None = Field(None, description="login at the mail server, if it asks")
    smtp_password: SecretStr | None = Field(None, description="its password")
    smtp_from: str = Field(pattern=ADDRESS, description="the address that mails come from")
    smtp_neutral_from: str | None = Field(
        None,
        pattern=ADDRESS,
        description="the address of mails that say nothing; left out: smtp_from's",
    )
    texts_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s]+$",
        description="the gateway that takes texts; none: texts wait",
    )
    texts_token: SecretStr | None = Field(None, description="the bearer token of that gateway")
    ladder_supervisor_seconds: float = Field(
        0, ge=0, description="seconds after which the supervisor is told of an alert"
    )
    ladder_control_room_seconds: float = Field(
        300, ge=0, description="seconds after which an alert nobody acknowledged climbs"
    )
    supervisor_mailbox: str = Field(pattern=ADDRESS, description="where the supervisor is told")
    control_room_mailbox: str = Field(pattern=ADDRESS, description="where the control room is told")
    coordinators_mailbox: str = Field(
        pattern=ADDRESS, description="where coordinators are told of a wish that waits too long"
    )
    tick_seconds: float = Field(
        1, gt=0, le=60, description="how often due messages and waiting alerts are looked for"
    )

    @property
    def calls(self) -> Mapping[str, str]:
        return {"booking": self.booking_url}

    @model_validator(mode="after")
    def _rungs_in_order(self) -> Self:
        if self.ladder_control_room_seconds < self.ladder_supervisor_seconds:
            message = "ladder_control_room_seconds must not be less than ladder_supervisor_seconds"
            raise ValueError(message)
        return self
