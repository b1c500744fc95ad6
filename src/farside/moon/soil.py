"""How the ground of a place reflects: published maps where the user has them, medians elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput, DamagedFile
from farside.physics import Bands, known_bands

Array = NDArray[np.float64]

HALF_BLOCK_DEG = 5.0
"""Half the side of the block whose median stands for a place: single cells are noise in hs and bs0."""

_NARROWEST = 1e-6


@cache
def _spec() -> dict[str, Any]:
    return yaml.safe_load((files("farside.moon") / "soil.yaml").read_text(encoding="utf-8"))


class HapkeMaps:
    """The parameter maps of the LROC WAC, one degree to a cell, 70 S to 70 N.

    path: a raster of 15 bands, w, b, c, Bs0 and hs at 415, 566 and 643 nm in turn, 140 rows from 70 N and 360 columns
    from 0 E. Raises BadInput for a file of another shape or content, DamagedFile for one that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.cells = _read_hapke(Path(path))

    def cell(self, lat_deg: float, lon_deg: float) -> Bands | None:
        """Parameters of the one cell that holds a place; None outside the maps."""
        row, column = _cell(lat_deg, lon_deg)
        return _bands(self.cells[:, row, column]) if 0 <= row < self.cells.shape[1] else None

    def block(self, lat_deg: float, lon_deg: float) -> Bands | None:
        """Median of the cells whose middles lie within 5 degrees of latitude and longitude; None outside the maps."""
        rows, columns = self.cells.shape[1:]
        lat = _spec()["hapke_maps"]["north_deg"] - 0.5 - np.arange(rows)
        lon = 0.5 + np.arange(columns)
        if not 0 <= _cell(lat_deg, lon_deg)[0] < rows:
            return None
        apart = np.abs((lon - lon_deg + 180.0) % 360.0 - 180.0)
        near = np.ix_(np.abs(lat - lat_deg) <= HALF_BLOCK_DEG, apart <= HALF_BLOCK_DEG)
        return _bands(np.array([np.median(band[near]) for band in self.cells]))


class ColourMap:
    """Brightness of the whole Moon in three colours: the LROC WAC map of NASA's CGI Moon Kit, at any size it comes in.

    path: a picture twice as wide as high, red, green and blue standing for 643, 566 and 415 nm, longitudes from 180 W.
    Raises BadInput for a picture of another shape, DamagedFile for one that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        from PIL import Image, UnidentifiedImageError

        if not Path(path).exists():
            raise BadInput(
                path, "colour map", "no such file", "a colour map of the Moon, such as lroc_color_poles_4k.jpg"
            )
        try:
            with Image.open(path) as picture:
                pixels = np.asarray(picture)
        except (OSError, UnidentifiedImageError) as error:
            raise DamagedFile(path, f"not a readable picture ({error})") from error
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.shape[1] != 2 * pixels.shape[0]:
            raise BadInput(path, "colour map", f"an array of {pixels.shape}", "three colours, twice as wide as high")
        self._pixels = pixels

    def brightness(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Array:
        """I/F at incidence and phase 30, emission 0 degrees, of places: shape (..., 3), 643, 566 and 415 nm.

        Linear between pixels; 5 % RMS against the parameter maps. Values of pixels beyond 60-235, where that was
        fitted, are cut. Raises BadInput for latitudes beyond the poles.
        """
        lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
        if (bad := ~(np.abs(lat) <= 90.0)).any():
            raise BadInput("colour map", "latitude", float(lat[bad].flat[0]), "a latitude from -90 to 90 degrees")
        spec = _spec()["colour_map"]
        rows, columns, _ = self._pixels.shape
        row = np.clip((90.0 - lat) * rows / 180.0 - 0.5, 0.0, rows - 1.0)
        column = ((lon + 180.0) % 360.0) * columns / 360.0 - 0.5
        r, c = np.minimum(row.astype(int), rows - 2), np.floor(column).astype(int)
        down, right = (row - r)[..., None], (column - c)[..., None]
        left, after = c % columns, (c + 1) % columns
        upper = (1.0 - right) * self._pixels[r, left] + right * self._pixels[r, after]
        lower = (1.0 - right) * self._pixels[r + 1, left] + right * self._pixels[r + 1, after]
        value = np.clip((1.0 - down) * upper + down * lower, *spec["fitted"])
        powers = np.array(spec["powers"])
        return powers[:, 0] + value * (powers[:, 1] + value * (powers[:, 2] + value * powers[:, 3]))


def bands_at(lat_deg: float, lon_deg: float, maps: HapkeMaps | None = None, single_cell: bool = False) -> Bands:
    """Hapke parameters of a place in three bands.

    With maps: the median of the ten-degree block round the place, or its single cell. Without, and beyond 70 degrees of
    latitude: the medians of Von Karman inside that block, of the whole Moon elsewhere. Raises BadInput for latitudes
    beyond the poles.
    """
    if not abs(lat_deg) <= 90.0:
        raise BadInput("soil", "latitude", lat_deg, "a latitude from -90 to 90 degrees")
    if maps is not None:
        found = maps.cell(lat_deg, lon_deg) if single_cell else maps.block(lat_deg, lon_deg)
        if found is not None:
            return found
    south, north, west, east = _spec()["von_karman_block_deg"]
    inside = south <= lat_deg <= north and (lon_deg - west) % 360.0 <= east - west
    return known_bands("von_karman" if inside else "moon")


def _read_hapke(path: Path) -> Array:
    import rasterio

    shape = tuple(_spec()["hapke_maps"][name] for name in ("bands", "rows", "columns"))
    if not path.exists():
        raise BadInput(path, "parameter maps", "no such file", "the Hapke parameter maps of the LROC WAC as one raster")
    try:
        with rasterio.open(path) as file:
            found = (file.count, file.height, file.width)
            if found != shape:
                raise BadInput(path, "parameter maps", f"bands, rows, columns {found}", f"{shape}, see HapkeMaps")
            cells = file.read().astype(float)
    except rasterio.errors.RasterioError as error:
        raise DamagedFile(path, f"not a readable raster ({str(error).splitlines()[0]})") from error
    albedo = cells[0::5]
    if not (np.isfinite(cells).all() and (albedo > 0.0).all() and (albedo < 1.0).all()):
        raise BadInput(path, "parameter maps", float(np.nanmin(albedo)), "single-scattering albedos from 0 to 1")
    return cells


def _cell(lat_deg: float, lon_deg: float) -> tuple[int, int]:
    spec = _spec()["hapke_maps"]
    return int(np.floor(spec["north_deg"] - lat_deg)), int(np.floor(lon_deg % 360.0)) % spec["columns"]


def _bands(values: Array) -> Bands:
    """From 15 values in the maps' order; an opposition effect without width is none."""
    w, b, c, bs0, hs = values.reshape(3, 5).T
    rows = w, b, c, np.where(hs > 0.0, bs0, 0.0), np.maximum(hs, _NARROWEST)
    return Bands(*(tuple(float(x) for x in row) for row in rows))
