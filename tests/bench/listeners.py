"""So many dashboards: connections that read one live stream each, in a process of their own.

Run as ``python -m tests.bench.listeners HOST PORT NUMBER SECONDS`` with a token on standard input; once
all are connected it says so, and after so many seconds prints, for each version of the figures, when each
listener had it (monotonic seconds, the machine's), and how many versions each listener got.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections import defaultdict
from typing import cast

import uvloop

VERSION = re.compile(rb"id: (\d+)\nevent: figures")


class Listener(asyncio.Protocol):
    """One stream; notes the moment of each version that arrives."""

    def __init__(self, token: str, seen: dict[int, list[float]]) -> None:
        self._token, self._seen = token, seen
        self._rest = b""
        self.got = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        cast("asyncio.Transport", transport).write(  # uvloop's is none by class
            b"GET /reporting/v1/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + self._token.encode()
            + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """Take what came; a version's line may be split over two reads."""
        at = time.monotonic()
        whole = self._rest + data
        last = 0
        for found in VERSION.finditer(whole):
            self._seen[int(found[1])].append(at)
            self.got += 1
            last = found.end()
        self._rest = whole[max(last, len(whole) - 40) :]


async def main(host: str, port: int, number: int, seconds: float, token: str) -> dict[str, object]:
    seen: dict[int, list[float]] = defaultdict(list)
    loop = asyncio.get_running_loop()
    listeners: list[Listener] = []
    for nth in range(number):
        _, each = await loop.create_connection(lambda: Listener(token, seen), host, port)
        listeners.append(each)
        if nth % 50 == 49:
            await asyncio.sleep(0.05)  # faster than a backlog empties is no dashboard's way
    while not all(each.got for each in listeners):
        await asyncio.sleep(0.05)
    print("connected", flush=True)
    await asyncio.sleep(seconds)
    return {
        "seen": {str(version): times for version, times in seen.items()},
        "got": [each.got for each in listeners],
    }


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    host, port, number, seconds = sys.argv[1:]
    token = sys.stdin.readline().strip()
    print(json.dumps(uvloop.run(main(host, int(port), int(number), float(seconds), token))))
