"""Templates, and what the settings refuse."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError

from notifications.gateway.letters import FOLDER, Letters, OddTemplate
from notifications.settings import Settings
from tests.factories import PLACES, START

ID = UUID("00000000-0000-4000-8000-000000000001")


def settings(**changes: Any) -> Settings:
    """Settings as tests have them, changed; ``...`` leaves one out."""
    said: dict[str, Any] = PLACES | changes
    return Settings(**{name: value for name, value in said.items() if value is not ...})


def test_a_template_that_asks_for_more_than_it_may_have_keeps_us_from_starting(
    tmp_path: Path,
) -> None:
    (tmp_path / "alert_waiting.v7.txt").write_text("{{ ward }} {{ officer }} {{ config.secret }}")
    with pytest.raises(OddTemplate, match="config, officer"):
        Letters("walks@force.example", folder=tmp_path)


def test_every_template_is_there_in_three_forms() -> None:
    versions = {path.stem for path in FOLDER.glob("*.v*")}
    for version in versions:
        assert {path.suffix for path in FOLDER.glob(f"{version}.*")} == {
            ".subject",
            ".txt",
            ".html",
        }
    assert versions == {
        "walk_confirmed.v1",
        "walk_confirmed.v2",
        "walk_moved.v1",
        "walk_moved.v2",
        "officer_changed.v1",
        "officer_changed.v2",
        "walk_missed.v1",
        "walk_missed.v2",
        "walk_cancelled.v1",
        "alert_waiting.v1",
        "wish_asked.v1",
        "wish_waiting.v1",
        "offer_made.v1",
        "place_kept.v1",
        "wish_withdrawn.v1",
        "wish_closed.v1",
        "wish_unmet.v1",
        "silent.v1",
    }


def test_subjects_do_not_say_what_it_is_about() -> None:
    for path in FOLDER.glob("*.subject"):
        assert not {"walk", "police", "officer", "ward"} & set(path.read_text().lower().split())


def test_a_placeholder_that_was_not_given_is_never_left_empty() -> None:
    with pytest.raises(UndefinedError):
        Letters("a@b.example").compose("alert_waiting.v1", {}, "c@d.example", ID, at=START)


def test_the_control_room_is_not_told_before_the_supervisor() -> None:
    with pytest.raises(ValidationError, match="must not be less"):
        settings(ladder_supervisor_seconds=60, ladder_control_room_seconds=30)


@pytest.mark.parametrize(
    "name", ["supervisor_mailbox", "control_room_mailbox", "coordinators_mailbox", "smtp_from"]
)
def test_where_an_alarm_is_told_must_be_said(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: ...})
    with pytest.raises(ValidationError, match=name):
        settings(**{name: "a@b.example, c@d.example"})


def test_the_mail_servers_password_does_not_show() -> None:
    assert "planted" not in repr(settings(smtp_password="planted"))
