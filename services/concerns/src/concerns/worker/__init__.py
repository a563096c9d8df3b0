"""What comes in without a request: what booking says of walks, and files of other systems' reports.

Invariant: nothing here decides; each thing that comes in is one call of ``service``.
"""

from concerns.worker.importing import import_file
from concerns.worker.walks import work

__all__ = ["import_file", "work"]
