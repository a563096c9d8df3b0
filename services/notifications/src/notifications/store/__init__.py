"""Every SQL statement of notifications, by noun.

Invariant: rows become domain objects here; no record leaves this package.
"""

from notifications.store import alerts, messages

__all__ = ["alerts", "messages"]
