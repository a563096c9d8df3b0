"""From the outbox to Kafka: nothing committed is lost, nothing uncommitted is published, keys stay
in order.
"""

from shared.relay.measuring import measure_forever
from shared.relay.relay import Relay

__all__ = ["Relay", "measure_forever"]
