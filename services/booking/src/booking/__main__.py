"""``python -m booking``: see ``shared.run`` for the words it takes."""

from booking.app import SERVICE
from shared.run import main

main(SERVICE)
