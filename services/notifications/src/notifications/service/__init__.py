"""The use cases of notifications, by noun.

Invariant: one function is one transaction and one visible commit; a mail goes out between two of
them, after its intent is committed and before its outcome is.
"""

from notifications.service import alerts, mails, messages

__all__ = ["alerts", "mails", "messages"]
