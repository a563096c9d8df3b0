"""Use cases: events are counted, questions are answered, figures are rebuilt and shown live.

Invariant: events are counted in the consumer's transaction; everything else opens one of its own, and
commits at the one place where it ends.
"""

from reporting.service.figures import Answer, Freshness, answer, counting, read_freshness
from reporting.service.live import LiveFigures, TooManyStreams
from reporting.service.rebuild import Rebuilt, compare, rebuild

__all__ = [
    "Answer",
    "Freshness",
    "LiveFigures",
    "Rebuilt",
    "TooManyStreams",
    "answer",
    "compare",
    "counting",
    "read_freshness",
    "rebuild",
]
