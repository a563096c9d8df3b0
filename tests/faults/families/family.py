"""What a family of faults is."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.ground import Ground

Happen = Callable[[Ground, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of fault. ``nodes``: so many brokers at least. ``once``: too dear to come twice in a run."""

    name: str
    happen: Happen
    nodes: int = 1
    quick: bool = True
    once: bool = False
