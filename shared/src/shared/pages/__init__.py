"""HTML out, the same for every service: templates, form fields, dates in words, assets, headers.

Invariant: every page works without script, holds no inline script or style, escapes what it shows,
and fails loudly on a name that its template was not given.
"""

from shared.pages.environment import Pages, errors_by_field, open_pages, render
from shared.pages.errors import answer_page, wants_page
from shared.pages.headers import SafeHeaders
from shared.pages.static import Assets, are_built

__all__ = [
    "Assets",
    "Pages",
    "SafeHeaders",
    "answer_page",
    "are_built",
    "errors_by_field",
    "open_pages",
    "render",
    "wants_page",
]
