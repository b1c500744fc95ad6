"""Sheets of the landing ground as files: GeoTIFF for map programs, layers under a PDS4 label for the archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.geometry import Azimuthal
from farside.products.lcam.ortho import Sheet
from farside.products.lcam.place import Place
from farside.products.lcam.relief_map import POSTS
from farside.products.lcam.trajectory import FRAME
from farside.products.tone import save
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

LOCAL = f'LOCAL_CS["{FRAME}",UNIT["metre",1],AXIS["East",EAST],AXIS["North",NORTH]]'
LIGHT, SIGMA = "counts / ms", "m"


def crs_of(place: Place | None) -> str:
    """Well-known text of a sheet's coordinates: about the landing point, on the Moon where its place is known."""
    return LOCAL if place is None else Azimuthal("equidistant", place.lat_deg, place.lon_deg).wkt


def write_geotiffs(sheet: Sheet, folder: Path, place: Place | None) -> dict[str, Path]:
    """The sheet's brightness, and its relief where there is any, as GeoTIFF; paths by product name."""
    name = f"{sheet.width_m:.0f}m"
    source = np.where(sheet.source >= 0, sheet.source, np.nan).astype(np.float32)
    bands = {"light, counts / ms": sheet.light, "sigma of place, m": sheet.sigma, "number of frame": source}
    written = {f"landing-ortho-{name}": _geotiff(folder / f"landing-ortho-{name}.tif", bands, sheet.spacing_m, place)}
    if sheet.relief:
        relief = {"height over landing point, m": sheet.relief.height, "sigma of height, m": sheet.relief.sigma}
        path = folder / f"landing-dem-{name}.tif"
        written[f"landing-dem-{name}"] = _geotiff(path, relief, sheet.relief.spacing_m, place)
    return written


def _geotiff(path: Path, bands: Mapping[str, Any], spacing: float, place: Place | None) -> Path:
    import rasterio

    lines, samples = next(iter(bands.values())).shape
    corner = rasterio.Affine(spacing, 0.0, -0.5 * samples * spacing, 0.0, -spacing, 0.5 * lines * spacing)
    with (
        atomic_write(path) as part,
        rasterio.open(
            part, "w", driver="GTiff", width=samples, height=lines, count=len(bands), dtype="float32", nodata=np.nan,
            crs=crs_of(place), transform=corner, compress="deflate", predictor=3,
        ) as file,
    ):  # fmt: skip
        for k, (name, band) in enumerate(bands.items(), 1):
            file.write(band.astype(np.float32), k)
            file.set_band_description(k, name)
    return path


def layers_of(sheet: Sheet, product_id: str, attrs: Mapping[str, Any], place: Place | None) -> list[xr.Dataset]:
    """The same as level-3 products: the ortho image, and the relief where there is any."""
    import xarray as xr

    told = {**attrs, "reference_frame": FRAME, "crs_wkt": crs_of(place)}
    name = f"{product_id}-{sheet.width_m:.0f}M"
    ortho = {
        "light": (("line", "sample"), sheet.light, {"units": LIGHT}),
        "sigma": (("line", "sample"), sheet.sigma, {"units": SIGMA}),
        "source": (("line", "sample"), sheet.source, {"units": "number of frame"}),
    }
    own = {"product_id": f"{name}-ORTHO", "title": "landing ground", "spacing_m": sheet.spacing_m}
    out = [xr.Dataset(ortho, attrs={**told, **own})]
    if sheet.relief:
        r = sheet.relief
        relief = {
            "height": (("line", "sample"), r.height.astype(np.float32), {"units": "m"}),
            "sigma": (("line", "sample"), r.sigma.astype(np.float32), {"units": "m"}),
        }
        own = {"product_id": f"{name}-DEM", "title": "relief of the landing ground", "spacing_m": r.spacing_m}
        out.append(xr.Dataset(relief, attrs={**told, **own, "posts": POSTS, "window_m": r.window_m}))
    return out


def write_picture(sheet: Sheet, path: Path) -> Path:
    """The sheet as a picture to look at, north up, a cross at the landing point; return ``path``."""
    import cv2

    low, high = (float(np.nanpercentile(sheet.light, q)) for q in (0.5, 99.5))
    grey = np.nan_to_num((sheet.light - low) / max(high - low, 1e-6) * 255.0).clip(0, 255).astype(np.uint8)
    colour = np.repeat(grey[:, :, None], 3, axis=2)
    middle, arm = len(grey) // 2, max(len(grey) // 40, 4)
    for step in ((arm, 0), (0, arm)):
        start, stop = ((middle - sign * step[0], middle - sign * step[1]) for sign in (1, -1))
        cv2.line(colour, start, stop, (213, 94, 0), max(1, len(grey) // 256))
    return save(colour, path)
