"""An orbit from a file of any kind that is known here."""

from __future__ import annotations

from pathlib import Path

from farside.errors import BadInput
from farside.flight.orbit_files.oem import read_oem
from farside.flight.orbit_files.spk import read_spk
from farside.flight.relay import RelayOrbit

_FASTEST_KM_S = 50.0
"""About the Moon nothing goes so fast; metres taken for kilometres do."""
_READERS = {b"DAF/SPK": read_spk, b"NAIF/DAF": read_spk, b"CCSDS_OEM_VERS": read_oem}


def read_orbit(path: str | Path, target: str | None = None) -> RelayOrbit:
    """The orbit of a spacecraft from an SPK (types 2, 3, 9, 13) or a CCSDS orbit ephemeris message.

    target: number of the spacecraft in an SPK, OBJECT_NAME or OBJECT_ID in a message; None where there is only one.
    Orbits about the Earth, the barycentres or the Sun are moved to the Moon with DE440. Raises BadInput for what is
    neither, for another target, type, centre, frame or time system, for gaps, and for metres; DamagedFile.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(4096).removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise BadInput(path, "", error.strerror, "a file with an orbit") from None
    for begin, read in _READERS.items():
        if head.lstrip().startswith(begin):
            return _checked(path, RelayOrbit(read(path, target)))
    if b"\nCCSDS_OEM_VERS" in head:  # behind comments
        return _checked(path, RelayOrbit(read_oem(path, target)))
    expected = "an SPK of SPICE (DAF/SPK) or a CCSDS orbit ephemeris message (CCSDS_OEM_VERS = 2.0)"
    raise BadInput(path, "", head[:16].decode("latin-1"), expected)


def _checked(path: Path, orbit: RelayOrbit) -> RelayOrbit:
    _, farthest, speed = orbit.extremes
    if speed > _FASTEST_KM_S:
        told = f"up to {farthest:,.0f} from the Moon at up to {speed:,.0f}"
        raise BadInput(path, "states", told, f"km and km/s, less than {_FASTEST_KM_S:g} km/s about the Moon")
    return orbit
