"""The use cases of concerns: capture, read, learn of walks.

Invariant: one function is one transaction (or works inside the consumer's), committed at one visible
line.
"""

from concerns.service.concerns import as_answer, capture_concern, read_concerns
from concerns.service.keeping import count_what_is_old, forget_what_is_old
from concerns.service.walks import learn_of_walks

__all__ = [
    "as_answer",
    "capture_concern",
    "count_what_is_old",
    "forget_what_is_old",
    "learn_of_walks",
    "read_concerns",
]
