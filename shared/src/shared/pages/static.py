"""Styles, scripts and pictures under ``/<service>/assets``.

Invariant: what npm and Sass built (``deploy/assets/build.py``, never committed) is served beside
our own few scripts; an address carries a digest of the content, so that a browser may keep it for a
year. Without the built ones the pages come up unstyled and work.
"""

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

HERE = Path(__file__).parent
BUILT = HERE / "assets"
OURS = (HERE / "scripts", HERE / "images")
A_YEAR = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=300"


def are_built() -> bool:
    """Whether the stylesheet has been built on this machine."""
    return (BUILT / "app.css").is_file()


class Assets(StaticFiles):
    """The files of one service: the shared ones, and its own package's ``static/`` folder."""

    def __init__(self, name: str) -> None:
        super().__init__(directory=HERE / "scripts")
        package = find_spec(name)
        own = [Path(package.origin).parent / "static"] if package and package.origin else []
        self.folders = (BUILT, *OURS, *own)
        self.all_directories = list(self.folders)
        self._prefix = f"/{name}/assets"

    def address(self, path: str) -> str:
        """A file's address, with a digest of its content: ``/booking/assets/app.css?v=...``."""
        for folder in self.folders:
            file = folder / path
            if file.is_file():
                return f"{self._prefix}/{path}?v={_digest(file, file.stat().st_mtime_ns)}"
        return f"{self._prefix}/{path}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        kept = A_YEAR if scope["query_string"].startswith(b"v=") else A_MOMENT
        response.headers["Cache-Control"] = kept
        return response


@lru_cache(maxsize=256)
def _digest(file: Path, _: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
