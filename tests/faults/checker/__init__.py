"""A checker that trusts nothing: reads what is left after the faults and counts broken promises.

    I1 committed => on the topic          I6 after the fault heals, lag is 0 without hands
    I2 on the topic => committed          I7 a call that was retried has one effect, an answered one has it
    I3 per key 1, 2, 3 ... at first sight I8 rebuilt figures are the live figures
    I4 each effect exactly once           I9 no planted string anywhere
    I5 a parked key never overtakes itself, and no other waits for it

Invariant: nothing of the product's own code judges the product here: plain asyncpg with SQL of the
checker's own, confluent-kafka from offset 0, and rules written a second time from the promises.
"""

from tests.faults.checker.checking import at_rest, check
from tests.faults.checker.evidence import Evidence, Findings, Violation

__all__ = ["Evidence", "Findings", "Violation", "at_rest", "check"]
