"""The state folder: what lies where, and who may use it.

Invariant: at most one parent and at most one child use a folder at a time. Each holds a lock that dies
with its process, so nothing is left to clean up after ``kill -9``.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.refusals import AlreadyRunning, CannotStart, NotRunning, NotWritable

PRIVATE = 0o700
PATIENCE_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths below the state folder."""

    path: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own data."""
        return self.path / "postgres"

    @property
    def keys(self) -> Path:
        """Keys and secrets, each made once."""
        return self.path / "keys"

    @property
    def mail(self) -> Path:
        """Every mail that was sent."""
        return self.path / "mail"

    @property
    def erasures(self) -> Path:
        """Who was erased at her own wish, beside the database."""
        return self.path / "erased"

    @property
    def areas(self) -> Path:
        """The boundary set in force."""
        return self.path / "areas"

    @property
    def running(self) -> Path:
        """The settings that the services run with now, for commands beside them."""
        return self.path / "running.json"

    @property
    def log(self) -> Path:
        """What the services log."""
        return self.path / "log" / "services.log"

    @property
    def parent_lock(self) -> Path:
        """Held by the parent."""
        return self.path / "parent.lock"

    @property
    def child_lock(self) -> Path:
        """Held by the child."""
        return self.path / "child.lock"


@contextmanager
def hold_folder(path: Path) -> Generator[Folder]:
    """Make the folder where needed and hold it as its only parent.

    Raises NotWritable, or AlreadyRunning where another parent holds it.
    """
    folder = Folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        for private in (folder.keys, folder.mail, folder.log.parent):
            private.mkdir(exist_ok=True)
            private.chmod(PRIVATE)
        folder.areas.mkdir(exist_ok=True)
        lock = _take(folder.parent_lock)
    except OSError as error:
        raise NotWritable(f"cannot write to {path}: {error.strerror}") from error
    if lock is None:
        pid = _holder(folder.parent_lock)
        raise AlreadyRunning(f"already running on {path} (process {pid}): stop that one first")
    try:
        yield folder
    finally:
        folder.running.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def hold_as_child(folder: Folder) -> Generator[None]:
    """Hold the folder as its only child."""
    lock = _take(folder.child_lock)
    if lock is None:
        raise AlreadyRunning(f"the services already run on {folder.path}")
    try:
        yield
    finally:
        os.close(lock)


def wait_for_orphan(folder: Folder) -> None:
    """Wait until the child of a parent that died is gone; end it where it does not go by itself."""
    if _left_within(folder, PATIENCE_SECONDS):
        return
    with suppress(ProcessLookupError, ValueError):
        os.kill(int(_holder(folder.child_lock)), signal.SIGKILL)
    if not _left_within(folder, PATIENCE_SECONDS):
        raise CannotStart(f"an earlier instance's services still run on {folder.path}")


def is_held(folder: Folder) -> bool:
    """Whether a parent holds the folder."""
    if not folder.parent_lock.exists():
        return False
    lock = _take(folder.parent_lock, note=False)
    if lock is None:
        return True
    os.close(lock)
    return False


def record_running(folder: Folder, facts: dict[str, Any]) -> None:
    """Write down, for this user alone, what the services run with now."""
    write_private(folder.running, json.dumps(facts, indent=1))


def read_running(folder: Folder) -> dict[str, Any]:
    """What ``record_running`` wrote; raises NotRunning where the platform is not up."""
    if not is_held(folder) or not folder.running.exists():
        raise NotRunning(f"the platform is not running on {folder.path}: start it with `make run`")
    return json.loads(folder.running.read_text())


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _take(path: Path, *, note: bool = True) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    if note:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _holder(path: Path) -> str:
    return path.read_text().strip() or "unknown"


def _left_within(folder: Folder, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        lock = _take(folder.child_lock, note=False)
        if lock is not None:
            os.close(lock)
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)  # before there is an event loop
