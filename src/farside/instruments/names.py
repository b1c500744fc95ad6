"""File names of the Chang'e archive: ``CE4_GRAS_TCAM-I-143_SCI_N_START_STOP_0009_A.2C``.

Tianwen 1's multispectral camera has longer ones, ``MSCam-W-1-29-0001-05``: what its numbers mean is not published. The
last one runs over the channels of a scene, so it is the index, and whatever stands before it is the mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.instruments.instrument import CAMERAS, load

_NAME = re.compile(
    r"(?P<mission>[A-Za-z0-9-]+)_(?P<station>[A-Z0-9]+)_(?P<camera>[A-Za-z0-9]+)-(?P<mode>[A-Za-z0-9]+(?:-\d+)*?)(?:-(?P<index>\d+))?"
    r"_(?P<kind>SCI|AUX)_(?P<data>[RPN])_(?P<start>\d{14})_(?P<stop>\d{14})_(?P<sequence>\d{4,5})_(?P<version>[A-Z])"
    r"(?:\.(?P<level>\w+?))?",
    re.IGNORECASE,  # some discs and archivers keep no capitals
)


@dataclass(frozen=True)
class ProductName:
    """The parts of a product's name; times are UTC to the second, written yyyymmddhhmmss."""

    mission: str
    station: str
    camera: str
    mode: str
    index: int
    sequence_id: str
    start: str
    stop: str
    version: str
    level: str

    @classmethod
    def parse(cls, name: str) -> ProductName:
        """Take a file name or product id apart. Raises BadInput."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise BadInput(name, "file name", name, "CE4_GRAS_TCAM-I-143_SCI_N_<start>_<stop>_0009_A.2C or the like")
        m = match.groupdict()
        return cls(m["mission"], m["station"], m["camera"], m["mode"], int(m["index"] or 0), m["sequence"],
                   m["start"], m["stop"], m["version"].upper(), (m["level"] or "").upper())  # fmt: skip

    @property
    def start_utc(self) -> str:
        """Start as ISO UTC; empty where the digits are no time."""
        s = self.start
        iso = f"{s[:4]}-{s[4:6]}-{s[6:8]}T{s[8:10]}:{s[10:12]}:{s[12:]}Z"
        try:
            utc_to_t(iso)
        except BadInput:
            return ""
        return iso


def product_id(attrs: Mapping[Any, Any]) -> str:
    """Name, without level, of the frame whose attributes these are; both times are the frame's, cut to the second.

    Raises BadInput for an instrument farside does not have.
    """
    name = str(attrs.get("instrument"))
    if name not in CAMERAS:
        raise BadInput("observation", "instrument", name, f"one of {', '.join(CAMERAS)}")
    camera = load(name)
    stamp = re.sub(r"\D", "", str(attrs["start_utc"]))[:14]
    index = f"{int(attrs['index']):0{camera.index_digits}d}"
    return f"CE4_GRAS_{camera.id}-{attrs['mode']}-{index}_SCI_N_{stamp}_{stamp}_{attrs['sequence_id']}_{camera.version}"
