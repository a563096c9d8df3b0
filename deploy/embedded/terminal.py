"""What the platform says to whoever started it.

Invariant: plain lines, each whole; a terminal that has gone away stops nothing.
"""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

BANNER = """
  Walk and Talk is up, for trying it out: its broker keeps nothing on disk (it is filled again from the
  services' own logs at each start), and anybody on this machine can sign in as anyone and read the mail.

  Book a walk     {origin}/booking/
  Staff sign in   {origin}/booking/today        (the sign-in page offers the roles)
  Duty desk       {origin}/notifications/alerts
  Dashboard       {origin}/reporting/
  Mail            {origin}/mail                 (every mail and text that was sent)
  A token         make token ROLE=coordinator{beside}          (officer, duty, analyst, partner, admin)
  Reports         make load FILE=reports.csv{beside}
  Wards           {wards}
  Kept in         {folder}   (log: {log})
  Looks           {looks}

  Ctrl-C stops it; started again, it has lost nothing.
"""
STYLED = "styled"
UNSTYLED = (
    "unstyled: the page assets are not built (they need npm's registry); `make assets` builds them"
)


def say(line: str) -> None:
    """Print a line at once."""
    with suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def complain(line: str) -> None:
    """Print a line to the error output at once."""
    with suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def step(what: str) -> Generator[None]:
    """Say what has been done once the block ends well, and how long it took."""
    began = time.monotonic()
    yield
    say(f"  {what:<44} {time.monotonic() - began:5.1f} s")
