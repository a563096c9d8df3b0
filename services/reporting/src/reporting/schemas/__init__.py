"""How figures leave: as JSON, as CSV, and as server-sent events and on the
dashboard; and the wards' outlines beside them.

Invariant: what is sent names what it counts and how fresh it is.
"""

from reporting.schemas.dashboard import LIGHTS, MEASURES, board_of, choice_of, lag_words
from reporting.schemas.figures import Figures, WardNames, as_csv, as_json
from reporting.schemas.live import LiveStream, beat_frame, figures_frame
from reporting.schemas.outlines import Outlines, outlines_of

__all__ = [
    "LIGHTS",
    "MEASURES",
    "Figures",
    "LiveStream",
    "Outlines",
    "WardNames",
    "as_csv",
    "as_json",
    "beat_frame",
    "board_of",
    "choice_of",
    "figures_frame",
    "lag_words",
    "outlines_of",
]
