"""Deep zoom: a large picture as a pyramid of tiles, of which a viewer fetches what it shows.

NAME.dzi                           size, tile and format (XML), as Microsoft's Deep Zoom has it
NAME_files/LEVEL/COLUMN_ROW.jpg    level 0 is one pixel, each next one twice as large, the last the picture itself
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.work import Pool, atomic_write, replace_folder

Rgb = NDArray[np.uint8]

TILE, OVERLAP, QUALITY = 512, 1, 90


def write_tiles(rows: Callable[[int, int], Rgb], height: int, width: int, path: Path, pool: Pool | None = None) -> Path:
    """Write the pyramid of a picture as ``path`` (NAME.dzi) and the folder beside it; return ``path``.

    rows: gives rows from one to before another of the picture, (line, width, 3) sRGB; it is asked for TILE rows and
    their neighbours at a time, from several threads where there is a pool.
    """
    folder = replace_folder(path.with_name(f"{path.stem}_files"))
    run: Callable[..., Any] = pool.map if pool else map
    level = int(np.ceil(np.log2(max(height, width))))

    def band(row: int) -> Rgb:
        """Tiles of one row of the largest level; their rows at half the size."""
        first, last = row * TILE, min((row + 1) * TILE, height)
        above, below = max(first - OVERLAP, 0), min(last + OVERLAP, height)
        picture = rows(above, below)
        _tiles(picture, folder / str(level), row)
        return _halved(picture[first - above : last - above])

    half = np.concatenate(list(run(band, range(-(-height // TILE)))))
    while level:
        level -= 1
        for row in range(-(-len(half) // TILE)):
            _tiles(half[max(row * TILE - OVERLAP, 0) : (row + 1) * TILE + OVERLAP], folder / str(level), row)
        half = _halved(half)
    with atomic_write(path) as part:
        part.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="{OVERLAP}" '
            f'TileSize="{TILE}"><Size Height="{height}" Width="{width}"/></Image>\n',
            encoding="utf-8",
        )
    return path


def _tiles(picture: Rgb, folder: Path, row: int) -> None:
    """Write the tiles of one row."""
    import cv2

    folder.mkdir(exist_ok=True)
    for column in range(-(-picture.shape[1] // TILE)):
        tile = picture[:, max(column * TILE - OVERLAP, 0) : (column + 1) * TILE + OVERLAP, ::-1]
        jpeg = cv2.imencode(".jpg", np.ascontiguousarray(tile), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
        (folder / f"{column}_{row}.jpg").write_bytes(jpeg.tobytes())


def _halved(picture: Rgb) -> Rgb:
    """Means of 2 x 2; an odd last row or column is its own neighbour."""
    import cv2

    lines, samples = picture.shape[:2]
    even = cv2.copyMakeBorder(picture, 0, lines % 2, 0, samples % 2, cv2.BORDER_REPLICATE)
    half = cv2.resize(even, (-(-samples // 2), -(-lines // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)
