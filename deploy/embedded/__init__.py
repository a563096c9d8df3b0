"""The whole platform on one machine, to try it out: one command, nothing else to install.

A small parent holds PostgreSQL, a Kafka-protocol broker and a mailbox; one child runs the four services
and an OpenID Connect issuer behind one origin. The services cannot tell it from the real parts.

Invariant: everything that must outlive a process is in one folder (``.data``), and whichever process is
killed, and however, the next start loses none of it.
"""
