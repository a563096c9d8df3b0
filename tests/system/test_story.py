"""The main job, end to end, over HTTP only: from an opened slot to the figure on the dashboard."""

from tests.system.acts import People
from tests.infra import until


async def test_a_walk_from_slot_to_figure(people: People) -> None:
    before = await people.count("walks")
    walk_id = await people.walk_one()

    async def counted() -> bool:
        return await people.count("walks") == before + 1

    await until(counted)
    await people.capture(walk_id)
