"""From a mosaic of colour filters (RGGB) to red, green and blue at every sample, linear in the light.

Two ways with one signature. Both take shares of full scale and a gain for each colour, and give light (line, sample,
band) and where it is burnt out: whatever rests on a saturated sample knows no colour.

``edge_aware`` keeps noise lowest and is what frames and looks are made with. ``malvar`` takes the detail of all colours
from the sharpest one: nearer to the truth at edges (1 to 3 dB on pictures of lander and rover) and noisier in the dark.
It is for the scientific values.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

STEPS, PEDESTAL = np.float32(32768.0), np.float32(4096.0)
"""Of a share of full scale in the edge-aware filters' 16 bits: noise below zero survives the integers."""


def edge_aware(signal: Floats, saturated: Mask, gains: ArrayLike) -> tuple[Floats, Mask]:
    """OpenCV's edge-aware filters: green along the smaller difference, red and blue bilinear.

    Shares from -0.12 to 1.87 in steps of 3e-5.
    """
    import cv2

    mosaic = np.rint(signal * STEPS + PEDESTAL).clip(0, 65535).astype(np.uint16)
    rgb = cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB_EA).astype(np.float32)
    rgb -= PEDESTAL
    rgb *= np.asarray(gains, np.float32) / STEPS
    return rgb, _grown(saturated, 1)


def malvar(signal: Floats, saturated: Mask, gains: ArrayLike) -> tuple[Floats, Mask]:
    """Linear filters of Malvar, He & Cutler (2004, ICASSP 3, 485, figure 2).

    gains must make colourless things about grey, as a camera's acali does: the filters need bands of like brightness.
    """
    import cv2

    red, green, blue = np.asarray(gains, np.float32)
    mosaic = np.empty(signal.shape, np.float32)
    for i, j, gain in ((0, 0, red), (0, 1, green), (1, 0, green), (1, 1, blue)):
        np.multiply(signal[i::2, j::2], gain, out=mosaic[i::2, j::2])
    rgb = np.empty((*signal.shape, 3), np.float32)
    _filter(cv2.copyMakeBorder(mosaic, 2, 2, 2, 2, cv2.BORDER_REFLECT_101), rgb)
    return rgb, _grown(saturated, 2)


def _grown(saturated: Mask, reach: int) -> Mask:
    """Samples no further than ``reach`` lines and samples from a saturated one."""
    import cv2

    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.dilate(saturated.view(np.uint8), square)).view(np.bool_)


@njit(cache=True, nogil=True, error_model="numpy")
def _filter(mosaic: Floats, rgb: Floats) -> None:
    """Fill ``rgb`` (lines, samples, 3) from an RGGB mosaic with two samples more on each side."""
    lines, samples = rgb.shape[0], rgb.shape[1]
    half, eighth, wide = np.float32(0.5), np.float32(0.125), np.float32(1.5)
    two, four, five, six = np.float32(2.0), np.float32(4.0), np.float32(5.0), np.float32(6.0)
    for i in range(lines):
        # own: the colour besides green in this line; other: that of the next
        own, other = (0, 2) if i % 2 == 0 else (2, 0)
        for j in range(samples):
            y, x = i + 2, j + 2
            here = mosaic[y, x]
            up_down = mosaic[y - 1, x] + mosaic[y + 1, x]
            left_right = mosaic[y, x - 1] + mosaic[y, x + 1]
            far_up_down = mosaic[y - 2, x] + mosaic[y + 2, x]
            far_left_right = mosaic[y, x - 2] + mosaic[y, x + 2]
            corners = mosaic[y - 1, x - 1] + mosaic[y - 1, x + 1] + mosaic[y + 1, x - 1] + mosaic[y + 1, x + 1]
            if (i + j) % 2 == 0:
                far = far_up_down + far_left_right
                rgb[i, j, own] = here
                rgb[i, j, 1] = (four * here + two * (up_down + left_right) - far) * eighth
                rgb[i, j, other] = (six * here + two * corners - wide * far) * eighth
            else:
                base = five * here - corners
                rgb[i, j, own] = (base + four * left_right - far_left_right + half * far_up_down) * eighth
                rgb[i, j, 1] = here
                rgb[i, j, other] = (base + four * up_down - far_up_down + half * far_left_right) * eighth
