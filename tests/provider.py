"""The embedded issuer as a process of its own, and a browser without a screen that signs in at it."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

ORIGIN = "http://127.0.0.1:8080"
SECRET = "secret-of-the-tests"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass(frozen=True, slots=True)
class Provider:
    """A running issuer; every client's secret is ``SECRET``."""

    url: str
    keys: Path


@contextmanager
def running_provider(folder: Path, services: tuple[str, ...]) -> Generator[Provider]:
    """The issuer with these services as its clients, and ``cli`` for people's tokens."""
    clients: dict[str, Any] = {
        name: {"secret": SECRET, "redirect_uris": [f"{ORIGIN}/{name}/signed-in"]}
        for name in services
    }
    clients["cli"] = {"secret": SECRET, "for_people": True}
    listed = folder / "clients.json"
    listed.write_text(json.dumps(clients))
    port = _free_port()
    command = [sys.executable, "-m", "embedded.issuer", "--port", str(port)]
    command += ["--keys", str(folder / "keys"), "--clients", str(listed)]
    with subprocess.Popen(command) as process:
        try:
            url = f"http://127.0.0.1:{port}/issuer"
            _answers(f"{url}/jwks", process)
            yield Provider(url, folder / "keys")
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the issuer did not start ({process.poll()})")


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of the (last) form of a page."""
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


async def choose_person(address: str, person: str) -> httpx.Response:
    """Follow the way to the issuer, press a person's button; the answer leads back."""
    async with httpx.AsyncClient() as browser:
        page = await browser.get(address)
        assert page.status_code == 200, page.text
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        form = hidden_fields(page.text) | {"person": person}
        return await browser.post(f"{origin}/issuer/authorize", data=form)


async def sign_in(
    service: httpx.AsyncClient, name: str, person: str, **query: Any
) -> httpx.Response:
    """Sign somebody in to a service (a client with its cookies); the last answer leads to the page."""
    begun = await service.get(f"/{name}/sign-in", params=query)
    assert begun.status_code == 303, begun.text
    back = await choose_person(begun.headers["location"], person)
    assert back.status_code == 303, back.text
    return await service.get(back.headers["location"])


def cookie_of(answer: httpx.Response, name: str) -> Mapping[str, str] | None:
    """The attributes of a cookie that an answer sets, in small letters; ``value`` is its value."""
    for line in answer.headers.get_list("set-cookie"):
        first, *rest = line.split("; ")
        key, _, value = first.partition("=")
        if key == name:
            pairs = (each.partition("=") for each in rest)
            return {"value": value} | {word.lower(): said.lower() for word, _, said in pairs}
    return None
