"""Whatever can be set is documented where an operator looks for it."""

import re

import pytest

from shared.settings import ServiceSettings
from tests.factories import ROOT, SERVICES, settings_class
from tests.sources import files

SHARED_README = (ROOT / "shared" / "README.md").read_text


def undocumented(names: set[str], text: str) -> set[str]:
    """The names that a text does not give as code."""
    return {name for name in names if not re.search(rf"`{name}[`= ]", text)}


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_is_in_its_readme(service: str) -> None:
    settings = settings_class(service)
    assert settings.model_config.get("env_prefix") == f"{service.upper()}_"
    own = set(settings.model_fields) - set(ServiceSettings.model_fields)
    text = (ROOT / "services" / service / "README.md").read_text()
    assert undocumented({f"{service}_{name}".upper() for name in own}, text) == set()


def test_every_setting_that_all_share_is_in_the_shared_readme() -> None:
    names = {f"..._{name.upper()}" for name in ServiceSettings.model_fields}
    assert undocumented(names, SHARED_README()) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_has_a_description(service: str) -> None:
    fields = settings_class(service).model_fields
    undescribed = {name for name, field in fields.items() if not field.description}
    assert undescribed <= {"log_level"}


def test_a_setting_that_is_not_written_down_is_seen() -> None:
    assert undocumented({"BOOKING_GRACE"}, "`BOOKING_GRACES` and BOOKING_GRACE") == {
        "BOOKING_GRACE"
    }


def test_only_settings_look_at_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in files("shared", *SERVICES)
        if re.search(r"os\.(environ|getenv)|from os import (environ|getenv)", path.read_text())
    }
    assert readers <= {"shared/src/shared/settings.py"}
