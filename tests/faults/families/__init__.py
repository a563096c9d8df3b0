"""Every family of faults by its name: each happens to a proving ground under load, heals, and leaves nothing behind.

Invariant: a family draws only from the chance that it is given, so the same seed makes the same faults;
it returns when what it broke has been mended, not when all has caught up.
"""

from tests.faults.families import brokers, database, death, network, operators, stalls, versions
from tests.faults.families.family import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for module in (death, stalls, brokers, database, network, operators, versions)
    for family in module.FAMILIES
}

__all__ = ["FAMILIES", "Family"]
