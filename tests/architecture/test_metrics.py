"""A metric that nobody can look up does not exist."""

from prometheus_client import CollectorRegistry

from shared.metrics import Metrics
from tests.factories import ROOT

README = ROOT / "shared" / "README.md"


def exposed(registry: CollectorRegistry) -> set[str]:
    """The names that /metrics shows, as an operator writes them in a query."""
    return {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in registry.collect()
    }


def test_every_metric_is_documented() -> None:
    text = README.read_text()
    assert {
        name for name in exposed(Metrics("booking").registry) if f"`{name}`" not in text
    } == set()


def test_no_metric_is_labelled_with_what_could_lead_to_a_person() -> None:
    labels = {
        label
        for metric in vars(Metrics("booking")).values()
        for label in getattr(metric, "_labelnames", ())
    }
    assert labels <= {"route", "method", "status", "topic", "cause", "outcome", "timer", "state"}
