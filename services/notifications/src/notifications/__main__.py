"""``python -m notifications api | worker | all | migrate | ...``.

Invariant: everything happens in ``shared.run``.
"""

from notifications.app import SERVICE
from shared.run import main

main(SERVICE)
