"""What concerns refuses, each with its slug and its words.

    Conflict 409: WindowClosed, AlreadyCaptured
    Invalid 422: UnfitCategories, UnfitPlace, PlaceSwapped, UnfitSeverity, UnfitTime

Invariant: none of them repeats what was said.
"""

from shared.errors import Conflict, Invalid


class WindowClosed(Conflict):
    """The time in which concerns of this walk are taken is over: capture it without the walk."""

    slug = "window-closed"


class AlreadyCaptured(Conflict):
    """This outside report has been captured before."""

    slug = "already-captured"


class UnfitCategories(Invalid):
    """Name one or more categories of the list, each once."""

    slug = "unfit-categories"


class UnfitPlace(Invalid):
    """The place must be a longitude from -180 to 180 and a latitude from -90 to 90, in degrees."""

    slug = "unfit-place"


class PlaceSwapped(Invalid):
    """Longitude and latitude seem to be swapped: longitude comes first."""

    slug = "place-swapped"


class UnfitSeverity(Invalid):
    """The severity must be 1, 2 or 3."""

    slug = "unfit-severity"


class UnfitTime(Invalid):
    """The observation must not lie in the future."""

    slug = "unfit-time"
