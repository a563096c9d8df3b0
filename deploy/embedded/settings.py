"""What the embedded platform reads from its environment, and the environment it gives its parts.

Invariant: nobody else in this package looks at the environment.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class EmbeddedSettings(BaseSettings):
    """The settings of ``python -m embedded``; an empty one is as if it were not there."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    port: int = Field(8080, ge=1, le=65535, validation_alias="PORT")
    folder: Path = Field(
        Path(".data"),
        validation_alias=AliasChoices("EMBEDDED_DATA", "DATA"),
        description="where everything is kept",
    )
    areas: Path | None = Field(
        None,
        validation_alias="AREAS",
        description="a GeoJSON file of wards; the invented borough without it",
    )

    @field_validator("folder")
    @classmethod
    def _whole(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @property
    def origin(self) -> str:
        """The one address of the platform."""
        return f"http://127.0.0.1:{self.port}"


class ChildSettings(BaseSettings):
    """What the parent tells the child beside the services' own settings."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="EMBEDDED_")

    folder: Path
    origin: str
    listening_fd: int = Field(description="the origin's listening socket")
    telling_fd: int = Field(description="pipe on which the child says how far it has come")


def environment_with(added: Mapping[str, str]) -> dict[str, str]:
    """This process's environment and ``added``, for a process that it starts."""
    return {**os.environ, **added}
