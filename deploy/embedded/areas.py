"""Which wards this state folder is for: chosen at its first start, the same ever after.

Invariant: the boundary set in force is a copy in the state folder, recorded by name and content; a start
that asks for another one is refused, because what is stored names wards of the recorded set.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded.folder import Folder, write_private
from embedded.refusals import BadInput, OtherAreas
from shared.areas import AreasRefused, load, normalise
from shared.areas.normalise import write

SHIPPED = Path(__file__).parents[1] / "areas" / "larkmere-2026.geojson"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The boundary set in force."""

    name: str
    wards: int

    @property
    def described(self) -> str:
        """For the banner."""
        return f"{self.wards} of {self.name}"


def choose(given: Path | None, folder: Folder) -> Chosen:
    """The set that the folder is for, recorded now if this is its first start.

    Without ``given``, the recorded one goes on, and a new folder gets the invented borough. Raises
    BadInput for a file that is no boundary set, OtherAreas for one that is not the recorded one.
    """
    record = folder.areas / "chosen.json"
    recorded = json.loads(record.read_text()) if record.exists() else None
    if recorded and given is None:
        return Chosen(recorded["name"], recorded["wards"])
    try:
        name, content = normalise(given or SHIPPED)
        fingerprint = hashlib.sha256(content).hexdigest()
        if recorded and recorded["sha256"] != fingerprint:
            raise OtherAreas(
                f"{folder.path} was begun with the wards of {recorded['name']}, not those of {given}:"
                " leave AREAS out, or choose another folder with DATA="
            )
        if recorded:
            return Chosen(name, recorded["wards"])
        write(content, folder.areas / f"{name}.geojson")
        chosen = Chosen(name, len(load(folder.areas, name).wards))
    except AreasRefused as refusal:
        raise BadInput(str(refusal)) from refusal
    write_private(record, json.dumps(asdict(chosen) | {"sha256": fingerprint}))
    return chosen
