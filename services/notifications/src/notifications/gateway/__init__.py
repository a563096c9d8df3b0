"""The outside world of notifications: booking over HTTP, the letters, and the mail server.

Invariant: what comes from outside (an answer, a refusal) is turned into the domain's words here,
and no error that leaves here quotes an address, a name or a text.
"""
