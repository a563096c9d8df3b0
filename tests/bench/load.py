"""The load: so many connections, each sending its next request when the last was answered.

A process of its own: ``python -m tests.bench.load HOST PORT PATH CONNECTIONS``, one JSON body a line on
standard input. The first tenth warms up and is not counted. Prints answers a second and the times.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import uvloop

from tests.bench.measuring import percentile

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    "Idempotency-Key: {key}\r\nContent-Length: {length}\r\n\r\n"
)


class Load:
    """What the connections share: the requests that are left, and the times of those answered."""

    def __init__(self, host: str, port: int, requests: list[bytes], status: int) -> None:
        self._host, self._port = host, port
        self._answer = f"HTTP/1.1 {status}".encode()
        warm = len(requests) // 10
        self.warming, self.counted = requests[:warm], requests[warm:]
        self.milliseconds: list[float] = []

    async def run(self, connections: int) -> dict[str, float]:
        """Warm up, then count."""
        await self._all(iter(self.warming), connections)
        self.milliseconds.clear()
        began = time.perf_counter()
        await self._all(iter(self.counted), connections)
        seconds = time.perf_counter() - began
        return {
            "per_second": len(self.milliseconds) / seconds,
            "p50_ms": percentile(self.milliseconds, 0.5),
            "p99_ms": percentile(self.milliseconds, 0.99),
        }

    async def _all(self, requests: Iterator[bytes], connections: int) -> None:
        await asyncio.gather(*(self._connection(requests) for _ in range(connections)))

    async def _connection(self, requests: Iterator[bytes]) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        for request in requests:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            body = await reader.readexactly(length)
            if not head.startswith(self._answer):
                sys.exit(f"refused: {head.decode()}{body.decode()}")
            self.milliseconds.append((time.perf_counter() - began) * 1000)
        writer.close()


if __name__ == "__main__":
    host, port, path, connections = sys.argv[1:]
    posts = [
        HEAD.format(path=path, host=host, port=port, key=uuid4(), length=len(body)).encode()
        + body.encode()
        for body in sys.stdin.read().splitlines()
    ]
    load = Load(host, int(port), posts, 201)
    print(json.dumps(uvloop.run(load.run(int(connections)))))
