"""Every metric there is, with its meaning, in one list.

Invariant: a metric that is not listed here does not exist; each process makes its own registry, so
two services in one process do not mix. No label ever carries a key, an id or a path.
"""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One process's metrics; ``registry`` is what ``/metrics`` shows."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.service = service
        self._add_http(self.registry)
        self._add_relay(self.registry)
        self._add_consumer(self.registry)
        self._add_process(self.registry)

    def _add_http(self, registry: CollectorRegistry) -> None:
        # HTTP answers by route template, method and status.
        self.http_answers = Counter(
            "http_answers_total",
            "HTTP answers",
            ["route", "method", "status"],
            registry=registry,
        )
        # Seconds from request to answer, by route template.
        self.http_seconds = Histogram(
            "http_answer_seconds", "Seconds to answer", ["route"], registry=registry
        )

    def _add_relay(self, registry: CollectorRegistry) -> None:
        # Rows waiting in the outbox, due or not.
        self.outbox_rows = Gauge("outbox_rows", "Rows in the outbox", registry=registry)
        # Age of the oldest row that is due and still unsent.
        self.outbox_oldest_seconds = Gauge(
            "outbox_oldest_due_seconds", "Age of the oldest due row", registry=registry
        )
        # Events that the broker has acknowledged and the outbox has let go.
        self.relay_sent = Counter(
            "relay_sent_total", "Events published", ["topic"], registry=registry
        )
        # Times the relay dropped its producer and began again at the head, by cause.
        self.relay_restarts = Counter(
            "relay_restarts_total", "Producer rebuilds", ["cause"], registry=registry
        )
        # 1 while this process holds the relay's lease.
        self.relay_leading = Gauge("relay_leading", "Holds the relay lease", registry=registry)
        # 1 while rows of a topic cannot be sent (topic missing, no right).
        self.relay_topic_blocked = Gauge(
            "relay_topic_blocked", "Topic cannot be written", ["topic"], registry=registry
        )
        # 1 while the broker is of another cluster than the one published to before.
        self.relay_foreign_cluster = Gauge(
            "relay_foreign_cluster", "Another cluster answered", registry=registry
        )

    def _add_consumer(self, registry: CollectorRegistry) -> None:
        # Events by what became of them: applied, duplicate, parked, unknown, redone.
        self.consumer_events = Counter(
            "consumer_events_total", "Events consumed", ["topic", "outcome"], registry=registry
        )
        # Events between the position kept in the database and the end of the log.
        self.consumer_lag = Gauge("consumer_lag_events", "Events behind", registry=registry)
        # Age of the oldest event not yet applied.
        self.consumer_lag_seconds = Gauge(
            "consumer_lag_seconds", "Seconds behind", registry=registry
        )
        # Batches rolled back because another owner had moved the offset.
        self.consumer_fenced = Counter(
            "consumer_fenced_total", "Batches refused by the offset fence", registry=registry
        )
        # Faults of the infrastructure met while applying a batch.
        self.consumer_backoffs = Counter(
            "consumer_backoffs_total", "Batches put off", registry=registry
        )
        # Events parked now, by cause.
        self.parked = Gauge("parked_events", "Events parked", ["cause"], registry=registry)
        # 1 while the consumer is stopped by a declared stop.
        self.consumer_stopped = Gauge("consumer_stopped", "Declared stop", registry=registry)

    def _add_process(self, registry: CollectorRegistry) -> None:
        # When this process began, in seconds since 1970: it changes when a watchdog ended the last.
        self.started = Gauge("process_started_seconds", "When it began", registry=registry)
        self.started.set(time.time())
        # Longest the event loop has been held up lately.
        self.loop_lag_seconds = Gauge("loop_lag_seconds", "Event loop lag", registry=registry)
        # Runs of a timer that failed, by timer.
        self.timer_failures = Counter(
            "timer_failures_total", "Timer runs that failed", ["timer"], registry=registry
        )
