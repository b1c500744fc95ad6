"""Craters one by one: as a list of what is there, and from published catalogues that sharpen an elevation file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M
from farside.moon import marks as mk
from farside.moon import profile
from farside.moon.shares import Files, drawn_at_centres

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


def is_catalogue(path: str | Path) -> bool:
    """Whether a file is a crater catalogue by its name: .npz, .csv or .parquet."""
    return Path(path).suffix.lower() in (".npz", ".csv", ".parquet")


def read_catalogue(path: Path) -> Known:
    """Read a crater catalogue: .npz, .csv or .parquet with latitude, east longitude, diameter and depth.

    Columns go by the names in COLUMNS. Rows that say no depth or none that a crater could have are left out.
    Raises BadInput for a missing column or a place that is none, DamagedFile when unreadable.
    """
    if not path.exists():
        raise BadInput(path, "terrain", "no such file", "a crater catalogue (.npz, .csv or .parquet)")
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

    marks: (n, mark columns); whole: (n,) amplitude that goes with the crater's depth; source: (n,).
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

    @classmethod
    def of(cls, marks: Array, source: str) -> Known:
        """Marks as they are."""
        return cls(marks, marks[:, mk.AMP].copy(), np.full(len(marks), source))

    @property
    def depth_m(self) -> Array:
        """Depth from rim to floor, (n,)."""
        return self.whole * np.ptp(profile.table(), axis=1)[self.marks[:, mk.ROW].astype(int)]

    def lost(self, share: Array) -> Known:
        """The same as what an elevation file has lost of them: of each a share (n,)."""
        marks = self.marks.copy()
        marks[:, mk.AMP], marks[:, mk.SORT] = self.whole * share, mk.LOST
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

    def drawn(self, files: Files) -> tuple[Known, Array]:
        """Those that are added to the ground, not shown in full by a file; and the share of each that is, (n,)."""
        share = np.empty(len(self.marks))
        drawn_at_centres(files, self.marks, share)
        share *= self.marks[:, mk.AMP] / self.whole
        return self.where(share > 0.01), share[share > 0.01]

    def listing(self, share: Array) -> Craters:
        """The same as a list, largest first; share: (n,) of each that is added to the ground."""
        order = np.argsort(-self.marks[:, mk.DIAMETER], kind="stable")
        marks = self.marks[order]
        x, y, z = marks[:, mk.C : mk.C + 3].T
        return Craters(
            lat_deg=np.degrees(np.arctan2(z, np.hypot(x, y))),
            lon_deg=np.degrees(np.arctan2(y, x)) % 360.0,
            diameter_m=marks[:, mk.DIAMETER],
            depth_m=self.depth_m[order],
            degradation=marks[:, mk.AGE],
            drawn=share[order],
            source=self.source[order],
        )


_FLOOR, _RIM = np.array([0.0, 0.2, 0.4]), np.array([0.9, 1.0, 1.1, 1.2])
"""Radii, over the crater's, at which a mean profile is measured."""
_ROUND = 16
_REGION_DEG = 4.0
"""Side of a region whose craters are measured together."""


def depth_in(heights: Callable[[Array, Array], Array], known: Known) -> Array:
    """Depth (m) from rim to floor that craters have in an elevation model, by their mean profile, (n,).

    heights: metres at latitudes and longitudes (radians), NaN where the model has none; then the depth is NaN, too.
    """
    lat, lon = np.arcsin(known.marks[:, 2]), np.arctan2(known.marks[:, 1], known.marks[:, 0])
    region = np.floor(np.degrees(lat) / _REGION_DEG) * 1000 + np.floor(np.degrees(lon) / _REGION_DEG)
    order, depth = np.argsort(region, kind="stable"), np.empty(len(lat))
    for some in np.split(order, np.flatnonzero(np.diff(region[order])) + 1):
        profile = heights(*_rings(lat[some], lon[some], known.marks[some, mk.DIAMETER])).mean(-1)
        depth[some] = profile[:, len(_FLOOR) :].max(1) - profile[:, : len(_FLOOR)].min(1)
    return depth


def _rings(lat: Array, lon: Array, diameter_m: Array) -> tuple[Array, Array]:
    """Latitudes and longitudes (radians) on rings around craters, each (n, radii, angles)."""
    radii = np.concatenate([_FLOOR, _RIM])[:, None] * 0.5 / MOON_RADIUS_M
    angle = 2 * np.pi * np.arange(_ROUND) / _ROUND
    east, north = diameter_m[:, None, None] * radii * np.cos(angle), diameter_m[:, None, None] * radii * np.sin(angle)
    north = lat[:, None, None] + north
    return north, lon[:, None, None] + east / np.maximum(np.cos(north), 1e-3)
