"""What notifications decides: when an alert climbs, whether a message still holds, and its words.

Invariant: pure: no I/O, no clock, no randomness; the present moment and the jitter are given.
"""

from notifications.domain import alerts, messages, safe_contact, wishes, words

__all__ = ["alerts", "messages", "safe_contact", "wishes", "words"]
