"""Where a consumer reads on: the same log, another one, one that has lost what was not read."""

import pytest

from shared.clock import new_id
from shared.consumer import batch, position
from shared.consumer.offsets import Fenced, Mark, Standing
from shared.consumer.position import Log, Trimmed
from shared.postgres import Database
from tests.shared.reading import PARTITION, START, a_reading, an_arrival, place, raises


async def test_a_log_that_has_lost_what_was_not_read_is_not_begun_anew(
    shared_database: Database,
) -> None:
    await _stand_at(shared_database, 4)
    trimmed = Log(5, 9, "cluster")
    assert await raises(Trimmed, position.look(shared_database, PARTITION, trimmed))
    assert await place(shared_database) == (4, "cluster")


async def test_a_log_that_lost_its_first_records_before_they_were_read_is_not_begun_anew(
    shared_database: Database,
) -> None:
    await position.look(shared_database, PARTITION, Log(0, 0, "cluster"))
    trimmed = Log(5, 9, "cluster")
    assert await raises(Trimmed, position.look(shared_database, PARTITION, trimmed))
    assert await place(shared_database) == (0, "cluster")


@pytest.mark.parametrize("log", [Log(0, 9, "another"), Log(0, 3, "cluster")])
async def test_another_cluster_or_a_shorter_log_is_read_from_its_start(
    shared_database: Database, log: Log
) -> None:
    await _stand_at(shared_database, 4)
    found = await position.look(shared_database, PARTITION, log)
    assert found.standing.mark == START
    assert await place(shared_database) == (0, log.cluster)


async def test_a_reader_with_a_stale_place_does_not_begin_anew(shared_database: Database) -> None:
    await _stand_at(shared_database, 4)
    stale, another = Mark(2, str(new_id())), Log(0, 9, "another")
    beginning = position.begin_again(shared_database, PARTITION, stale, another)
    assert await raises(Fenced, beginning)
    assert await place(shared_database) == (4, "cluster")


async def test_who_finds_a_partition_begun_does_not_begin_it(shared_database: Database) -> None:
    await _stand_at(shared_database, 4)
    beginning = position.begin(shared_database, PARTITION, None, Log(0, 9, "cluster"))
    assert await raises(Fenced, beginning)
    assert await place(shared_database) == (4, "cluster")


async def test_who_begins_on_a_trimmed_log_notes_where_it_ended(shared_database: Database) -> None:
    found = await position.look(shared_database, PARTITION, Log(5, 9, "cluster"))
    assert found.standing == Standing(Mark(5, ""), "cluster", 9)


async def _stand_at(database: Database, number: int) -> None:
    """Have read so many records, each of a key of its own."""
    items = [an_arrival(offset, str(new_id()), 1) for offset in range(number)]
    await batch.apply(database, await a_reading(database), START, items)
