"""What can be done beside the running platform: a token, a file of reports, a service's settings.

Invariant: each works on the platform that runs on this state folder, with the very settings its services
run with; where none runs it says so and changes nothing.
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence

import httpx

from embedded.folder import Folder, read_running
from embedded.issuer import PEOPLE
from embedded.keys import Keys
from embedded.refusals import BadInput, NotRunning
from embedded.services import CLI, CLI_SECRET
from embedded.settings import EmbeddedSettings, environment_with

ANSWER_SECONDS = 30.0


def token(settings: EmbeddedSettings, role: str) -> int:
    """Print a bearer token of the first person in a role, from the running issuer."""
    roles = {name for person in PEOPLE.values() for name in person.roles}
    if role not in roles:
        raise BadInput(f"there is no such role: ROLE is one of {', '.join(sorted(roles))}")
    folder = Folder(settings.folder)
    origin = read_running(folder)["origin"]
    form = {"grant_type": "client_credentials", "role": role}
    secret = Keys(folder.keys).secret(CLI_SECRET)
    try:
        with httpx.Client(trust_env=False, timeout=ANSWER_SECONDS) as http:
            answer = http.post(f"{origin}/issuer/token", data=form, auth=(CLI, secret))
        found = answer.raise_for_status().json()["access_token"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise NotRunning(f"{origin} does not answer: wait until it says that it is up") from error
    sys.stdout.write(f"{found}\n")
    return 0


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
