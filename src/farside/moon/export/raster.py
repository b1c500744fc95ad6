"""The plot as GeoTIFF: elevation and albedo, computed block by block and written as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.moon.export.plot import Plot
from farside.moon.moon import Moon
from farside.work import Pool, Stages, atomic_write

BLOCK = 512
"""Posts along the side of a block: a tile of the GeoTIFF, and the unit in which work is kept."""

_OVERVIEWS_FROM = 2048

LAYERS = {
    "elevation": "elevation above the 1737.4 km sphere",
    "albedo": "factor on the single-scattering albedo, 1 on mature mare",
}
UNITS = {"elevation": "m", "albedo": "1"}

Layers = NDArray[np.float32]


def write_rasters(
    moon: Moon,
    plot: Plot,
    files: Mapping[str, Path],
    tags: Mapping[str, str],
    stages: Stages,
    key: Callable[[int, int], str],
    pool: Pool,
    count: Callable[[str, int, int], None],
) -> None:
    """Write ``elevation``, and ``albedo`` if it is among the files; float32, north up, tiled, with overviews.

    key: of a block by its row and column, under which it is kept in ``stages`` until all are there.
    """
    along = -(-plot.n // BLOCK)

    def block(place: tuple[int, int]) -> Layers:
        def make(part: Path) -> None:
            with part.open("wb") as file:
                np.save(file, _block(moon, plot, *place))

        return np.load(stages.file("block", key(*place), ".npy", make))

    places = [(i, j) for i in range(along) for j in range(along)]
    with _writers(files, plot, tags) as writers:
        for done, (place, layers) in enumerate(zip(places, pool.map(block, places), strict=True), 1):
            for k, name in enumerate(LAYERS):
                if name in writers:
                    _put(writers[name], layers[k], *place)
            count("blocks of ground", done, len(places))


def read_rows(path: Path, first: int, last: int, step: int, n: int) -> NDArray[np.float32]:
    """Rows of means over ``step`` x ``step`` posts, from row ``first`` to before ``last``, ``n`` columns of them."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.windows import Window

    with rasterio.open(path) as file:
        window = Window(0, first * step, n * step, (last - first) * step)
        return file.read(1, window=window, out_shape=(last - first, n), resampling=Resampling.average)


def _block(moon: Moon, plot: Plot, i: int, j: int) -> Layers:
    """Elevation and albedo of one block, (2, rows, columns), north up."""
    side = min(BLOCK, plot.n)
    # the last block starts earlier rather than reach beyond the plot
    row, column = min(i * BLOCK, plot.n - side), min(j * BLOCK, plot.n - side)
    west, south = plot.east(np.array(column)), plot.north(np.array(row + side - 1))
    height, shine = moon.chart(plot.site, float(west), float(south), plot.post_m, side)
    return np.stack([height[::-1], shine[::-1]])[:, i * BLOCK - row :, j * BLOCK - column :]


@contextmanager
def _writers(files: Mapping[str, Path], plot: Plot, tags: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Writers of all files, which come into their places whole."""
    import rasterio

    with ExitStack() as places:
        parts = {name: places.enter_context(atomic_write(path)) for name, path in files.items()}
        with ExitStack() as open_files:
            writers = {}
            for name, part in parts.items():
                writers[name] = file = open_files.enter_context(
                    rasterio.open(
                        part, "w", driver="GTiff", width=plot.n, height=plot.n, count=1, dtype="float32", crs=plot.crs,
                        transform=plot.transform, tiled=True, blockxsize=BLOCK, blockysize=BLOCK, compress="deflate",
                        predictor=3, zlevel=6, bigtiff="IF_SAFER",
                    )
                )  # fmt: skip
                file.set_band_description(1, LAYERS[name])
                file.units = [UNITS[name]]
                file.update_tags(**tags)
            yield writers
        for part in parts.values():
            _overviews(part, plot.n)


def _put(writer: Any, layer: NDArray[np.float32], i: int, j: int) -> None:
    from rasterio.windows import Window

    writer.write(layer, 1, window=Window(j * BLOCK, i * BLOCK, layer.shape[1], layer.shape[0]))


def _overviews(part: Path, n: int) -> None:
    """Smaller copies inside the file, so that a viewer opens a large one at once."""
    import rasterio
    from rasterio.enums import Resampling

    if n < _OVERVIEWS_FROM:
        return
    with rasterio.open(part, "r+", driver="GTiff") as file:
        file.build_overviews([2**k for k in range(1, 12) if n >> k >= BLOCK // 2], Resampling.average)
