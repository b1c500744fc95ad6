"""The relay's orbit as a mission file has it: a halo to be solved for, or the file of an orbit that there is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator

from farside.flight import RelayOrbit, halo_span, read_orbit, solve_halo
from farside.twin.part import Part, Utc, epoch


class HaloSpec(Part):
    """The relay's quasi-halo orbit about Earth-Moon L2."""

    z_amplitude_km: float = Field(ge=1000, le=40_000)
    epoch_utc: Utc
    revolutions: int = Field(ge=2, le=200)
    _epochs = field_validator("epoch_utc")(epoch)

    @property
    def span(self) -> tuple[float, float]:
        """First and last time, TDB s past J2000."""
        return halo_span(self.epoch_utc, self.revolutions)

    @property
    def inputs(self) -> tuple[str, ...]:
        """SHA-256 of the files it comes from: none."""
        return ()

    def solve(self) -> RelayOrbit:
        """The orbit itself."""
        return solve_halo(self.epoch_utc, self.revolutions, self.z_amplitude_km)


class OrbitFile(Part):
    """An orbit from an SPK or a CCSDS orbit ephemeris message, beside the mission file unless absolute.

    target: the spacecraft in it, where there are several (see flight.read_orbit).
    """

    file: str
    target: str | int | None = None

    @property
    def span(self) -> tuple[float, float]:
        """First and last time, TDB s past J2000. Raises BadInput, DamagedFile."""
        orbit = self.read()
        return orbit.start, orbit.stop

    def read(self) -> RelayOrbit:
        """The orbit itself. Raises BadInput, DamagedFile."""
        return read_orbit(Path(self.file), None if self.target is None else str(self.target))

    @property
    def inputs(self) -> tuple[str, ...]:
        """SHA-256 of its file: a flight is a function of that as well."""
        return (hashlib.sha256(Path(self.file).read_bytes()).hexdigest(),)


KINDS = ("solved", "from a file")


def _kind(spec: Any) -> str:
    has_file = "file" in spec if isinstance(spec, dict) else isinstance(spec, OrbitFile)
    return KINDS[has_file]


OrbitSpec = Annotated[
    Annotated[HaloSpec, Tag(KINDS[0])] | Annotated[OrbitFile, Tag(KINDS[1])],
    Discriminator(_kind),
]
"""What stands under ``relay.orbit``."""


def rooted_orbit(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A mission file's fields with the file of its relay's orbit named from ``folder``, where the mission file is."""
    relay = spec.get("relay")
    orbit = relay.get("orbit") if isinstance(relay, dict) else None
    if not (isinstance(relay, dict) and isinstance(orbit, dict) and isinstance(orbit.get("file"), str)):
        return spec
    whole = orbit | {"file": str((folder / orbit["file"]).absolute())}
    return spec | {"relay": relay | {"orbit": whole}}
