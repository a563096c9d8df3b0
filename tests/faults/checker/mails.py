"""I4 outside: a mail that is said to be delivered was, and none came twice but where we died sending.

Invariant: what the mail server was given is judged against the journal by Message-ID alone, which is
the message's id and never changes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from email.message import EmailMessage
from typing import Any

from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection

JOURNAL = "select id, state, reason from message"
WHERE = "mails"


async def judge(
    connection: "Connection[Any]",
    letters: Sequence[EmailMessage],
    sending_at_kill: Collection[str],
    gathered: Gathered,
) -> None:
    """Compare the journal with what was delivered; mails may still come meanwhile.

    What the journal said before has come, and what has come is in the journal after.
    """
    rows = {str(row["id"]): row for row in await connection.fetch(JOURNAL)}
    came = Counter(str(each["Message-ID"]).strip("<>").partition("@")[0] for each in letters)
    known = {str(row["id"]) for row in await connection.fetch(JOURNAL)}
    gathered.counted["mails"] += came.total()
    for name in sorted(came.keys() - known):
        gathered.add("I4", WHERE, f"{name} came and is in no journal")
    for name, number in sorted(came.items()):
        if number > 1:
            gathered.counted["mails twice"] += 1
            if name not in sending_at_kill:
                gathered.add("I4", WHERE, f"{name} came {number} times")
    for name, row in sorted(rows.items()):
        gathered.counted[f"messages {row['state']}"] += 1
        if row["state"] == "failed" or (row["state"] == "delivered" and name not in came):
            gathered.add("I4", WHERE, f"{name} is missing: {row['state']} {row['reason'] or ''}")
