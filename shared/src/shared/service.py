"""What a service hands to the shared plumbing, and what it is handed: the two halves of wiring.

Invariant: everything with state (pool, metrics, logger, clock) is made once per process in ``run``
and reaches a service through ``Parts``; a service describes itself with one frozen ``Service``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from fastapi import FastAPI
from opentelemetry.trace import Tracer
from structlog.typing import FilteringBoundLogger

from shared.clock import Clock
from shared.events import Received
from shared.metrics import Metrics
from shared.postgres import Connection, Database
from shared.progress import Progress
from shared.settings import ServiceSettings

# Effects of some events of one type, none of them of the same key, inside the consumer's
# transaction: SQL only. Raising parks the one event that cannot be applied.
Handler = Callable[[Connection, Sequence[Received]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Timer:
    """Work that a worker does every so often; ``run`` opens its own transactions."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker does besides relaying: the events it listens to, and its timers.

    ``listens`` is topic -> type -> handler; a type that is not listed is passed.
    """

    listens: Mapping[str, Mapping[str, Handler]]
    timers: Sequence[Timer]


S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Parts(Generic[S]):
    """What a process of a service has: made by ``run``, passed to ``create_app`` and
    ``create_worker``.
    """

    settings: S
    database: Database
    metrics: Metrics
    tracer: Tracer
    log: FilteringBoundLogger
    clock: Clock
    progress: Progress


# A service's own command, as in ``python -m concerns import ...``: gets the parts and the remaining
# words, answers the exit code.
Command = Callable[[Parts[Any], Sequence[str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """One of the four, as the plumbing sees it."""

    name: str
    settings: type[S]
    create_app: Callable[[Parts[S]], FastAPI]
    create_worker: Callable[[Parts[S]], AbstractAsyncContextManager[Work]]
    commands: Mapping[str, Command]
