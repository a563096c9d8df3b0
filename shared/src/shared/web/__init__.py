"""HTTP in, the same for every service: the app, its problem answers, its dependencies.

Invariant: every answer that is not a success is ``application/problem+json`` (RFC 9457) with a
stable type, and none of them repeats what the caller sent.
"""

from shared.web.answers import gives, problems
from shared.web.app import create_api, create_health, under
from shared.web.inputs import (
    WRITTEN_DAY,
    DatabaseDep,
    Day,
    OnceDep,
    OnceIfGivenDep,
    PartsDep,
    Text,
    Timestamp,
)

__all__ = [
    "WRITTEN_DAY",
    "DatabaseDep",
    "Day",
    "OnceDep",
    "OnceIfGivenDep",
    "PartsDep",
    "Text",
    "Timestamp",
    "create_api",
    "create_health",
    "gives",
    "problems",
    "under",
]
