"""The parts of a service as tests make them: a clock that stands still, settings that fit anywhere."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.log import make_logger
from shared.metrics import Metrics
from shared.postgres import Database
from shared.progress import Progress
from shared.service import Parts
from shared.settings import ServiceSettings

ROOT = Path(__file__).parent.parent
SERVICES = ("booking", "concerns", "notifications", "reporting")

# A Tuesday evening in winter: dark at six.
START = datetime(2027, 1, 12, 18, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        """Let so much time pass."""
        self.at += by


# What a deployment must say, said for a test. A service's own required settings are added by name.
PLACES: dict[str, Any] = {
    "database_url": "postgresql://nowhere.invalid/none",
    "kafka_bootstrap_servers": "127.0.0.1:1",
    "port": 8000,
    "worker_port": 8001,
    "oidc_issuer": "http://issuer.invalid",
    "oidc_client_secret": "secret-of-the-tests",
    "session_key": "dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE=",
    "areas_dir": ROOT / "deploy" / "areas",
    # booking
    "link_keys": "tests:dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE=",
    "contact_key": "dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE=",
    "people_keys": "tests:dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhlLXRlc3RzISE=",
    "erasure_list": "/nowhere/erased",
    "notifications_url": "http://notifications.invalid",
    # notifications
    "booking_url": "http://booking.invalid",
    "smtp_host": "127.0.0.1",
    "smtp_from": "walks@force.example",
    "supervisor_mailbox": "supervisor@force.example",
    "coordinators_mailbox": "coordinators@force.example",
    "control_room_mailbox": "control-room@force.example",
}


def settings_class(service: str) -> type[ServiceSettings]:
    """The settings of one of the four; of any other name, those that all share."""
    if service not in SERVICES:
        return ServiceSettings
    found: type[ServiceSettings] = import_module(f"{service}.settings").Settings
    return found


def environment_for(service: str, **settings: Any) -> dict[str, str]:
    """What a process of a service is told; ``settings`` by field name."""
    fields = settings_class(service).model_fields
    return {
        f"{service}_{name}".upper(): str(value)
        for name, value in (PLACES | settings).items()
        if name in fields
    }


@dataclass(frozen=True, slots=True)
class KeptParts(Parts[Any]):
    """Parts that keep what was logged (JSON lines) and traced through them."""

    lines: io.StringIO
    spans: InMemorySpanExporter


def parts_for(
    service: str, database: Database, *, clock: Clock | None = None, **settings: Any
) -> KeptParts:
    """Parts of a service around an open database; ``settings`` by field name."""
    tracing = TracerProvider()
    spans = InMemorySpanExporter()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    lines = io.StringIO()
    return KeptParts(
        settings=settings_class(service)(**(PLACES | settings)),
        database=database,
        metrics=Metrics(service),
        tracer=tracing.get_tracer(service),
        log=make_logger(service, "debug", stream=lines),
        clock=clock or Clock(),
        progress=Progress(),
        lines=lines,
        spans=spans,
    )
