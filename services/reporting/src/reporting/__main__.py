"""``python -m reporting api | worker | all | migrate | rebuild | ...``.

Invariant: nothing happens here that ``shared.run`` does not do for every service.
"""

from reporting.app import SERVICE
from shared.run import main

main(SERVICE)
