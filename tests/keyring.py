"""What a secured Kafka and those who reach it must know: certificates, and a password for each user.

Invariant: which Kafka is secured, and how to reach it as whom, is known by its address; a test that
passes an address on need not know which kind it is.
"""

import ipaddress
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.clock import now
from shared.settings import KafkaSettings

OPERATOR, BROKER, SUITE = "operator", "broker", "suite"
_KNOWN: dict[str, "Keyring"] = {}

_Certificate = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


class Keyring:
    """The keys of one cluster, in a folder: PEM files, and ``passwords/<user>``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.passwords = folder / "passwords"
        self.passwords.mkdir(parents=True)
        authority = _certificate("Kafka of the tests")
        node = _certificate("127.0.0.1", authority)
        (folder / "ca.pem").write_bytes(_pem(authority[0]))
        (folder / "node.pem").write_bytes(_private(node[1]) + _pem(node[0]))
        for name in (OPERATOR, BROKER):
            self.renew(name)

    def have(self, user: str) -> None:
        """A password for the user, if there is none yet."""
        if not (self.passwords / user).exists():
            self.renew(user)

    def renew(self, user: str) -> str:
        """A new password in the user's file; the cluster does not know it yet."""
        (self.passwords / user).write_text(secrets.token_urlsafe(24) + "\n")
        return self.password(user)

    def password(self, user: str) -> str:
        return (self.passwords / user).read_text().strip()

    def know(self, *bootstraps: str) -> None:
        """From now on these addresses are known to be secured with this."""
        _KNOWN.update(dict.fromkeys(bootstraps, self))


def is_secured(bootstrap: str) -> bool:
    """Whether the Kafka at an address asks who comes."""
    return bootstrap in _KNOWN


def of(bootstrap: str) -> Keyring:
    """The keys of a secured cluster."""
    return _KNOWN[bootstrap]


def reach(bootstrap: str, user: str = OPERATOR) -> dict[str, Any]:
    """A service's settings that lead to a Kafka, as the user where it asks who comes."""
    found: dict[str, Any] = {"kafka_bootstrap_servers": bootstrap}
    if is_secured(bootstrap):
        known = _KNOWN[bootstrap]
        found |= {
            "kafka_security_protocol": "SASL_SSL",
            "kafka_ca_file": known.folder / "ca.pem",
            "kafka_username": user,
            "kafka_password_file": known.passwords / user,
        }
    return found


def as_operator(bootstrap: str) -> KafkaSettings:
    """What an operator's tools are told."""
    return KafkaSettings(**reach(bootstrap))


def librdkafka(bootstrap: str, user: str = OPERATOR) -> dict[str, Any]:
    """The same for the client that is not ours."""
    if not is_secured(bootstrap):
        return {"bootstrap.servers": bootstrap}
    known = _KNOWN[bootstrap]
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": str(known.folder / "ca.pem"),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": user,
        "sasl.password": known.password(user),
    }


def _certificate(name: str, authority: _Certificate | None = None) -> _Certificate:
    """A certificate for a name and this machine; without an authority it is one itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signing = (authority[0].subject, authority[1]) if authority else (subject, key)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return made, key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
