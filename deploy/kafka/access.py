"""Users and rights on Kafka, as access.yaml has them.

``python deploy/kafka/access.py BOOTSTRAP PASSWORDS [FILE]``, as the operator: ``KAFKA_USERNAME`` and its
fellows in the environment say so, as they do for a service. PASSWORDS is a folder with a file for each user
and named after it: the very file that the service reads. To rotate a password, write it there and run this
again.

Invariant: afterwards nobody has a right on our topics, and none of our users any right at all, that is not
in the file. What is missing is given before what is too much is taken.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import admin as stubbed

from shared.settings import KafkaSettings

kafka: Any = stubbed  # its stubs do not say all that it exports

ACCESS = Path(__file__).parent / "access.yaml"
OURS = ("internal.", "shared.")
DEADLINE_SECONDS = 20
ITERATIONS = 8192

KINDS = {
    "writes": (kafka.ResourceType.TOPIC, kafka.AclOperation.WRITE),
    "reads": (kafka.ResourceType.TOPIC, kafka.AclOperation.READ),
    "groups": (kafka.ResourceType.GROUP, kafka.AclOperation.READ),
}
Right = Any  # an AclBinding
EVERY_RIGHT = kafka.AclBindingFilter(
    kafka.ResourceType.ANY,
    None,
    kafka.ResourcePatternType.ANY,
    None,
    None,
    kafka.AclOperation.ANY,
    kafka.AclPermissionType.ANY,
)


def read(path: Path) -> dict[str, dict[str, list[str]]]:
    """Each user's ``writes``, ``reads`` and ``groups``."""
    return yaml.safe_load(path.read_text())["users"]


def apply(
    settings: KafkaSettings, passwords: Path, users: Mapping[str, Mapping[str, Sequence[str]]]
) -> list[str]:
    """Make users and rights as they should be; answers what was done, a line each."""
    admin = kafka.AdminClient(_reach(settings))
    wanted = {right for name, may in users.items() for right in _rights(name, may)}
    found = set(admin.describe_acls(EVERY_RIGHT, request_timeout=DEADLINE_SECONDS).result())
    missing = wanted - found
    surplus = {right for right in found - wanted if _is_ours(right, users)}
    for mechanism in (kafka.ScramMechanism.SCRAM_SHA_256, kafka.ScramMechanism.SCRAM_SHA_512):
        _settle(admin.alter_user_scram_credentials(_credentials(passwords, users, mechanism)))
    if missing:
        _settle(admin.create_acls(list(missing)))
    if surplus:
        _settle(admin.delete_acls([_exactly(right) for right in surplus]))
    return [
        *(f"{name}: password set" for name in users),
        *sorted(f"{_words(right)}: given" for right in missing),
        *sorted(f"{_words(right)}: taken" for right in surplus),
    ]


def _reach(settings: KafkaSettings) -> dict[str, Any]:
    """The operator's way to the brokers, in librdkafka's words."""
    found: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_ca_file:
        found["ssl.ca.location"] = str(settings.kafka_ca_file)
    if settings.kafka_password_file:
        found["sasl.mechanism"] = settings.kafka_sasl_mechanism
        found["sasl.username"] = settings.kafka_username
        found["sasl.password"] = settings.kafka_password_file.read_text().strip()
    return found


def _rights(name: str, may: Mapping[str, Sequence[str]]) -> Iterator[Right]:
    for kind, (resource, operation) in KINDS.items():
        for pattern in may[kind]:
            prefixed = pattern.endswith("*") and pattern != "*"
            yield kafka.AclBinding(
                resource,
                pattern.removesuffix("*") if prefixed else pattern,
                kafka.ResourcePatternType.PREFIXED
                if prefixed
                else kafka.ResourcePatternType.LITERAL,
                f"User:{name}",
                "*",
                operation,
                kafka.AclPermissionType.ALLOW,
            )


def _is_ours(right: Right, users: Mapping[str, Any]) -> bool:
    """Whether a right that is not in the file is ours to take: on our topics, or of our users."""
    on_topic = right.restype == kafka.ResourceType.TOPIC and right.name.startswith(OURS)
    return on_topic or right.principal.removeprefix("User:") in users


def _exactly(right: Right) -> Any:
    return kafka.AclBindingFilter(
        right.restype,
        right.name,
        right.resource_pattern_type,
        right.principal,
        right.host,
        right.operation,
        right.permission_type,
    )


def _credentials(passwords: Path, users: Mapping[str, Any], mechanism: Any) -> list[Any]:
    """Kafka keeps a salted hash and hands none out: so they are set anew each time."""
    return [
        kafka.UserScramCredentialUpsertion(
            name,
            kafka.ScramCredentialInfo(mechanism, ITERATIONS),
            (passwords / name).read_text().strip().encode(),
        )
        for name in users
    ]


def _settle(answers: Mapping[Any, "Future[Any]"]) -> None:
    for answer in answers.values():
        answer.result(DEADLINE_SECONDS)


def _words(right: Right) -> str:
    star = "*" if right.resource_pattern_type == kafka.ResourcePatternType.PREFIXED else ""
    who, what = right.principal.removeprefix("User:"), right.operation.name.lower()
    return f"{who}: {what} {right.restype.name.lower()} {right.name}{star}"


if __name__ == "__main__":
    bootstrap, folder, *rest = sys.argv[1:]
    done = apply(
        KafkaSettings(kafka_bootstrap_servers=bootstrap),
        Path(folder),
        read(Path(rest[0]) if rest else ACCESS),
    )
    sys.stdout.writelines(f"{line}\n" for line in done)
