"""Day or dark, from the sun.

Invariant: dark is the sun's centre below -0.833 degrees (its upper edge under the horizon, with the
usual refraction), at the place and instant given; no table, no street lamps, no weather.
"""

from datetime import datetime

from astral import Observer
from astral.sun import elevation

HORIZON = -0.833


def is_dark(instant: datetime, lon: float, lat: float) -> bool:
    """Whether the sun is down at an aware instant, at a place in degrees (WGS 84)."""
    height = elevation(Observer(lat, lon), instant, with_refraction=False)
    return height < HORIZON
