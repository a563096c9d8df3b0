"""The hidden fields of every form: its token, and the key that makes pressing twice do once.

Invariant: a fresh idempotency key for each form shown; the token is made once per page's visitor or
session.
"""

from fastapi import Request
from markupsafe import Markup

from shared.auth.forms import KEY_FIELD, TOKEN_FIELD, Forms

HIDDEN = Markup('<input type="hidden" name="{}" value="{}">')


def csrf(request: Request) -> Markup:
    """Both hidden fields, ready to stand in a form; in templates it is ``{{ csrf_fields() }}``."""
    forms: Forms = request.app.state.gate.forms
    token = HIDDEN.format(TOKEN_FIELD, forms.token(request))
    return token + HIDDEN.format(KEY_FIELD, forms.key())
