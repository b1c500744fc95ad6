"""A piece of published elevation models cut out, on their own posts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M
from farside.moon.dem import Dem
from farside.work import atomic_write

VOID = -32768.0
_STRIP = 1024


def cut(dem: Dem, lat_deg: float, lon_deg: float, size_m: float, path: Path, tags: Mapping[str, str]) -> int:
    """Write the posts of a model within a square about a place as GeoTIFF; returns how many have heights.

    float32 metres above the 1737.4 km sphere, void -32768, in the model's own coordinate system. Raises BadInput where
    the model has no heights there.
    """
    import rasterio
    from rasterio.windows import Window

    r0, r1, c0, c1 = _window(dem, lat_deg, lon_deg, size_m)
    known = 0
    with atomic_write(path) as part:
        with rasterio.open(
            part, "w", driver="GTiff", width=c1 - c0, height=r1 - r0, count=1, dtype="float32", crs=dem.crs,
            transform=dem.corner(r0, c0), nodata=VOID, tiled=True, compress="deflate", predictor=3, bigtiff="IF_SAFER",
        ) as file:  # fmt: skip
            for row in range(r0, r1, _STRIP):
                rows = min(_STRIP, r1 - row)
                z, good = dem.read(row, c0, rows, c1 - c0, 1)
                known += int(good.sum())
                file.write(np.where(good, z, VOID).astype(np.float32), 1, window=Window(0, row - r0, c1 - c0, rows))
            file.units = ["m"]
            file.set_band_description(1, "elevation above the 1737.4 km sphere")
            file.update_tags(**tags)
        if not known:
            raise BadInput(dem.rasters[0].name, "heights", f"none at {lat_deg:g} N {lon_deg:g} E", "a product that has")
    return known


def box(lat_deg: float, lon_deg: float, size_m: float) -> tuple[float, float, float, float]:
    """South, north, west, east (degrees, east above west) of a square; a pole inside makes it a cap."""
    half = math.degrees(0.5 * size_m / MOON_RADIUS_M)
    south, north = lat_deg - half, lat_deg + half
    if south <= -90 or north >= 90:
        return max(south, -90.0), min(north, 90.0), 0.0, 360.0
    aside = half / math.cos(math.radians(max(abs(south), abs(north))))
    west = (lon_deg - aside) % 360.0
    return south, north, west, west + min(2 * aside, 360.0)


def _window(dem: Dem, lat_deg: float, lon_deg: float, size_m: float) -> tuple[int, int, int, int]:
    """First and last row and column of the posts that hold the square, with two to spare."""
    lat, lon, s = math.radians(lat_deg), math.radians(lon_deg), 0.5 * size_m / MOON_RADIUS_M
    t = np.linspace(-1.0, 1.0, 33) * s
    x, y = np.meshgrid(t, t)
    up = np.sqrt(1 - x**2 - y**2)
    z = y * math.cos(lat) + up * math.sin(lat)
    ahead = up * math.cos(lat) - y * math.sin(lat)
    place = np.arcsin(z), lon + np.arctan2(x, ahead)
    row, column = dem.place(*place)
    column = dem.unrolled(column)
    r0, r1 = math.floor(row.min()) - 2, math.ceil(row.max()) + 3
    c0, c1 = math.floor(column.min()) - 2, math.ceil(column.max()) + 3
    r0, r1 = max(0, r0), min(dem.size[0], r1)
    if not dem.circle:
        c0, c1 = max(0, c0), min(dem.size[1], c1)
    if r0 >= r1 or c0 >= c1:
        raise BadInput(dem.rasters[0].name, "place", f"{lat_deg:g} N {lon_deg:g} E is outside", _held(dem))
    return r0, r1, c0, min(c1, c0 + dem.circle) if dem.circle else c1


def _held(dem: Dem) -> str:
    south, north, west, width = (math.degrees(v) for v in dem.bounds())
    return f"a place in {south:.2f} to {north:.2f} N, {west % 360:.2f} to {(west + width) % 360 or 360:.2f} E"


def provenance(source: Mapping[str, Any]) -> dict[str, str]:
    """GeoTIFF tags of a cut: whatever is known of its source, in capitals."""
    return {name.upper(): str(value) for name, value in source.items() if value}
