"""How fast waves run in this ground: the curvature of diffractions, antenna height and offset included.

Rocks answer along t(x) = 2 one_way(x): the flatter the curve, the faster the ground. Leaving out the height of the
antenna and its offset would make the permittivity wrong by 5 % or more above 4 m (Liu et al. 2025).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from farside.instruments.lpr import Channel
from farside.instruments.lpr.dielectric import C_M_PER_NS
from farside.products.lpr.column import Column

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

SCALES = np.arange(0.80, 1.2501, 0.0125)
"""Trial factors on the published index."""
SHALLOWEST_M, DEEPEST_M = 0.8, 11.0
FEWEST = 3
"""Fewer diffractions than this measure nothing."""
MOST = 80
"""Diffractions asked at most."""
CLEAREST = 0.25
"""Semblance that a diffraction needs."""
SHIFTS_NS = 0.3 * np.arange(-2, 3)
"""Trial shifts of the apex in time; in place it is sought a trace to either side."""


def measured_column(
    section: Floats,
    migrated: Floats,
    distance: Array,
    interval_ns: float,
    channel: Channel,
    published: Column,
    length_sd: float,
) -> tuple[Column, int]:
    """The published column scaled to this drive's diffractions, and how many of them spoke.

    section: band-limited traces with gain, (n, samples), even steps, time from the surface's echo. migrated: the same
    after migration with the published column, where apexes stand out. length_sd: relative error of lengths along the
    way; it is that of the index. The scale is the weighted median over diffractions; its scatter, the error of lengths
    and what is published are put together by their variances.
    """
    apexes = _apexes(migrated, distance, interval_ns, published, channel)
    air = 2.0 * channel.height_m / C_M_PER_NS
    geometry = np.array([channel.height_m, channel.offset_m / 2.0, interval_ns, distance[1] - distance[0]])
    scales, weights, depths = [], [], []
    for i, j in apexes:
        tau = j * interval_ns
        depth = float(published.depth_m(np.array(tau + air), channel.height_m))
        trial = SCALES * published.mean_index(np.array(depth))
        reach = min(0.3 + 0.9 * depth, 5.0)
        if i * geometry[3] < 0.4 * reach or (len(distance) - 1 - i) * geometry[3] < 0.4 * reach:
            continue
        clear = _semblance(section, i, tau + air, trial, SHIFTS_NS, reach, geometry)
        k = int(np.argmax(clear))
        if not 0 < k < len(SCALES) - 1 or clear[k] < CLEAREST or clear[k] < 1.3 * np.median(clear):
            continue
        a, b, c = clear[k - 1 : k + 2]
        scales.append(SCALES[k] + (SCALES[1] - SCALES[0]) * 0.5 * (a - c) / (a - 2.0 * b + c))
        weights.append((b / (1.0 - b)) * -(a - 2.0 * b + c))
        depths.append(depth)
    if len(scales) < FEWEST:
        return published, len(scales)
    s, w = np.array(scales), np.array(weights)
    middle = _weighted_median(s, w)
    effective = w.sum() ** 2 / (w**2).sum()
    scatter = 1.4826 * _weighted_median(np.abs(s - middle), w)
    sd = float(np.hypot(1.25 * scatter / np.sqrt(effective), length_sd))
    trust = published.scale_sd**2 / (published.scale_sd**2 + sd**2)
    known = float(np.quantile(depths, 0.9))
    return Column(
        published.scale + trust * (middle - published.scale), float(np.sqrt(trust) * sd), max(known, published.known_m)
    ), len(scales)


def _apexes(
    migrated: Floats, distance: Array, interval_ns: float, column: Column, channel: Channel
) -> list[tuple[int, int]]:
    """Trace and sample of the points that stand out of the migrated section most, above DEEPEST_M."""
    from scipy.ndimage import maximum_filter
    from scipy.signal import hilbert

    air = 2.0 * channel.height_m / C_M_PER_NS
    limits = column.time_ns(np.array([SHALLOWEST_M, DEEPEST_M]), channel.height_m) - air
    first, last = (int(t / interval_ns) for t in limits)
    size = np.abs(hilbert(migrated[:, : last + 64].astype(np.float64), axis=1))[:, :last]
    usual = np.median(size, axis=0)
    standing = size / np.maximum(usual, 1e-12)
    step = float(distance[1] - distance[0])
    around = (2 * round(0.4 / step) + 1, 2 * round(3.0 / interval_ns) + 1)
    peak = (standing == maximum_filter(standing, around)) & (standing > 3.0)
    peak[:, :first] = False
    i, j = np.nonzero(peak)
    order = np.argsort(-standing[i, j], kind="stable")[:MOST]
    return [(int(a), int(b)) for a, b in zip(i[order], j[order], strict=True)]


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order]) - 0.5 * weights[order]
    return float(np.interp(0.5 * weights.sum(), total, values[order]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _semblance(section: Any, apex: int, time: float, indices: Any, shifts: Any, reach: float, geometry: Any) -> Any:
    """Largest semblance over shifts of the apex, for each trial index, along the diffraction of a point.

    time: of the apex, ns from the transmitter's pulse. geometry: antenna height, half offset (m), sampling interval
    (ns), step between traces (m).
    """
    height, half, interval, step = geometry[0], geometry[1], geometry[2], geometry[3]
    n, samples = section.shape
    air = 0.299792458
    before = 2.0 * height / air
    best = np.zeros(len(indices))
    side = int(reach / step)
    for q in range(len(indices)):
        ri = indices[q]
        for shift in shifts:
            t0 = time + shift
            z = (0.5 * air * t0 - height) / ri
            for _ in range(3):
                u = half * height / (height + z / ri)
                t = 2.0 * (np.hypot(u, height) + ri * np.hypot(half - u, z)) / air
                z += 0.5 * air * (t0 - t) / ri
            for centre in range(apex - 1, apex + 2):
                total = np.zeros(5)
                power = 0.0
                count = 0
                for i in range(max(centre - side, 0), min(centre + side + 1, n)):
                    dx = (i - centre) * step
                    x = np.sqrt(dx * dx + half * half)
                    u = x * height / (height + z / ri)
                    for _ in range(3):
                        r1 = np.sqrt(u * u + height * height)
                        r2 = np.sqrt((x - u) * (x - u) + z * z)
                        slope = height * height / (r1 * r1 * r1) + ri * z * z / (r2 * r2 * r2)
                        u -= (u / r1 - ri * (x - u) / r2) / slope
                        u = min(max(u, 0.0), x)
                    r1 = np.sqrt(u * u + height * height)
                    r2 = np.sqrt((x - u) * (x - u) + z * z)
                    at = (2.0 * (r1 + ri * r2) / air - before) / interval
                    base = int(at)
                    if base < 2 or base + 4 > samples:
                        continue
                    part = at - base
                    for k in range(5):
                        value = section[i, base + k - 2] * (1.0 - part) + section[i, base + k - 1] * part
                        total[k] += value
                        power += value * value
                    count += 1
                if count > 0 and power > 0.0:
                    best[q] = max(best[q], (total * total).sum() / (count * power))
    return best
