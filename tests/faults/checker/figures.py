"""I8: the figures that are live are those that the facts give when they are counted anew.

Asked twice: by SQL of the checker's own, and of ``python -m reporting rebuild --check``, which changes
nothing; the two must also agree with each other.
"""

from typing import Any

from tests.factories import PLACES
from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection
from tests.system.processes import run

WHERE = "reporting's figures"
COMPARE = """
with counted as (
    select measure, kind, day, ward_code, ward_set, category, light, count(*) as count from fact
     group by measure, kind, day, ward_code, ward_set, category, light
)
(select 'live' as side, figure::text as cell
   from (select measure, kind, day, ward_code, ward_set, category, light, count from figure
         except select * from counted) as figure)
union all
(select 'rebuilt', counted::text
   from (select * from counted
         except select measure, kind, day, ward_code, ward_set, category, light, count
                  from figure) as counted)
"""


async def judge(connection: "Connection[Any]", database_url: str, gathered: Gathered) -> None:
    """Compare live figures with counted ones, both ways."""
    differing = await connection.fetch(COMPARE)
    for row in differing:
        gathered.add("I8", WHERE, f"only {row['side']}: {row['cell']}")
    settings = PLACES | {"database_url": database_url}
    environment = {f"REPORTING_{name}".upper(): str(value) for name, value in settings.items()}
    done = await run("reporting", "rebuild", "--check", environment=environment)
    if (done.returncode == 0) != (not differing):
        what = f"rebuild --check says otherwise: {done.returncode} {done.stdout}{done.stderr}"
        gathered.add("I8", WHERE, what)
