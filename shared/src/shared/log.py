"""One shape of log line, JSON to stderr, made for one process and passed on.

Invariant: a line holds an event name, ids and counts. Of an exception it tells class, SQLSTATE,
constraint and place, never the message, which may quote a row or a request.
"""

import logging
import sys
from typing import Literal, TextIO

import asyncpg
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]

# Libraries whose own words name hosts, topics and offsets, never a body. Of all others only the
# name of the logger is told.
_PLAIN_SPOKEN = frozenset({"aiokafka", "uvicorn", "alembic", "asyncio"})

# aiokafka says ten times a second that a broker is away.
REPEAT_SECONDS = 10.0


def make_logger(
    service: str, level: Level = "info", *, stream: TextIO | None = None
) -> FilteringBoundLogger:
    """A logger whose every line names the service; ``stream`` defaults to stderr."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            _name_trace,
            _describe_exception,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
        cache_logger_on_first_use=False,
    )
    return logger.bind(service=service)


def adopt_libraries(log: FilteringBoundLogger) -> None:
    """Send what libraries say through ``logging`` to ``log``, in its shape; a second call replaces
    it.

    uvicorn's access log is off: it writes paths, and paths hold capabilities.
    """
    logging.basicConfig(handlers=[_Adopted(log)], level=logging.WARNING, force=True)
    for name in _PLAIN_SPOKEN:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True


class _Adopted(logging.Handler):
    """Turns a record of ``logging`` into a line of ours; what is said again and again is counted."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__()
        self._log = log
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        saying = (record.name, str(record.msg))
        last, unsaid = self._said.get(saying, (-REPEAT_SECONDS, 0))
        if record.created - last < REPEAT_SECONDS:
            self._said[saying] = (last, unsaid + 1)
            return
        self._said[saying] = (record.created, 0)
        facts: dict[str, object] = {"logger": record.name, "unsaid": unsaid}
        if record.name.partition(".")[0] in _PLAIN_SPOKEN:
            facts["said"] = _first_line(record)
        if record.exc_info and record.exc_info[1]:
            facts |= describe(record.exc_info[1])
        self._log.log(record.levelno, "library.said", **facts)


def _first_line(record: logging.LogRecord) -> str:
    """The record's first line, without asyncio's second one: the repr of a task and what it holds."""
    return record.getMessage().partition("\n")[0]


def describe(error: BaseException) -> dict[str, object]:
    """An exception as a log line may tell it: class, place and, from PostgreSQL, SQLSTATE and
    constraint.
    """
    told: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, asyncpg.PostgresError):
        told |= {"sqlstate": error.sqlstate, "constraint": getattr(error, "constraint_name", None)}
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is not None:
        file = frame.tb_frame.f_code.co_filename.rsplit("/src/", 1)[-1].rsplit(
            "/site-packages/", 1
        )[-1]
        told["at"] = f"{file}:{frame.tb_lineno}"
    return told


def _name_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace"] = trace.format_trace_id(span.trace_id)
    return event


def _describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(describe(error))
    return event
