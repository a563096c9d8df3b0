"""The wards' outlines as they are served.

Invariant: made once a process; the tag is that of the content.
"""

import gzip
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outlines:
    """A boundary set's GeoJSON, plain and compressed, and a digest that tells it from others."""

    plain: bytes
    zipped: bytes
    digest: str

    @property
    def etag(self) -> str:
        """Its strong entity tag (RFC 9110, 8.8.3)."""
        return f'"{self.digest}"'


def outlines_of(geojson: bytes) -> Outlines:
    """Compress and tag a boundary set."""
    digest = hashlib.sha256(geojson).hexdigest()[:16]
    return Outlines(geojson, gzip.compress(geojson, mtime=0), digest)
