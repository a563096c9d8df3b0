"""What was promised, written down a second time: who owns a topic and who listens to it.

Invariant: nothing is imported from the product. A topic that moves there and not here is found as a
violation, which is what a second writing is for.
"""

WALKS = "internal.booking.walks.v1"
CONCERNS = "internal.concerns.concerns.v1"
ALERTS = "internal.notifications.alerts.v1"

OWNERS = {
    WALKS: "booking",
    "shared.walks.v1": "booking",
    CONCERNS: "concerns",
    "shared.concerns.v1": "concerns",
    ALERTS: "notifications",
}
LISTENERS = {
    WALKS: ("concerns", "notifications", "reporting"),
    CONCERNS: ("booking", "reporting"),
    ALERTS: ("booking", "reporting"),
}
