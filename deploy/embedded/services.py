"""The four services as the embedded platform runs them: their names, and the settings it gives each.

Invariant: a service gets its settings as it would anywhere else, from variables under its own prefix; what
the user has set in the environment beyond these stays in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from embedded.broker import KEPT_BYTES, Broker
from embedded.folder import Folder
from embedded.keys import Keys
from embedded.settings import EmbeddedSettings

# The client by which ``python -m embedded token`` gets tokens of people, and its key.
CLI, CLI_SECRET = "command-line", "command-line.client"
DEMO = "This is a try-out on one machine: use no real person's name or address."
NAMES = ("booking", "concerns", "notifications", "reporting")


@dataclass(frozen=True, slots=True)
class Around:
    """What the services find around them."""

    settings: EmbeddedSettings
    folder: Folder
    keys: Keys
    broker: Broker
    smtp_port: int
    areas_set: str
    database_urls: Mapping[str, str]


def environments(around: Around) -> dict[str, dict[str, str]]:
    """The variables of each service, by its name."""
    return {
        name: {
            f"{name.upper()}_{setting.upper()}": value
            for setting, value in {**_common(around, name), **_own(around, name)}.items()
        }
        for name in NAMES
    }


def _common(around: Around, name: str) -> dict[str, str]:
    port = str(around.settings.port)
    return {
        "database_url": around.database_urls[name],
        "kafka_bootstrap_servers": around.broker.bootstrap_servers,
        "kafka_cluster": around.broker.cluster,
        "kafka_partition_bytes": str(KEPT_BYTES),
        "port": port,
        "worker_port": port,
        "public_origin": around.settings.origin,
        "oidc_issuer": f"{around.settings.origin}/issuer",
        "oidc_client_id": name,
        "oidc_client_secret": around.keys.secret(f"{name}.client"),
        "session_key": around.keys.secret(f"{name}.session"),
        "areas_dir": str(around.folder.areas),
        "areas_set": around.areas_set,
        "demo": DEMO,
    }


def _own(around: Around, name: str) -> dict[str, str]:
    origin, keys = around.settings.origin, around.keys
    match name:
        case "booking":
            return {
                "link_keys": f"k1:{keys.secret('booking.links')}",
                "contact_key": keys.secret("booking.contacts"),
                "people_keys": f"k1:{keys.secret('booking.people')}",
                "erasure_list": str(around.folder.erasures),
                "notifications_url": origin,
                "mobiles": "true",
            }
        case "notifications":
            return {
                "booking_url": origin,
                "smtp_host": "127.0.0.1",
                "smtp_port": str(around.smtp_port),
                "smtp_starttls": "false",
                "smtp_from": "walks@walkandtalk.example",
                "smtp_neutral_from": "post@appointments.example",
                "texts_url": f"{origin}/mail/texts",
                "texts_token": keys.secret("notifications.texts"),
                "supervisor_mailbox": "supervisor@walkandtalk.example",
                "coordinators_mailbox": "coordinators@walkandtalk.example",
                "control_room_mailbox": "control-room@walkandtalk.example",
            }
        case _:
            return {}
