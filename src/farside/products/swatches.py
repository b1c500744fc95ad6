"""The chart as a picture: as a frame shows it, and each patch's colour by the camera beside the printed one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.instruments import targets
from farside.products.colour import Colours, Seen, chart, linear_srgb, observed, sunlight, to_screen
from farside.products.tone import save, shown

Picture = NDArray[np.uint8]

HIGH = 480
"""Pixels from top to bottom."""
GAP = 8
INNER = 0.25
"""The printed colour begins so far from a patch's edge."""
WHITE_AT = 0.95
"""White of the chart comes to lie here, linear."""
OUTLINE = (0, 158, 115)
"""Of the field of patches as found: green, told from all of its reds by everybody."""


def write_swatches(light: NDArray[np.float32], seen: Seen, colours: Colours, path: Path) -> Path:
    """Write the part of a frame that shows the chart (light, with ``seen`` in it) and its swatches; return ``path``."""
    told = "Left: the chart as found. Right: colours by the camera, within them those printed, and their CIEDE2000."
    return save(np.concatenate([_photograph(light, seen, colours), _swatches(colours)], axis=1), path, told)


def _photograph(light: NDArray[np.float32], seen: Seen, colours: Colours) -> Picture:
    import cv2

    matrix = colours.matrix if colours.better else None
    srgb = linear_srgb(light, np.zeros(light.shape[:2], bool), colours.instrument, colours.mode, matrix)
    white = float(np.percentile(srgb[..., 1], 99.0))
    scale = HIGH / light.shape[0]
    size = round(light.shape[1] * scale), HIGH
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_NEAREST
    picture = np.ascontiguousarray(cv2.resize(shown(srgb / np.float32(max(white, 1e-12))), size, interpolation=how))
    outline = np.rint((seen.corners + 0.5) * scale).astype(np.int32)
    cv2.polylines(picture, [outline], True, OUTLINE, 2, cv2.LINE_AA)
    return np.asarray(picture, np.uint8)


def _swatches(colours: Colours) -> Picture:
    """Rows of patches on black; those that no frame shows are left out."""
    import cv2

    c = targets().chart
    step = HIGH // c.rows
    side, inner = step - 2 * GAP, round(step * INNER)
    canvas = np.zeros((HIGH, c.columns * step, 3), np.float32)
    matrix = colours.matrix if colours.better else None
    nothing = np.zeros((1, len(colours.number)), bool)
    light = colours.measured[None].astype(np.float32) * sunlight(colours.instrument, colours.mode)
    found = linear_srgb(light, nothing, colours.instrument, colours.mode, matrix)[0]
    printed = observed(chart()[colours.number]) @ to_screen().T
    places = [divmod(int(number), c.columns) for number in colours.number]
    for (row, column), outer, middle in zip(places, found, printed, strict=True):
        y, x = row * step + GAP, column * step + GAP
        canvas[y : y + side, x : x + side] = outer
        canvas[y + inner - GAP : y + step - inner - GAP, x + inner - GAP : x + step - inner - GAP] = middle
    picture = shown(canvas * np.float32(WHITE_AT))
    off = colours.after if colours.better else colours.before
    for (row, column), error in zip(places, off, strict=True):
        y, x = (row + 1) * step - GAP - 4, column * step + GAP + 3
        ink = (0,) * 3 if picture[y - 4, x + 2].mean() > 110 else (255,) * 3
        cv2.putText(picture, f"{error:.1f}", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)
    return picture
