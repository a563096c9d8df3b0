"""The plumbing and the event vocabulary that the four services run unchanged.

Invariant: nothing here knows a service's rules, tables or addresses, and nothing is kept in a
process-wide variable; whatever has state is made by a service's ``app`` and passed along.
"""
