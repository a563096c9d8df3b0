"""Whom a service believes over TLS when it calls another.

Invariant: read once a process; the certificates are hundreds, and reading them holds the event loop up.
"""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that httpx would take, for its ``verify``: SSL_CERT_FILE, or those of certifi."""
    return httpx.create_ssl_context()
