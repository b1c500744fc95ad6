"""Orbits in files that others read and write: CCSDS orbit ephemeris messages and SPICE kernels."""

from farside.flight.orbit_files.oem import write_oem
from farside.flight.orbit_files.reading import read_orbit
from farside.flight.orbit_files.spk import write_spk

__all__ = ["read_orbit", "write_oem", "write_spk"]
