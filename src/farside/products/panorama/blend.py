"""What the frames of a panorama say together of each pixel, and how sure it is.

Frame k says v_k = g_k f_k(r) DN_k, light from counts DN by its exposure g and its vignetting f; it weighs w_k, the
square of the distance from its edge, next to nothing where it is saturated, and less or nothing where it contradicts
the frame that is believed (``seams``)::

    v = sum w_k v_k / sum w_k              sigma^2 = sum (w_k g_k f_k)^2 s_k^2 / (sum w_k)^2

with s^2 = DN / K + (R / K)^2 + 1/12 the variance of a count by photons, reading and rounding (photon transfer: Janesick
2007, Photon Transfer, SPIE Press), K electrons a count, R electrons of noise in reading.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.instruments import load

Light = NDArray[np.float32]

SATURATED_WEIGHT = 1e-3
NOT_SATURATED = 2
"""Least weight, in 8 bits, of what is known, however near the edges of its frames it lies."""
SMOOTHED = (6.0 / 7.0) ** 2
"""Share of the variance that sampling between pixels keeps: the sum of the squared weights of cubic interpolation
(slope -3/4; Keys 1981, IEEE Trans. ASSP 29, 1153), mean over all places between two pixels, for both directions."""
UNKNOWN = 65535
"""Error of a value of which nothing is known, or only that it is bright."""


class Noise(NamedTuple):
    """Variance of a count: per_count times it, and least."""

    per_count: float
    least: float

    @classmethod
    def of(cls, instrument: str, mode: str, top: int, binning: int, averaged: int) -> Noise:
        """Of a camera whose counts end at ``top``, binned on board and again when it is averaged over (times a side).

        What flat field and demosaicking did to the noise no label tells; it is taken to be that of the middle of the
        frame. Rounding is that of the file.
        """
        d = load(instrument, mode).detector
        electrons = d.gain_e_per_dn * (d.full_scale - d.bias_dn) / top
        pixels = binning**2
        read = (d.read_noise_e / electrons) ** 2 / pixels
        share = SMOOTHED / averaged**2
        return cls(share / electrons / pixels, share * (read + 1.0 / 12.0))


class Sums(NamedTuple):
    """What has been added up of some rows of a map, (rows, columns[, 3]).

    light: weighted. variance: weighted twice. total: of the weights. best: the largest weight, and the number of the
    frame that had it (-1: none). times: how many frames saw it.
    """

    light: Light
    variance: Light
    total: Light
    best: Light
    number: NDArray[np.int16]
    times: NDArray[np.uint8]

    @classmethod
    def of(cls, rows: int, columns: int) -> Self:
        """Room for so many rows, to be cleared."""
        one, three = (rows, columns), (rows, columns, 3)
        light, variance = np.empty(three, np.float32), np.empty(three, np.float32)
        total, best = np.empty(one, np.float32), np.empty(one, np.float32)
        return cls(light, variance, total, best, np.empty(one, np.int16), np.empty(one, np.uint8))

    def first(self, rows: int) -> Self:
        """The first of the rows."""
        return self._replace(**{name: layer[:rows] for name, layer in self._asdict().items()})

    def clear(self) -> None:
        """No frame has been added."""
        for layer in self:
            layer.fill(-1 if layer is self.number else 0)


class Settled(NamedTuple):
    """Layers of some rows of a map, (rows, columns[, 3]): mean, its error, and the largest weight, 255 being 1."""

    image: NDArray[np.uint16]
    sigma: NDArray[np.uint16]
    weight: NDArray[np.uint8]

    @classmethod
    def of(cls, rows: int, columns: int) -> Self:
        """Room for so many rows."""
        three = rows, columns, 3
        return cls(np.empty(three, np.uint16), np.empty(three, np.uint16), np.empty((rows, columns), np.uint8))

    def first(self, rows: int) -> Self:
        """The first of the rows."""
        return type(self)(self.image[:rows], self.sigma[:rows], self.weight[:rows])


@njit(cache=True, nogil=True, error_model="numpy")
def add(
    light: Light,
    variance: Light,
    total: Light,
    best: Light,
    heaviest: NDArray[np.int16],
    times: NDArray[np.uint8],
    dn: Light,
    sample: Light,
    line: Light,
    burnt: NDArray[np.uint8],
    share: Light,
    gain: Light,
    vignetting: tuple[float, float],
    noise: tuple[float, float],
    size: tuple[int, int],
    margin: int,
    number: int,
    top: int,
    left: int,
) -> None:
    """Add what frame ``number`` says to the sums, from their row ``top`` and column ``left`` (any turn) on.

    dn: its counts there, (rows, columns, 3); sample, line: where in the frame (from 1), (rows, columns). burnt: where
    it is saturated, or empty. share: of its weight that counts, or empty. gain: (3,) light of a count. vignetting: (v1,
    v2) as in ``gains``. size: samples and lines of the frame, whose outermost ``margin`` do not count.
    """
    rows, columns = sample.shape
    width, height = size
    v1, v2 = np.float32(vignetting[0]), np.float32(vignetting[1])
    per_count, least = np.float32(noise[0]), np.float32(noise[1])
    to_middle = np.float32(2.0 / min(width, height))
    middle_i, middle_j = np.float32(0.5 * (width + 1)), np.float32(0.5 * (height + 1))
    per_corner = np.float32(4.0 / (width * width + height * height))
    low, right, bottom = np.float32(margin + 1), np.float32(width - margin), np.float32(height - margin)
    one, nothing = np.float32(1.0), np.float32(0.0)
    around = total.shape[1]
    for r in range(rows):
        y = top + r
        for c in range(columns):
            i, j = sample[r, c], line[r, c]
            edge = min(min(i - low, right - i), min(j - low, bottom - j)) * to_middle
            if not edge > nothing:
                continue
            weight, sure = edge * edge, one
            if burnt.size and burnt[r, c]:
                weight *= np.float32(SATURATED_WEIGHT)
                sure = nothing
            x = (left + c) % around
            times[y, x] += np.uint8(1)
            if share.size:
                weight *= share[r, c]
                if not weight > nothing:
                    continue
            r2 = min(((i - middle_i) ** 2 + (j - middle_j) ** 2) * per_corner, one)
            flat = np.exp(-(v1 + v2 * r2) * r2)
            for b in range(3):
                counts = max(dn[r, c, b], nothing)
                per = weight * flat * gain[b]
                light[y, x, b] += per * counts
                variance[y, x, b] += sure * per * per * (counts * per_count + least)
            total[y, x] += weight
            if weight > best[y, x]:
                best[y, x] = weight
                heaviest[y, x] = number


@njit(cache=True, nogil=True, error_model="numpy")
def settle(
    light: Light, variance: Light, total: Light, best: Light, scale: float, sigma_scale: float,
    image: NDArray[np.uint16], sigma: NDArray[np.uint16], weight: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Mean and error from the sums, in 16 bits: values over ``scale``, errors over ``sigma_scale``; UNKNOWN errors
    where no frame saw the spot, or none that was not saturated there. Weights in 8 bits: 0 where no frame saw it, 1
    where all were saturated, NOT_SATURATED at least elsewhere.
    """
    rows, columns = total.shape
    per, per_sigma = np.float32(1.0 / scale), np.float32(1.0 / sigma_scale)
    top, half = np.float32(65535.0), np.float32(0.5)
    for r in range(rows):
        for c in range(columns):
            known = variance[r, c, 0] > np.float32(0.0)
            least = np.float32(NOT_SATURATED if known else 0)
            weight[r, c] = np.uint8(max(np.ceil(min(best[r, c], np.float32(1.0)) * np.float32(255.0)), least))
            over = np.float32(1.0) / total[r, c] if total[r, c] > 0 else np.float32(0.0)
            for b in range(3):
                image[r, c, b] = np.uint16(min(light[r, c, b] * over * per, top) + half) if over else np.uint16(0)
                error = np.sqrt(variance[r, c, b]) * over * per_sigma
                sigma[r, c, b] = np.uint16(min(error + half, top)) if known else np.uint16(UNKNOWN)
