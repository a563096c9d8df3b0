"""An OpenID Connect issuer for trying the platform out: real flows, real signatures, invented people.

Invariant: services cannot tell it from a force's own issuer; whoever opens its sign-in page may
choose who to be, which is why only the embedded platform has it.
"""

from embedded.issuer.app import create_issuer
from embedded.issuer.grants import Client
from embedded.issuer.people import PEOPLE, Person

__all__ = ["PEOPLE", "Client", "Person", "create_issuer"]
