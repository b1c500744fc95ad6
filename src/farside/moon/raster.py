"""One elevation file as it is found: where its posts are, what its numbers mean, and why it cannot be used.

Whatever rasterio opens and has a place on the Moon will do: GeoTIFF, PDS3 with attached or detached label, PDS4,
JPEG 2000 with its label. Heights may be elevations above the 1737.4 km sphere or radii, in metres or kilometres.
"""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput, DamagedFile
from farside.geometry import MOON_RADIUS_M
from farside.moon.craters import is_catalogue

Array = NDArray[np.floating]

MOON_CRS = f"+proj=longlat +R={MOON_RADIUS_M:.0f} +no_defs"

LOWEST_M, HIGHEST_M = -9_300.0, 10_900.0
"""Relief of the Moon, -9.2 km in Antoniadi to 10.8 km near Engel'gardt (LOLA), and a little more."""

_BODIES = {"the Earth": 6_378_137.0, "Mars": 3_396_190.0, "Venus": 6_051_800.0, "Mercury": 2_439_700.0}
_METRES = {"": 1.0, "m": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0,
           "km": 1e3, "kilometer": 1e3, "kilometre": 1e3, "kilometers": 1e3, "kilometres": 1e3}  # fmt: skip
_LEVEL = 1e-3
"""No ground is so level from post to post; kilometres taken for metres are."""

_WHOLE = 8_000_000
"""Posts up to which a file is looked at whole; of a larger one 144 windows."""


@dataclass(frozen=True)
class Raster:
    """A file that can be used: GDAL's name of it, place, size, and numbers.

    transform: column and row of pixel corners to coordinates in ``crs``; degrees: the same to longitude and latitude
    where posts run along them, else None; void: the number that stands for no data, which the file says itself where
    ``declared``; metres above the 1737.4 km sphere = number * factor + shift_m; voids: whether posts without data were
    seen; notes: what a user should know of it.
    """

    name: str
    crs: Any
    transform: Any
    degrees: Any
    rows: int
    columns: int
    dtype: str
    void: float
    declared: bool
    factor: float
    shift_m: float
    voids: bool
    notes: tuple[str, ...]


@contextmanager
def opened(name: str) -> Iterator[Any]:
    """Open a raster by GDAL's name. Raises DamagedFile with GDAL's reason where it cannot be read."""
    import rasterio

    try:
        with warnings.catch_warnings():  # of a missing georeference: it is refused below, in our own words
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            file = rasterio.open(name)
        with file:
            yield file
    except rasterio.errors.RasterioIOError as error:
        raise DamagedFile(name, f"not a readable raster ({_first_line(error)})") from error


def look(path: str | Path) -> Raster:
    """Open an elevation file and find out what it is. path: a file, or a name GDAL knows (/vsicurl/...).

    Of a PDS3 product data or label will do; both have to be there. Raises BadInput, which names what is wrong and what
    to do, and DamagedFile.
    """
    name = str(path)
    if not name.startswith("/vsi"):
        if not Path(name).is_file():
            raise BadInput(name, "terrain", "no such file", "an elevation file, such as a GeoTIFF of the Moon")
        name = str(_label(Path(name)))
    with opened(name) as file:
        transform = _place(name, file)
        _body(name, file.crs)
        _one_band(name, file)
        scale, offset, unit = _number(name, file)
        windows, share = _windows(file)
        raw = [file.read(1, window=window, masked=True) for window in windows]
        _not_a_label(name, raw[0])
        degrees = _degrees(file.crs, transform)
        post_m = math.sqrt(abs((degrees or transform).determinant))
        post_m *= math.radians(MOON_RADIUS_M) if degrees else file.crs.linear_units_factor[1]
        found = _heights(name, raw, scale, offset, unit, post_m, share)
        void, declared = found.sentinel, False
        if void is None:
            void, declared = (file.nodata, True) if file.nodata is not None else (math.nan, False)
        return Raster(
            name,
            file.crs,
            transform,
            degrees,
            file.height,
            file.width,
            file.dtypes[0],
            void,
            declared,
            found.factor,
            found.shift_m,
            found.voids,
            found.notes,
        )


def terrain_sha256(paths: Sequence[str | Path]) -> str:
    """SHA-256 of terrain files with the labels they come with, whatever their order; empty for no files."""
    parts = []
    for path in paths:
        if is_catalogue(path):
            parts.append(Path(path))
            continue
        name = str(_label(Path(path)))
        with opened(name) as file:
            parts += [Path(part) for part in file.files if Path(part).is_file()] or [Path(name)]
    sums = []
    for part in sorted(set(parts)):
        with part.open("rb") as data:
            sums.append(hashlib.file_digest(data, "sha256").hexdigest())
    return sums[0] if len(sums) == 1 else hashlib.sha256(" ".join(sorted(sums)).encode()).hexdigest() if sums else ""


def _label(path: Path) -> Path:
    """The PDS3 label beside a data file that has none of its own: GDAL, and the scale of the heights, need it."""
    if path.suffix.lower() not in (".img", ".jp2"):
        return path
    with path.open("rb") as file:
        if file.read(14) == b"PDS_VERSION_ID":
            return path
    for suffix in (".lbl", ".LBL"):
        if path.with_suffix(suffix).is_file():
            return path.with_suffix(suffix)
    if re.match(r"s?ldem", path.name, re.IGNORECASE):
        raise BadInput(
            path, "label", "none beside it", f"{path.stem}.LBL in the same folder: it says what the data mean"
        )
    return path


def _place(name: str, file: Any) -> Any:
    if file.count == 0:
        inside = file.subdatasets[0] if file.subdatasets else "nothing"
        raise BadInput(name, "terrain", f"no raster, but {inside}", "a file with one raster: rio convert it to GeoTIFF")
    if file.crs is None or file.transform.is_identity:
        what = "coordinate system" if file.crs is None else "transform from pixels to it"
        raise BadInput(
            name, "place", f"no georeference: it has no {what}",
            f"a raster with both: rio edit-info --crs '{MOON_CRS}' --transform [dlon,0,west,0,-dlat,north]",
        )  # fmt: skip
    if file.transform.determinant == 0:
        raise BadInput(name, "place", f"a transform of no area, {tuple(file.transform)[:6]}", "pixels with a size")
    return file.transform


def _body(name: str, crs: Any) -> None:
    """Refuse another body than the Moon, and another surface than the sphere heights are counted from."""
    found = re.search(r'(?:SPHEROID|ELLIPSOID)\["[^"]*",\s*([0-9.eE+]+),\s*([0-9.eE+]+)', crs.to_wkt())
    if not found:
        raise BadInput(name, "datum", "none", f"a coordinate system on the Moon's sphere, such as '{MOON_CRS}'")
    a, inverse = float(found.group(1)), float(found.group(2))
    b = a * (1 - 1 / inverse) if inverse else a
    if abs(a / MOON_RADIUS_M - 1) > 0.01:
        whose = [f" ({body})" for body, radius in _BODIES.items() if abs(a / radius - 1) < 0.005]
        raise BadInput(
            name, "datum", f"a body of radius {a:.0f} m{''.join(whose)}",
            f"the Moon, {MOON_RADIUS_M:.0f} m; if only its datum is wrong: rio edit-info --crs '{MOON_CRS}'",
        )  # fmt: skip
    off = max(a - MOON_RADIUS_M, b - MOON_RADIUS_M, key=abs)
    if abs(off) > 1.0:
        surface = f"a sphere of {a:.0f} m" if a == b else f"an ellipsoid of {a:.0f} x {b:.0f} m"
        raise BadInput(
            name, "datum", f"{surface}: heights over it are up to {abs(off):.0f} m {'less' if off > 0 else 'more'}",
            f"heights over the {MOON_RADIUS_M:.0f} m sphere: add the difference, then rio edit-info --crs '{MOON_CRS}'",
        )  # fmt: skip


def _one_band(name: str, file: Any) -> None:
    from rasterio.enums import ColorInterp

    bands = [k for k, use in zip(file.indexes, file.colorinterp, strict=True) if use != ColorInterp.alpha]
    if len(bands) != 1 or bands[0] != 1:
        raise BadInput(
            name, "bands", f"{len(bands)} of them", "one, the heights: take it out with rio stack --bidx 1 IN -o OUT"
        )
    if file.dtypes[0] == "uint8" and file.scales[0] == 1.0:
        raise BadInput(name, "heights", "8-bit numbers, a picture", "elevations in metres, 16 bits or more")
    if "complex" in file.dtypes[0]:
        raise BadInput(name, "heights", f"{file.dtypes[0]} numbers", "real numbers")


def _number(name: str, file: Any) -> tuple[float, float, float]:
    """Scale, offset and metres of the unit of a file's numbers, as far as it declares them."""
    scale, offset, unit = file.scales[0] or 1.0, file.offsets[0] or 0.0, file.units[0] or ""
    if file.driver == "PDS":  # GDAL drops the unit, and all three where the data are JPEG 2000
        text = Path(file.files[0]).read_bytes()[:200_000].decode("latin-1") if Path(file.files[0]).is_file() else ""
        said = dict(re.findall(r"^\s*(SCALING_FACTOR|OFFSET|UNIT)\s*=\s*\"?([^\s\"<]+)", text, re.MULTILINE))
        scale, offset = float(said.get("SCALING_FACTOR", scale)), float(said.get("OFFSET", offset))
        unit = said.get("UNIT", unit)
    if unit.strip().lower() not in _METRES:
        raise BadInput(name, "unit", unit, "heights in m or km: rio edit-info --bidx 1 --units m, where it is wrong")
    return scale, offset, _METRES[unit.strip().lower()] if unit else 0.0


def _windows(file: Any) -> tuple[list[Any], float]:
    """What of a file to look at: all of it, or windows all over it, and the share of its posts that is."""
    from rasterio.windows import Window

    far = file.name.startswith("/vsicurl/")  # where every row may be a journey
    if file.height * file.width <= _WHOLE and not far:
        return [Window(0, 0, file.width, file.height)], 1.0
    along, tall, wide = (3, 4, 256) if far else (12, 128, 128)
    tall, wide = min(tall, file.height), min(wide, file.width)
    rows = np.linspace(0, file.height - tall, along).astype(int)
    columns = np.linspace(0, file.width - wide, along).astype(int)
    share = along**2 * tall * wide / (file.height * file.width)
    return [Window(c, r, wide, tall) for r in rows for c in columns], share


def _not_a_label(name: str, first: Any) -> None:
    if first.dtype == np.int16 and first.data[0].astype("<i2").tobytes().startswith(b"PDS_VERSION_ID"):
        raise BadInput(
            name, "heights", "a PDS3 label in the first line, every line one too low",
            "the product itself: GDAL knows that its label comes first",
        )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    factor: float
    shift_m: float
    sentinel: float | None
    voids: bool
    notes: tuple[str, ...]


def _heights(
    name: str, raw: list[Any], scale: float, offset: float, unit: float, post_m: float, share: float
) -> _Found:
    """What numbers mean, from those that were looked at. unit: metres, 0 where undeclared; share: of all posts."""
    number = np.concatenate([part.compressed() for part in raw]).astype(float)
    number = number[np.isfinite(number)]
    if not number.size:
        raise BadInput(name, "heights", "none: every post is void", "an elevation file with data")
    told = number * scale + offset
    factor, middle = unit or 1.0, float(np.median(told))
    notes, shift = [], 0.0
    for metres in (1.0, 1e3):
        if abs(middle * metres - MOON_RADIUS_M) < 15_000.0:
            factor, shift = metres, -MOON_RADIUS_M
            notes.append(f"holds radii in {'km' if metres > 1 else 'm'}: 1737.4 km taken off")
    z = told * factor + shift
    out = (z <= LOWEST_M) | (z >= HIGHEST_M)
    odd = np.unique(number[out])
    if out.all() or (odd.size > 1 and out.mean() > 0.001):
        raise BadInput(
            name, "heights", f"{z.min():.0f} to {z.max():.0f} m",
            "-9200 to 10800 m above the 1737.4 km sphere: is it another unit, or an undeclared number for no data "
            "(rio edit-info --bidx 1 --units km, rio edit-info --nodata NUMBER)",
        )  # fmt: skip
    slopes = np.concatenate([np.abs(np.ma.diff(part.astype(float), axis=1)).compressed() for part in raw])
    level = float(np.median(slopes)) * abs(scale) * factor / post_m if slopes.size else 0.0
    if not unit and not shift and np.ptp(z[~out]) > 0 and np.abs(z[~out]).max() < 11.0 and level < _LEVEL:
        raise BadInput(
            name, "heights", f"{z[~out].min():.3f} to {z[~out].max():.3f}, level as no ground is",
            "metres; if these are kilometres say so: rio edit-info --bidx 1 --units km",
        )  # fmt: skip
    looked = sum(part.size for part in raw)
    void = looked - number.size + int(out.sum())
    if odd.size == 1:
        notes.append(f"takes {odd[0]:g}, not on the Moon, for no data")
    if void:
        count = f"{void} of {looked} posts are" if share == 1.0 else f"about {100 * void / looked:.2g} % of posts are"
        notes.append(f"{count} void: gaps are filled from around, wider holes from the land beneath")
    sentinel = float(odd[0]) if odd.size == 1 else None
    return _Found(scale * factor, offset * factor + shift, sentinel, void > 0, tuple(notes))


def _degrees(crs: Any, transform: Any) -> Any:
    """The transform to longitude and latitude in degrees of a grid along them, or None."""
    from rasterio import Affine

    said = crs.to_dict()
    if not set(said) <= {"proj", "R", "a", "b", "datum", "ellps", "lat_ts", "lat_0", "lon_0", "x_0", "y_0", "units",
                         "no_defs", "type"}:  # fmt: skip
        return None
    if said.get("proj") in ("longlat", "latlong"):
        return transform
    if said.get("proj") != "eqc":
        return None
    metres, t = crs.linear_units_factor[1], transform
    tall = math.radians(MOON_RADIUS_M)
    wide = tall * math.cos(math.radians(said.get("lat_ts", 0.0)))
    west = said.get("lon_0", 0.0) - said.get("x_0", 0.0) / wide
    south = said.get("lat_0", 0.0) - said.get("y_0", 0.0) / tall
    east, north = metres / wide, metres / tall
    return Affine(east * t.a, east * t.b, east * t.c + west, north * t.d, north * t.e, north * t.f + south)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
