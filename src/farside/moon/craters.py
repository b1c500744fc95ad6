"""Craters one by one: as a list of what is there, and from published catalogues that sharpen an elevation file."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M
from farside.moon import marks as mk
from farside.moon import profile

Array = NDArray[np.floating]

COLUMNS = {
    "lat_deg": (("lat_deg", 1.0), ("lat", 1.0)),
    "lon_deg": (("lon_deg", 1.0), ("lon_e", 1.0), ("lon", 1.0)),
    "diameter_m": (("diameter_m", 1.0), ("diameter_km", 1e3)),
    "depth_m": (("depth_m", 1.0), ("depth_km", 1e3)),
}
"""What a catalogue must say, the names it may say it by, and their unit."""

SAME_PLACE = 0.5
"""Two entries within this many diameters of each other, alike in size, are one crater."""


@dataclass(frozen=True)
class Craters:
    """Craters, n of them, largest first.

    lat_deg, lon_deg: (n,) middle, MOON_ME, east longitude 0-360; diameter_m, depth_m: (n,) rim to rim and rim to floor;
    degradation: (n,) kappa t / R^2, 0 fresh, 0.3 all but gone; drawn: (n,) share that is added to the ground, the rest
    being in the elevation file; source: (n,) "procedural", "named" or "catalogue".
    """

    lat_deg: Array
    lon_deg: Array
    diameter_m: Array
    depth_m: Array
    degradation: Array
    drawn: Array
    source: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.diameter_m)

    def where(self, chosen: NDArray[np.bool_]) -> Craters:
        """Those that are chosen, (n,)."""
        return Craters(*(getattr(self, field.name)[chosen] for field in fields(self)))


def coverage(place: Array) -> tuple[float, float, float, float]:
    """South, north, west and width in longitude (radians) of the smallest box around unit vectors (n, 3)."""
    lat, lon = np.arcsin(place[:, 2]), np.sort(np.arctan2(place[:, 1], place[:, 0]) % (2 * np.pi))
    gaps = np.diff(np.append(lon, lon[0] + 2 * np.pi))
    widest = int(gaps.argmax())
    west = float(lon[(widest + 1) % len(lon)])
    return float(lat.min()), float(lat.max()), west, 2 * np.pi - float(gaps[widest])


def read_catalogue(path: Path) -> Known:
    """Read a crater catalogue: .npz, .csv or .parquet with latitude, east longitude, diameter and depth.

    Columns go by the names in COLUMNS. Rows that say no depth or none that a crater could have are left out.
    Raises BadInput for a missing column or a place that is none, DamagedFile when unreadable.
    """
    if not path.exists():
        raise BadInput(path, "craters", "no such file", "a crater catalogue (.npz, .csv or .parquet)")
    try:
        data = _columns(path)
    except (OSError, ValueError, KeyError) as error:
        raise DamagedFile(path, f"not a readable catalogue ({str(error).splitlines()[0]})") from error
    values = {}
    for field, names in COLUMNS.items():
        found = next(((name, unit) for name, unit in names if name in data), None)
        if found is None:
            raise BadInput(path, field, sorted(data), f"a column {' or '.join(name for name, _ in names)}")
        values[field] = np.asarray(data[found[0]], float) * found[1]
    lat, lon, diameter, depth = (values[field] for field in COLUMNS)
    bad = ~(np.abs(lat) <= 90.0) | ~np.isfinite(lon)
    if bad.any():
        raise BadInput(path, f"lat_deg, lon_deg of row {int(bad.argmax())}", (lat[bad][0], lon[bad][0]), "degrees")
    good = (diameter > 0) & (depth > 0) & (depth < 0.5 * diameter)
    lat, lon = np.radians(lat[good]), np.radians(lon[good])
    place = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    return Known.at(place, diameter[good], depth[good], "catalogue")


def _columns(path: Path) -> dict[str, Array]:
    if path.suffix == ".npz":
        with np.load(path) as stored:
            return {name: stored[name] for name in stored.files}
    import pyarrow.csv
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)
    return {name: table[name].to_numpy() for name in table.column_names}


@dataclass(frozen=True)
class Known:
    """Craters known one by one, n of them, as marks.

    marks: (n, mark columns); whole: (n,) amplitudes that they would have were all of them drawn; source: (n,).
    """

    marks: Array
    whole: Array
    source: NDArray[np.str_]

    @classmethod
    def at(
        cls, place: Array, diameter_m: Array, depth_m: Array, source: str, degradation: Array | None = None
    ) -> Known:
        """Craters at unit vectors (n, 3); how degraded they are follows from their depth where it is not given.

        One that is deeper than a fresh crater is fresh, and drawn deeper; one shallower than the most degraded is drawn
        shallower.
        """
        ratios = np.ptp(profile.table()[: profile.STATES], axis=1).astype(float)
        if degradation is None:
            k = profile.degradation(np.arange(profile.STATES))
            degradation = np.minimum(np.interp(-depth_m / diameter_m, -ratios, k), profile.K_MAX)
        rows = np.array([mk.state_row(value) for value in degradation], int)
        marks = np.zeros((len(place), mk.COLUMNS))
        marks[:, mk.C : mk.C + 3] = place
        marks[:, mk.SHARP] = (2 * MOON_RADIUS_M / diameter_m) ** 2
        marks[:, mk.AMP] = whole = depth_m / ratios[rows]
        marks[:, mk.ROW], marks[:, mk.DIAMETER], marks[:, mk.AGE] = rows, diameter_m, degradation
        marks[:, mk.BRIGHT] = np.maximum(0.0, 1 - degradation / 0.05) ** 2
        return cls(marks, whole.copy(), np.full(len(place), source))

    def drawn(self, share: Array) -> Known:
        """The same, of each only a share (n,)."""
        marks = self.marks.copy()
        marks[:, mk.AMP] = self.whole * share
        return Known(marks, self.whole, self.source)

    def where(self, chosen: NDArray[np.bool_]) -> Known:
        """Those that are chosen, (n,)."""
        return Known(self.marks[chosen], self.whole[chosen], self.source[chosen])

    def __add__(self, other: Known) -> Known:
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return Known(*(np.concatenate(pair) for pair in pairs))

    def missing_from(self, other: Known) -> NDArray[np.bool_]:
        """Which of these are none of the others: (n,)."""
        there, size = other.marks[:, :3], other.marks[:, mk.DIAMETER]
        alone = np.ones(len(self.marks), bool)
        for k, mark in enumerate(self.marks):
            diameter = mark[mk.DIAMETER]
            near = MOON_RADIUS_M * np.linalg.norm(there - mark[:3], axis=1) < SAME_PLACE * diameter
            alone[k] = not np.any(near & (np.abs(size / diameter - 1.0) < SAME_PLACE))
        return alone

    def listing(self) -> Craters:
        """The same as a list, largest first."""
        order = np.argsort(-self.marks[:, mk.DIAMETER], kind="stable")
        marks, whole = self.marks[order], self.whole[order]
        x, y, z = marks[:, mk.C : mk.C + 3].T
        return Craters(
            lat_deg=np.degrees(np.arctan2(z, np.hypot(x, y))),
            lon_deg=np.degrees(np.arctan2(y, x)) % 360.0,
            diameter_m=marks[:, mk.DIAMETER],
            depth_m=whole * np.ptp(profile.table(), axis=1)[marks[:, mk.ROW].astype(int)],
            degradation=marks[:, mk.AGE],
            drawn=marks[:, mk.AMP] / whole,
            source=self.source[order],
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _shares(boxes: np.ndarray, marks: np.ndarray, inside: np.ndarray, shown: np.ndarray) -> None:
    """How much of each crater's place is a terrain file's, and how much of the crater the files show there, 0..1."""
    for i in range(marks.shape[0]):
        x, y, z, diameter = marks[i, 0], marks[i, 1], marks[i, 2], marks[i, 10]
        lat, lon = math.atan2(z, math.sqrt(x * x + y * y)), math.atan2(y, x)
        inside[i], shown[i] = 0.0, 0.0
        for k in range(boxes.shape[0]):
            share = mk.box_share(boxes[k], lat, lon) * mk.covered(boxes[k], lat, lon)
            inside[i] = max(inside[i], share)
            shown[i] = max(shown[i], share * mk.seen(diameter / boxes[k, 5]))


def shares(boxes: Array, known: Known) -> tuple[Array, Array]:
    """How much of each crater's place is a terrain file's, and how much of the crater the files show; (n,), 0..1."""
    inside, shown = np.empty(len(known.marks)), np.empty(len(known.marks))
    _shares(boxes, known.marks, inside, shown)
    return inside, shown
