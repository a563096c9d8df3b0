"""Whoever is woken knows why and what to type first; and no alert watches a metric that is not there."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from shared.metrics import Metrics
from tests.architecture.test_metrics import README, exposed
from tests.factories import ROOT, SERVICES
from tests.infra import SAID, in_ci

FOLDER = ROOT / "deploy" / "observability"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
# What PromQL brings along, and what Prometheus itself says of whom it asks.
PROMQL = {
    *("sum", "max", "and", "rate", "increase", "deriv", "changes", "avg_over_time", "up"),
    "histogram_quantile",
}
COMMAND = re.compile(
    r"python -m \{\{ \$labels\.job \}\} (doctor|worker|topics apply"
    r"|events (parked|retry|resume|republish --since TIME))"
)


def metrics_in(expression: str) -> set[str]:
    """The names of metrics in an expression, without a histogram's suffixes."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)", " ", expression)
    names = set(re.findall(r"[a-z_][a-z_:]*", bare)) - PROMQL
    return {name.removesuffix("_bucket") for name in names}


def test_every_metric_in_the_rules_exists() -> None:
    known = exposed(Metrics("booking").registry)
    unknown = {
        rule.get("alert", rule.get("record")): missing
        for rule in RULES
        if (missing := metrics_in(rule["expr"]) - known)
    }
    assert unknown == {}


def test_every_metric_that_the_readme_wants_watched_has_an_alert() -> None:
    rows = [line.split("|") for line in README.read_text().splitlines() if line.startswith("| `")]
    wanted = {row[1].strip(" `") for row in rows if len(row) > 3 and "alert" in row[3]}
    assert len(wanted) >= 6
    assert wanted <= {name for rule in ALERTS.values() for name in metrics_in(rule["expr"])}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_and_the_command_to_begin_with(name: str) -> None:
    annotations = ALERTS[name]["annotations"]
    assert annotations["summary"].startswith("{{ $labels.job }}: ")
    assert COMMAND.search(annotations["what_to_do"])
    assert ALERTS[name]["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_is_tried_firing_and_its_words_with_it() -> None:
    tried = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"]
    fired = {
        each["alertname"]
        for test in tried
        for each in test.get("alert_rule_test", ())
        if each["exp_alerts"]
    }
    assert fired == set(ALERTS)


def test_prometheus_finds_api_and_worker_of_every_service() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    found = {
        (job["job_name"], each["labels"]["process"])
        for job in jobs
        for each in job["static_configs"]
    }
    assert found == {(service, process) for service in SERVICES for process in ("api", "worker")}


@pytest.mark.parametrize(
    "words",
    ["test rules alerts.test.yml", "check rules alerts.yml", "check config prometheus.yml"],
)
def test_promtool_agrees(words: str) -> None:
    if shutil.which("promtool") is None:
        assert not in_ci()
        SAID.append("NO PROMTOOL: the alerts were not tried (Debian's prometheus has it)")
        pytest.skip("needs promtool")
    done = subprocess.run(
        ["promtool", *words.split()], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
