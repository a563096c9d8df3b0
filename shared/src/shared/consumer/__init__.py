"""From Kafka into our databases: every effect exactly once, keys in order, nothing ever dropped
unseen.

The pieces, in the order in which a record meets them: ``arrivals`` decodes, ``offsets`` fences,
``inbox`` decides, ``batch`` applies, ``parking`` keeps what cannot be applied, ``drainer`` tries
again, ``loop`` turns the wheel and ``tender`` watches it.
"""

from shared.consumer.loop import Consumer

__all__ = ["Consumer"]
