"""The mailbox in the browser: ``GET /mail`` and ``GET /mail/<number>``, without signing in; texts too.

Invariant: only the embedded platform has it; a mail is shown as text, its links made clickable, and
nothing in it runs or is fetched.
"""

from embedded.mail.letters import Letters
from embedded.mail.pages import create_app
from embedded.mail.texts import Gateway

__all__ = ["Gateway", "Letters", "create_app"]
