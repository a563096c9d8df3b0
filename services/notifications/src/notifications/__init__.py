"""Notifications: tells people what they must know, and climbs until somebody has taken an alert on.

Invariant: it keeps nobody's name, address or number but the name of who acknowledged an alert.
"""
