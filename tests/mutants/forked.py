"""A run of pytest in a process forked from one that holds the libraries: most of a short run is imports.

Invariant: of our own sources nothing is imported before the copy's stand first on the path; this file
knows the standard library and pytest alone.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# What tests and sources import of others' work. pytest complains of some that it comes too late to rewrite.
LIBRARIES = (
    "aiokafka.admin",
    "aiosmtplib",
    "alembic.command",
    "astral.sun",
    "asyncpg",
    "cloudevents.core.bindings.kafka",
    "confluent_kafka.admin",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "fastapi",
    "httpx",
    "hypothesis.strategies",
    "jinja2.sandbox",
    "joserfc.jwt",
    "opentelemetry.sdk.trace.export.in_memory_span_exporter",
    "prometheus_client",
    "pydantic_settings",
    "pytest",
    "shapely",
    "sqlalchemy.ext.asyncio",
    "structlog",
    "tqdm",
    "uvicorn",
    "yaml",
)
OURS = ("tests", "shared", "booking", "concerns", "notifications", "reporting", "embedded")


def run(tree: Path, output: Path, words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Be pytest in a copy, in a session of one's own; what it says goes to ``output``."""
    import pytest  # noqa: PLC0415 - in the forked process only

    os.setsid()
    said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(tree)
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    first = environment["PYTHONPATH"].split(os.pathsep)
    sys.path[:] = [*first, *(path for path in sys.path if path not in first)]
    pytest.main(list(words))
