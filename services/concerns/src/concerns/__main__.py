"""``python -m concerns``: see ``shared.run`` for the words it takes."""

from concerns.app import SERVICE
from shared.run import main

main(SERVICE)
