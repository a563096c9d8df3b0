"""Questions: what ``load`` does, with GETs.

A process of its own: ``python -m tests.bench.asking HOST PORT CONNECTIONS``, one path a line on standard input.
"""

import json
import sys

import uvloop

from tests.bench.load import Load

HEAD = "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n"

if __name__ == "__main__":
    host, port, connections = sys.argv[1:]
    gets = [
        HEAD.format(path=path, host=host, port=port).encode()
        for path in sys.stdin.read().splitlines()
    ]
    load = Load(host, int(port), gets, 200)
    print(json.dumps(uvloop.run(load.run(int(connections)))))
