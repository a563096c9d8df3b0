"""Every SQL statement of concerns, and the function that runs it.

Invariant: statements are module constants in capitals; times and ids come from the caller.
"""

from concerns.store import concerns, windows

__all__ = ["concerns", "windows"]
