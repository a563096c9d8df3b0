"""Who is asking, and may they: bearer tokens for the API, sessions and form tokens for pages.

Invariant: deny by default. Every route names exactly one access rule (``allow``, ``allow_service``,
``anyone``, ``public``, ``staff_page``, ``public_page``, ``anyone_page``) and an app with a route that names
none does not start. Nothing here is process-global: what is needed hangs on ``app.state.gate``.
"""

from shared.auth.access import (
    allow,
    allow_service,
    anyone,
    anyone_page,
    csrf_form,
    public,
    public_page,
    staff_page,
)
from shared.auth.forms import once_of, visitor_of
from shared.auth.gate import Gate
from shared.auth.issuer import Issuer
from shared.auth.principal import Principal

__all__ = [
    "Gate",
    "Issuer",
    "Principal",
    "allow",
    "allow_service",
    "anyone",
    "anyone_page",
    "csrf_form",
    "once_of",
    "public",
    "public_page",
    "staff_page",
    "visitor_of",
]
