"""Counting the figures anew from the facts, and putting right what differs.

Safe while workers count. The comparison is one statement, so that it sees one moment, in which facts
and figures belong together because they are always written together; it blocks nobody. Only when the
two differ does a rebuild take the writers' turn: they wait, the figures are replaced and compared
again, and readers see the old figures until the commit and the new ones from then on.

Invariant: after a rebuild that commits, the figures are what the facts give.
"""

from dataclasses import dataclass

from reporting import store
from shared.postgres import Database


class StillDiffers(Exception):
    """The figures differ from the facts even after a rebuild: nothing was changed."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: digests of the live figures before and of those counted from the facts,
    and whether the ones replaced the others.
    """

    live: store.Digest
    counted: store.Digest
    mended: bool = False

    @property
    def equal(self) -> bool:
        """Whether the live figures were right."""
        return self.live == self.counted

    @property
    def words(self) -> str:
        """The finding for an operator, in a few lines."""
        if self.equal:
            verdict = "equal: the figures are what the facts give"
        elif self.mended:
            verdict = "mended: the figures differed from the facts and have been replaced"
        else:
            verdict = "different: the figures are not what the facts give"
        return (
            f"live     {self.live.rows} rows, hash {self.live.digest}\n"
            f"counted  {self.counted.rows} rows, hash {self.counted.digest}\n"
            f"{verdict}"
        )


async def compare(database: Database) -> Rebuilt:
    """Count the facts beside the live figures and change nothing."""
    async with database.reading() as connection:
        return Rebuilt(*await store.compare(connection))


async def rebuild(database: Database) -> Rebuilt:
    """Count the facts beside the live figures and, where they differ, replace these.

    Raises StillDiffers when figures counted a moment ago differ again: then nothing is changed.
    """
    found = await compare(database)
    if found.equal:
        return found
    async with database.transaction() as connection:
        await store.take_turn(connection)
        live, counted = await store.compare(connection)
        await store.replace_figures(connection)
        if await store.compare(connection) != (counted, counted):
            raise StillDiffers
        return Rebuilt(live, counted, mended=live != counted)
