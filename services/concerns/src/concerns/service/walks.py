"""What booking says of walks opens and closes their capture windows.

Invariant: applied twice, or beside other walks', the same; nothing is decided here.
"""

from collections.abc import Sequence

from concerns import store
from concerns.domain import Window
from shared.postgres import Connection


async def learn_of_walks(connection: Connection, heard: Sequence[Window]) -> None:
    """Keep what has been heard of some walks, in the consumer's transaction.

    A concern captured before its walk was heard of is matched by this: see ``store.concerns``.
    """
    await store.windows.learn(connection, heard)
