"""The four services as the embedded platform runs them: their names, and the settings it gives each.

Invariant: a service gets its settings as it would anywhere else, from variables under its own prefix; what
the user has set in the environment beyond these stays in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from embedded.broker import Broker
from embedded.folder import Folder
from embedded.keys import Keys
from embedded.settings import EmbeddedSettings

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
        "port": port,
        "worker_port": port,
        "public_origin": around.settings.origin,
        "oidc_issuer": f"{around.settings.origin}/issuer",
        "oidc_client_id": name,
        "oidc_client_secret": around.keys.secret(f"{name}.client"),
        "session_key": around.keys.secret(f"{name}.session"),
        "areas_dir": str(around.folder.areas),
        "areas_set": around.areas_set,
    }


def _own(around: Around, name: str) -> dict[str, str]:
    return {}
