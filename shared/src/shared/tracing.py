"""Trace context, as W3C traceparent strings (https://www.w3.org/TR/trace-context/).

Invariant: spans carry route templates, topics and counts, never a path, a body or a key.
"""

from collections.abc import Iterable

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


def make_tracer(service: str) -> Tracer:
    """A tracer of this process's own; where its spans go is for ``app`` or a test to add."""
    return TracerProvider(resource=Resource({"service.name": service})).get_tracer("walkandtalk")


def current_traceparent() -> str | None:
    """The present span's traceparent, or None outside any span."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def context_of(traceparent: str | None) -> Context:
    """The context that a traceparent names; an unreadable one is as none."""
    return _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {})


def remote_context(headers: Iterable[tuple[bytes, bytes]]) -> Context:
    """The caller's context, from raw HTTP headers."""
    found = [value for name, value in headers if name == b"traceparent"]
    return context_of(found[0].decode("latin-1") if found else None)
