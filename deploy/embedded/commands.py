"""What can be done beside the running platform: a token, a file of reports, a service's settings.

Invariant: each works on the platform that runs on this state folder, with the very settings its services
run with; where none runs it says so and changes nothing.
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence

from embedded.folder import Folder, read_running
from embedded.settings import EmbeddedSettings, environment_with


def load(settings: EmbeddedSettings, words: Sequence[str]) -> int:
    """Run ``concerns import open311-csv`` on the running platform; its exit code.

    Interrupted, it stops between two rows; a second run goes on where it was.
    """
    variables = read_running(Folder(settings.folder))["services"]["concerns"]
    command = (sys.executable, "-m", "concerns", "import", "open311-csv", *words)
    with subprocess.Popen(command, env=environment_with(variables)) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the import has had it as well, and is ending
                continue


def env(settings: EmbeddedSettings, service: str) -> int:
    """Print a service's settings: ``eval "$(python -m embedded env booking)"``."""
    variables = read_running(Folder(settings.folder))["services"][service]
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0
