"""The wards' outlines as they are served.

Invariant: made once a process; the tag is that of the content.
"""

import gzip
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outlines:
    """A boundary set's GeoJSON, plain and compressed, and its strong entity tag (RFC 9110, 8.8.3)."""

    plain: bytes
    zipped: bytes
    etag: str


def outlines_of(geojson: bytes) -> Outlines:
    """Compress and tag a boundary set."""
    digest = hashlib.sha256(geojson).hexdigest()[:16]
    return Outlines(geojson, gzip.compress(geojson, mtime=0), f'"{digest}"')
