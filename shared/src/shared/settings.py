"""What every service reads from its environment, under its own prefix (``BOOKING_...``).

Invariant: read once, by ``app``, into a frozen object that is passed down; nobody else looks at the
environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaSettings(BaseSettings):
    """How to reach Kafka, and as whom; operators' scripts read them without a prefix."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    kafka_bootstrap_servers: str = Field(description="host:port, comma-separated")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how its listener is secured, as Kafka names it"
    )
    kafka_ca_file: Path | None = Field(
        default=None,
        description="certificate that the brokers' are signed by; else the system's (TLS)",
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="how the password is proved (SASL)"
    )
    kafka_username: str | None = Field(
        default=None, description="Kafka's user for this service (SASL)"
    )
    kafka_password_file: Path | None = Field(
        default=None, description="file with its password, read anew for every connection (SASL)"
    )

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        named = self.kafka_username and self.kafka_password_file
        if self.kafka_security_protocol.startswith("SASL") and not named:
            raise ValueError("SASL needs a Kafka user name and a password file")
        return self


class ServiceSettings(KafkaSettings):
    """The settings that all four services share; a service adds its own by inheriting."""

    database_url: str = Field(description="PostgreSQL address of this service's own database")
    database_pool: int = Field(10, ge=2, le=100, description="connections kept open to it")
    database_pgbouncer: bool = Field(
        default=False, description="the address is a pgbouncer's, in transaction mode"
    )
    kafka_cluster: str | None = Field(
        None, description="identity of the cluster, where a wiped broker keeps its name (embedded)"
    )
    kafka_partition_bytes: int | None = Field(
        None,
        ge=1,
        description="what the broker keeps of a partition, where it is little (embedded)",
    )
    kafka_fetch_wait_ms: int = Field(
        20, ge=1, le=500, description="how long an empty fetch may wait at the broker"
    )
    force: str = Field("met", pattern=r"^[a-z0-9-]+$", description="the police force served")
    host: str = Field("127.0.0.1", description="address the api listens on")
    port: int = Field(description="port the api listens on")
    worker_port: int = Field(description="port of the worker's /healthz and /metrics")
    public_origin: str = Field(
        "http://127.0.0.1:8080", description="scheme, host and port that browsers see"
    )
    oidc_issuer: str = Field(description="OpenID Connect issuer of staff and service tokens")
    oidc_client_id: str = Field("walkandtalk", description="this service's client at the issuer")
    oidc_client_secret: str = Field(description="its secret")
    staff_audience: str = Field("walkandtalk", description="aud of staff tokens")
    roles_claim: str = Field("roles", description="claim that lists a person's roles")
    wards_claim: str = Field("wards", description="claim that lists ward codes, or *")
    session_key: str = Field(description="32 bytes, base64url: encrypts the sign-in cookie")
    areas_dir: Path = Field(description="folder of boundary sets, <set>.geojson")
    areas_set: str = Field("larkmere-2026", description="the boundary set in force")
    shared_release_wait_hours: float = Field(
        4,
        ge=0,
        description="hours after its band, in whole bands, before shared topics tell what happened",
    )
    park_limit: int = Field(
        50, ge=1, description="keys newly parked within ten minutes that stop the consumer"
    )
    stall_seconds: float = Field(
        60, gt=0, description="no progress for this long, with work waiting, is a stall"
    )
    demo: str = Field("", description="words for a banner on every page where this is a try-out")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def calls(self) -> Mapping[str, str]:
        """The other services that this one calls by HTTP, each with its origin."""
        return {}
