"""A partition while it is ours: where we are in it, and what it waits for.

Invariant: while ``paused_until`` is set the partition is in declared backoff, which is not a stall.
"""

from dataclasses import dataclass, field

from shared.backoff import Backoff
from shared.consumer.batch import Reading
from shared.consumer.offsets import Mark

RETRY_SECONDS = 0.2, 30


@dataclass(slots=True)
class Assigned:
    """One partition while it is ours: where we are in it, and what it waits for."""

    reading: Reading
    mark: Mark
    verify: bool
    retry: Backoff = field(default_factory=lambda: Backoff(*RETRY_SECONDS))
    paused_until: float = 0
    last_timestamp: int = 0
