"""The issuer as a process of its own: ``python -m embedded.issuer --port N --keys DIR --clients FILE``.

Invariant: what it is comes from its arguments alone. The file of clients is JSON: ``{"booking":
{"secret": "...", "redirect_uris": ["..."]}, "cli": {"secret": "...", "for_people": true}}``.
"""

import argparse
import json
from pathlib import Path

import uvicorn

from embedded.issuer import Client, create_issuer


def main() -> None:
    """Serve until stopped."""
    words = argparse.ArgumentParser(prog="embedded.issuer")
    words.add_argument("--port", type=int, required=True)
    words.add_argument("--keys", type=Path, required=True)
    words.add_argument("--clients", type=Path, required=True)
    asked = words.parse_args()
    clients = {
        name: Client(
            found["secret"],
            tuple(found.get("redirect_uris", ())),
            for_people=found.get("for_people", False),
        )
        for name, found in json.loads(asked.clients.read_text()).items()
    }
    app = create_issuer(f"http://127.0.0.1:{asked.port}", asked.keys, clients)
    uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning")


if __name__ == "__main__":
    main()
