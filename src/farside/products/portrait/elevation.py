"""Elevation model and orthophoto: what depth maps say of the ground, on level posts.

A depth Z along the axis of an eye at c is the point p = c + Z d, d being the ray of its pixel that is 1 along the axis.
Posts take the mean of the points in their square, weighted by their errors. A wrong depth moves a point along its ray:
the height at a post, on ground that rises by the slopes g, is then wrong by

    sigma_h = |d_z - g . d_xy| sigma_Z

Depths of neighbouring pixels share their window, so that n points of a square say as much as n / n_window of them.
Pairs whose masts erred lie askew to each other; small tilts about their eyes bring them together where they overlap,
held by what a mast can err at all. Heights tell of tilts, but not of turns about the vertical.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.products.portrait.stereo import SPREAD_PX, coarseness
from farside.products.provenance import provenance, source
from farside.work import atomic_write

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

POST_M, REACH_M = 0.02, 10.0
"""Distance of posts, and how far from the eyes they go, unless asked otherwise."""
MAST_DEG = 0.1
"""Error of a mast's pointing about each level axis: as far as pairs are tilted, one sigma."""
STRAY, LEAST_STRAY_M = 4.0, 0.01
"""Points that lie so many errors, and so far, off the middle one of their post are none of its ground."""
SHARED_POSTS, LEAST_POSTS = 2000, 50
"""Posts that two pairs are compared at, at most, and at least."""
ROUNDS = 6
SLOPE_POSTS = 5
"""Slopes are those of means over so many posts a side."""


@dataclass(frozen=True)
class Pair:
    """Posts of one depth map.

    post: (n,) numbers of its posts, row by row. height, sigma_depth (of one point): (n,) m. count: (n,) points. light:
    (n, 3). centre: (3,) the eye; axis: (3,) where it looks. window: pixels that say the same. stray: share of points
    left out.
    """

    post: NDArray[np.int64]
    height: Array
    sigma_depth: Array
    count: NDArray[np.int64]
    light: Array
    centre: Array
    axis: Array
    window: float
    stray: float


@dataclass(frozen=True)
class Posts:
    """Squares of ``post_m``, row 0 in the north (or ahead), column 0 in the west: x, y of the middle of the first."""

    post_m: float
    west: float
    north: float
    rows: int
    columns: int

    @classmethod
    def around(cls, centres: Sequence[Array], post_m: float, reach_m: float) -> Posts:
        """Posts at whole multiples of their distance, to ``reach_m`` from all of some places."""
        low, high = (f(np.array(centres)[:, :2], axis=0) for f in (np.min, np.max))
        west, south = np.floor((low - reach_m) / post_m)
        east, north = np.ceil((high + reach_m) / post_m)
        return cls(post_m, float(west) * post_m, float(north) * post_m, int(north - south) + 1, int(east - west) + 1)

    def number(self, x: Array, y: Array) -> NDArray[np.int64]:
        """Posts that points lie in; all must lie in some."""
        column = np.rint((x - self.west) / self.post_m).astype(np.int64)
        return np.rint((self.north - y) / self.post_m).astype(np.int64) * self.columns + column

    def place(self, post: NDArray[np.int64]) -> tuple[Array, Array]:
        """X and y of posts, m."""
        row, column = np.divmod(post, self.columns)
        return self.west + column * self.post_m, self.north - row * self.post_m


def elevation(
    depths: Sequence[xr.Dataset], attitude: Array | None = None, post_m: float = POST_M, reach_m: float = REACH_M
) -> xr.Dataset:
    """Heights and picture of the ground around the eyes, from the depth maps of one station.

    attitude: (3, 3) from the vehicle's frame to east, north, up; None leaves the vehicle's frame. post_m: between
    posts. reach_m: how far from the eyes they go, level.

    Returns a Dataset on (line, sample[, band]), north up: ``height`` over the origin of the vehicle's frame and
    ``sigma``, one standard deviation without the pointing that all pairs share (float32, m, NaN where unknown);
    ``count`` of points (uint16); ``image``, the orthophoto (uint16, times ``scale`` = acali DN / ms). Attributes:
    ``frame``, ``post_m``, ``west_m`` and ``north_m`` (middle of the first post), ``tilts_deg`` of each pair about x and
    y, ``apart_m`` (RMS difference between pairs after and before tilting; absent without overlap), ``stray`` (share of
    points left out). Raises BadInput for no maps, maps of different frames, and maps without a point in reach.
    """
    import xarray as xr

    if not depths:
        raise BadInput("elevation", "depths", 0, "at least one depth map")
    frames = {str(d.attrs["reference_frame"]) for d in depths}
    if len(frames) > 1:
        raise BadInput("elevation", "depths", sorted(frames), "depth maps in one frame")
    if post_m <= 0.0 or reach_m <= post_m:
        raise BadInput("elevation", "post_m, reach_m", (post_m, reach_m), "lengths, the second the longer")
    turn = np.eye(3) if attitude is None else np.asarray(attitude, float)
    around = Posts.around([turn @ np.array(d.attrs["centre_m"]) for d in depths], post_m, reach_m)
    some = [p for p in (_gridded(_points(d, turn, reach_m), around) for d in depths) if len(p.post)]
    if not some:
        raise BadInput("elevation", "depths", len(depths), f"a depth within {reach_m:g} m")
    posts, some = _cropped(some, around)
    pairs, tilts, apart = _levelled(some, posts)
    layers, scale = _merged(pairs, posts)
    first = depths[0].attrs
    attrs: dict[str, Any] = {
        "title": "elevation model",
        "product_id": _product_id(depths),
        "instrument": first["instrument"],
        "mode": first["mode"],
        "level": "3",
        "sequence_id": first["sequence_id"],
        "start_utc": min(d.attrs["start_utc"] for d in depths),
        "stop_utc": max(d.attrs["stop_utc"] for d in depths),
        "frame": "east, north, up from the vehicle's reference point" if attitude is not None else frames.pop(),
        "level_attitude": turn.ravel().tolist(),
        "post_m": post_m,
        "west_m": posts.west,
        "north_m": posts.north,
        "pairs": len(some),
        "tilts_deg": np.degrees(tilts).round(5).tolist(),
        "pointing_sigma_deg": MAST_DEG,
        "stray": float(np.average([p.stray for p in pairs], weights=[p.count.sum() for p in pairs])),
        "coverage": float(np.isfinite(layers["height"]).mean()),
        "provenance": provenance(
            "elevation", [source(d) for d in depths], post_m=post_m, reach_m=reach_m, mast_deg=MAST_DEG
        ),
    }
    if apart is not None:
        attrs["apart_m"] = list(apart)
    units = {"height": "m", "sigma": "m", "count": "1", "image": "acali DN / ms"}
    return xr.Dataset(
        {
            name: (
                ("line", "sample", "band")[: layer.ndim],
                layer,
                {"units": units[name], **({"scale": scale} if name == "image" else {})},
            )
            for name, layer in layers.items()
        },
        attrs=attrs,
    )


def write_geotiff(product: xr.Dataset, path: Path) -> Path:
    """Write heights, their errors and counts as GeoTIFF in the product's own level frame, metres; return ``path``."""
    layers = [product[name].to_numpy().astype(np.float32) for name in ("height", "sigma", "count")]
    return _write(product, path, layers, ("height, m", "sigma, m", "points"), float("nan"))


def write_orthophoto(product: xr.Dataset, path: Path) -> Path:
    """Write the orthophoto as 16-bit GeoTIFF on the same posts, 0 where nothing is known; return ``path``."""
    image = product["image"].to_numpy()
    names = tuple(f"{band}, {product['image'].attrs['units']}" for band in ("red", "green", "blue"))
    return _write(product, path, [image[..., k] for k in range(3)], names, 0, product["image"].attrs["scale"])


def _write(
    product: xr.Dataset,
    path: Path,
    bands: Sequence[NDArray[Any]],
    names: Sequence[str],
    nothing: float,
    scale: float = 1.0,
) -> Path:
    import rasterio
    from rasterio import Affine
    from rasterio.crs import CRS

    a = product.attrs
    post = a["post_m"]
    crs = CRS.from_wkt(
        f'LOCAL_CS["{a["frame"]}",LOCAL_DATUM["{a["product_id"]}",0],UNIT["metre",1.0],AXIS["x",EAST],AXIS["y",NORTH]]'
    )
    place = Affine(post, 0.0, a["west_m"] - 0.5 * post, 0.0, -post, a["north_m"] + 0.5 * post)
    with (
        atomic_write(path) as part,
        rasterio.open(
            part, "w", driver="GTiff", width=bands[0].shape[1], height=bands[0].shape[0], count=len(bands), crs=crs,
            dtype=bands[0].dtype.name, transform=place, nodata=nothing, compress="deflate",
        ) as file,
    ):  # fmt: skip
        for k, (band, name) in enumerate(zip(bands, names, strict=True), 1):
            file.write(band, k)
            file.set_band_description(k, name)
        file.scales = (scale,) * len(bands)
        file.update_tags(frame=a["frame"], start_utc=a["start_utc"], provenance=a["provenance"])
    return path


@dataclass(frozen=True)
class _Cloud:
    """Points of a depth map: x, y, z, sigma of the depth (n,), light (n, 3), eye and axis (3,), pixels of a window."""

    x: Array
    y: Array
    z: Array
    sigma: Array
    light: NDArray[np.float32]
    centre: Array
    axis: Array
    window: float


def _points(depth: xr.Dataset, turn: Array, reach_m: float) -> _Cloud:
    a = depth.attrs
    z, sigma = depth["depth"].to_numpy(), depth["sigma"].to_numpy()
    axes = turn @ np.array(a["rotation"]).reshape(3, 3)
    centre = turn @ np.array(a["centre_m"])
    column, row = a["principal_px"]
    line, sample = np.nonzero(np.isfinite(z))
    far = z[line, sample].astype(float)
    rays = np.column_stack([(sample - column) / a["focal_px"], (row - line) / a["focal_px"], -np.ones(len(line))])
    points = centre + far[:, None] * (rays @ axes.T)
    near = np.hypot(*(points - centre)[:, :2].T) < reach_m
    light = depth["image"].to_numpy()[line[near], sample[near]] * np.float32(depth["image"].attrs["scale"])
    window = 4.0 * np.pi * (SPREAD_PX * coarseness(z.shape[1])) ** 2
    x, y, up = points[near].T
    return _Cloud(x, y, up, sigma[line[near], sample[near]].astype(float), light, centre, -axes[:, 2], window)


def _cropped(pairs: Sequence[Pair], posts: Posts) -> tuple[Posts, list[Pair]]:
    """As many posts as hold all that is known."""
    row, column = np.divmod(np.concatenate([p.post for p in pairs]), posts.columns)
    top, left = int(row.min()), int(column.min())
    west, north = posts.west + left * posts.post_m, posts.north - top * posts.post_m
    inner = Posts(posts.post_m, west, north, int(row.max()) - top + 1, int(column.max()) - left + 1)

    def renumbered(post: NDArray[np.int64]) -> NDArray[np.int64]:
        row, column = np.divmod(post, posts.columns)
        return (row - top) * inner.columns + column - left

    return inner, [replace(p, post=renumbered(p.post)) for p in pairs]


def _gridded(cloud: _Cloud, posts: Posts) -> Pair:
    """Points as means of their posts; what lies off the middle one of its post (median) stays out."""
    number = posts.number(cloud.x, cloud.y)
    order = np.lexsort((cloud.z, number))
    if not len(order):
        return Pair(number, cloud.z, cloud.z, number, np.zeros((0, 3)), cloud.centre, cloud.axis, cloud.window, 0.0)
    number, z, sigma = number[order], cloud.z[order], cloud.sigma[order]
    post, first, count = np.unique(number, return_index=True, return_counts=True)
    middle = np.repeat(z[first + count // 2], count)
    good = np.abs(z - middle) < np.maximum(STRAY * sigma, LEAST_STRAY_M)
    which = np.repeat(np.arange(len(post)), count)[good]
    weight = 1.0 / sigma[good] ** 2
    total = np.bincount(which, weight, len(post))

    def mean(values: Array) -> Array:
        return np.bincount(which, weight * values, len(post)) / total

    height = mean(z[good])
    light = np.stack([mean(cloud.light[order[good], k].astype(float)) for k in range(3)], axis=1)
    n = np.bincount(which, minlength=len(post))
    return Pair(
        post, height, np.sqrt(n / total), n, light, cloud.centre, cloud.axis, cloud.window,
        1.0 - float(good.mean()),
    )  # fmt: skip


def _levelled(pairs: list[Pair], posts: Posts) -> tuple[list[Pair], Array, tuple[float, float] | None]:
    """Pairs tilted about their eyes so that they agree, the tilts (pairs, 2), and RMS differences after and before."""
    shared: list[tuple[int, int, Array, Array]] = []
    for a in range(len(pairs)):
        for b in range(a + 1, len(pairs)):
            both, i, j = np.intersect1d(pairs[a].post, pairs[b].post, assume_unique=True, return_indices=True)
            if len(both) >= LEAST_POSTS:
                some = np.linspace(0, len(both) - 1, min(len(both), SHARED_POSTS)).astype(int)
                x, y = posts.place(both[some])
                arms = np.zeros((len(some), 2 * len(pairs)))
                for k, sign in ((a, 1.0), (b, -1.0)):
                    arms[:, 2 * k] = sign * (y - pairs[k].centre[1])
                    arms[:, 2 * k + 1] = -sign * (x - pairs[k].centre[0])
                apart = pairs[b].height[j[some]] - pairs[a].height[i[some]]
                sigma = np.hypot(pairs[a].sigma_depth[i[some]], pairs[b].sigma_depth[j[some]])
                shared.append((a, b, arms / sigma[:, None], np.column_stack([apart, sigma])))
    tilts: Any = np.zeros(2 * len(pairs))
    if not shared:
        return pairs, tilts.reshape(-1, 2), None
    design = np.concatenate([s[2] for s in shared])
    apart, sigma = np.concatenate([s[3] for s in shared]).T
    weight = np.ones(len(apart))
    prior = np.eye(len(tilts)) / np.radians(MAST_DEG) ** 2
    for _ in range(ROUNDS):
        normal = design.T @ (design * weight[:, None]) + prior
        tilts = np.linalg.solve(normal, design.T @ (weight * apart / sigma))
        rest = np.abs(apart / sigma - design @ tilts)
        weight = np.minimum(1.0, 2.0 / np.maximum(rest / max(1.4826 * float(np.median(rest)), 1e-9), 1e-9))
    both = tilts.reshape(-1, 2)
    before = float(np.sqrt(np.average(apart**2, weights=weight)))
    after = float(np.sqrt(np.average((rest * sigma) ** 2, weights=weight)))
    return [_tilted(p, both[k], posts) for k, p in enumerate(pairs)], both, (after, before)


def _tilted(pair: Pair, tilt: Array, posts: Posts) -> Pair:
    x, y = posts.place(pair.post)
    return replace(pair, height=pair.height + tilt[0] * (y - pair.centre[1]) - tilt[1] * (x - pair.centre[0]))


def _merged(pairs: Sequence[Pair], posts: Posts) -> tuple[dict[str, NDArray[Any]], float]:
    """Layers of all pairs together, weighted by their errors, and what one step of the orthophoto stands for."""
    shape = posts.rows, posts.columns
    rough = np.full(shape, np.nan)
    for pair in pairs:
        rough.ravel()[pair.post] = pair.height
    slopes = slopes_of(rough, posts.post_m)
    total, height, count = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int64)
    light = np.zeros((posts.rows * posts.columns, 3))
    for pair in pairs:
        weight = 1.0 / _sigma(pair, posts, slopes) ** 2
        total.ravel()[pair.post] += weight
        height.ravel()[pair.post] += weight * pair.height
        count.ravel()[pair.post] += pair.count
        light[pair.post] += weight[:, None] * pair.light
    known = total > 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        height, sigma = height / total, 1.0 / np.sqrt(total)
        light = np.where(known.ravel()[:, None], light / total.ravel()[:, None], 0.0)
    scale = float(max(light.max(), 1e-12)) / 65535.0
    return {
        "height": np.where(known, height, np.nan).astype(np.float32),
        "sigma": np.where(known, sigma, np.nan).astype(np.float32),
        "count": count.clip(0, 65535).astype(np.uint16),
        "image": np.rint(light / scale).clip(0, 65535).astype(np.uint16).reshape(*shape, 3),
    }, scale


def _sigma(pair: Pair, posts: Posts, slopes: Array) -> Array:
    """Error of a pair's heights, (n,) m."""
    x, y = posts.place(pair.post)
    way = np.column_stack([x, y, pair.height]) - pair.centre
    ray = way / (way @ pair.axis)[:, None]
    slope = slopes.reshape(2, -1)[:, pair.post].T
    along = np.abs(ray[:, 2] - np.sum(slope * ray[:, :2], axis=1)) * pair.sigma_depth
    return along / np.sqrt(np.maximum(pair.count / pair.window, 1.0))


def slopes_of(height: Array, post_m: float) -> Array:
    """Rise to the east and to the north, (2, line, sample), of means over SLOPE_POSTS; 0 where nothing is known."""
    import cv2

    known = np.isfinite(height)
    size = (SLOPE_POSTS, SLOPE_POSTS)
    share = np.asarray(cv2.boxFilter(known.astype(float), -1, size), float)
    smooth = np.asarray(cv2.boxFilter(np.nan_to_num(height), -1, size), float) / np.maximum(share, 1e-9)
    smooth[share < 0.5] = np.nan
    south, east = np.gradient(smooth, post_m) if min(height.shape) > 1 else np.zeros((2, *height.shape))
    return np.nan_to_num(np.stack([east, -south]))


def _product_id(depths: Sequence[xr.Dataset]) -> str:
    start, stop = (re.sub(r"\D", "", f(d.attrs["start_utc"] for d in depths))[:14] for f in (min, max))
    mission = str(depths[0].attrs["product_id"]).split("_", 1)[0]
    return f"{mission}_GRAS_PCAM-DEM_SCI_N_{start}_{stop}_{depths[0].attrs['sequence_id']}_A"
