"""Marks on the surface (craters and regolith bumps): finding those near a place, and what each adds to a point.

Heights are summed in whole units of 2^-32 m, so a sum does not depend on its order: a point gives the same bits
whether it is asked for alone, in a tile or in a grid.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from farside.geometry import MOON_RADIUS_M
from farside.moon import population as pop
from farside.moon import profile
from farside.moon.cells import band_height, cell_hash, cells_in_band, high, low, mix, unit

# columns of a mark: centre (unit vector), two axes that turn an offset into radii, and what to add; LARGE as in a layer
C, A, B, AMP, ROW, NEAR, BRIGHT, DIAMETER, AGE, LARGE, COLUMNS = 0, 3, 6, 9, 10, 11, 12, 13, 14, 15, 16

SQUASH = 0.08
"""Largest share by which a crater is longer one way and shorter the other."""

HEIGHT_UNIT = 2.0**32

_R = MOON_RADIUS_M
_REACH = profile.REACH
_PER_STEP = profile.STEPS / profile.REACH**2
_KMAX, _STATES, _BUMP, _COMPLEX, _COMPLEX_STATES = (
    profile.K_MAX,
    profile.STATES,
    profile.BUMP,
    profile.COMPLEX,
    profile.COMPLEX_STATES,
)
_KIND, _DMIN, _BETA, _DENSITY, _AMPLITUDE, _MARE, _LARGE = range(pop.COLUMNS)
_BUMPS, _COMPLEX_KIND, _ROCKS = pop.BUMPS, pop.COMPLEX, pop.ROCKS


@njit(cache=True, nogil=True, error_model="numpy")
def patch_share(patches: np.ndarray, x: float, y: float, z: float) -> float:
    """How far inside the lava patches a point lies, 0..1. patches: rows (centre unit vector, radius, edge width)."""
    best = 0.0
    for i in range(patches.shape[0]):
        dx, dy, dz = x - patches[i, 0], y - patches[i, 1], z - patches[i, 2]
        t = (patches[i, 3] - math.sqrt(dx * dx + dy * dy + dz * dz)) / patches[i, 4] + 1.0
        t = min(1.0, max(0.0, t))
        best = max(best, t * t * (3 - 2 * t))
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def box_share(box: np.ndarray, lat: float, lon: float) -> float:
    """How far inside a terrain file's bounds a point lies, 0 at the edge to 1 one ramp inside; radians.

    box: south, north, west, width in longitude, ramp, post (m).
    """
    east = (lon - box[2]) % (2 * math.pi)
    d = min(lat - box[0], box[1] - lat)
    if box[3] < 2 * math.pi - 1e-9:
        d = min(d, min(east, box[3] - east) * math.cos(lat))
    t = min(1.0, max(0.0, d / box[4]))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, error_model="numpy")
def covered(box: np.ndarray, lat: float, lon: float) -> float:
    """How much of a place inside a box is the file's, 1 where the file fills it; radians.

    box: as `box_share`, then shares at n x n places, rows from the south, edges included, or nothing.
    """
    n = int(math.sqrt(box.shape[0] - 6.0))
    if n == 0:
        return 1.0
    r = min(max((lat - box[0]) / (box[1] - box[0]), 0.0), 1.0) * (n - 1)
    c = min(((lon - box[2]) % (2 * math.pi)) / box[3], 1.0) * (n - 1)
    i, j = min(int(r), n - 2), min(int(c), n - 2)
    s, t, k = r - i, c - j, 6 + n * i + j
    south = (1 - t) * box[k] + t * box[k + 1]
    return south + s * ((1 - t) * box[k + n] + t * box[k + n + 1] - south)


@njit(cache=True, nogil=True, error_model="numpy")
def seen(posts: float) -> float:
    """Share of a crater ``posts`` posts wide that an elevation model holds.

    Fitted to GLD100 against the catalogue of Wu et al. (2022): 0.16 at 2.6 posts, 0.47 at 5.3, 0.76 at 9.5, 0.91 at 20.
    """
    return min(1.0, max(0.0, 0.40 * math.log(posts / 1.7)))


@njit(cache=True, nogil=True, error_model="numpy")
def file_shares(boxes: np.ndarray, lat: float, lon: float, shares: np.ndarray) -> None:
    """How much of a place each terrain file has, 0..1, into ``shares``; boxes: a row for each file."""
    for i in range(boxes.shape[0]):
        share = box_share(boxes[i], lat, lon)
        shares[i] = share * covered(boxes[i], lat, lon) if share > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def drawn(boxes: np.ndarray, shares: np.ndarray, diameter: float, large: bool) -> float:
    """Share of a crater to be drawn at a place, where terrain files with ``shares`` of the place do not show it.

    A file shows part of its smallest craters; large ones, which are counted one by one, are the file's alone. So a
    surface is the file's where the file has all of a place, and what lies beneath with all its craters where it has
    nothing.
    """
    most = 0.0
    for i in range(boxes.shape[0]):
        if diameter > boxes[i, 5]:
            shows = 1.0 if large else seen(diameter / boxes[i, 5])
            most = max(most, shows * shares[i])
    return 1.0 - most


@njit(cache=True, nogil=True, error_model="numpy")
def drawn_at_centres(boxes: np.ndarray, marks: np.ndarray, out: np.ndarray) -> None:
    """Share of each mark (n, COLUMNS) that is drawn at its own centre, into ``out`` (n,)."""
    shares = np.zeros(boxes.shape[0])
    for k in range(marks.shape[0]):
        m = marks[k]
        file_shares(boxes, math.atan2(m[2], math.sqrt(m[0] * m[0] + m[1] * m[1])), math.atan2(m[1], m[0]), shares)
        out[k] = drawn(boxes, shares, m[13], m[15] > 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def sunk(shares: np.ndarray, sinks: np.ndarray) -> float:
    """Mean height (m) that the craters drawn at a place add, to be taken off again; shares: of each file at the place.

    sinks: of all craters, then for each file of those that it shows, which are not drawn.
    """
    spared = 0.0
    for i in range(shares.shape[0]):
        spared = min(spared, sinks[1 + i] * shares[i])
    return sinks[0] - spared


@njit(cache=True, nogil=True, error_model="numpy")
def shown(diameter: float, resolution: float) -> float:
    """Share of a mark shown at a resolution: none below two posts, all above four."""
    t = min(1.0, max(0.0, (diameter / resolution - 2.0) * 0.5))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, error_model="numpy")
def _place(m: np.ndarray, z: float, lon: float, turn: float, squash: float, radius: float) -> None:
    """Fill centre and axes of a mark with ``radius`` metres at sin(latitude) ``z``."""
    c = math.sqrt(1 - z * z)
    cl, sl = math.cos(lon), math.sin(lon)
    ct, st = math.cos(turn), math.sin(turn)
    m[0], m[1], m[2] = c * cl, c * sl, z
    fa, fb = _R / (radius * (1 + squash)), _R / (radius * (1 - squash))
    m[3], m[4], m[5] = fa * (-ct * sl - st * z * cl), fa * (ct * cl - st * z * sl), fa * st * c
    m[6], m[7], m[8] = fb * (st * sl - ct * z * cl), fb * (-st * cl - ct * z * sl), fb * ct * c
    m[11] = _REACH * radius * (1 + squash) / _R


@njit(cache=True, nogil=True, error_model="numpy")
def gather(
    seed: np.uint64,
    layers: np.ndarray,
    patches: np.ndarray,
    clear: np.ndarray,
    qx: float,
    qy: float,
    qz: float,
    cap: float,
    resolution: float,
    marks: np.ndarray,
) -> tuple:
    """All marks of ``layers`` that reach into the cap of ``cap`` radians around the unit vector q.

    marks: buffer, shape (m, COLUMNS), replaced by a larger one when full. clear: rows (centre unit vector, radius m,
    smallest diameter m, degradation below which a crater is left out). Returns (marks, how many).
    """
    n = 0
    lat = math.atan2(qz, math.sqrt(qx * qx + qy * qy))
    lon = math.atan2(qy, qx)
    for i in range(layers.shape[0]):
        kind, dmin, beta = layers[i, _KIND], layers[i, _DMIN], layers[i, _BETA]
        if 2 * dmin <= 2 * resolution:
            continue
        size = _REACH * dmin * (1 + SQUASH) / _R
        hb = band_height(size)
        reach = cap + size
        if abs(lat) + reach < 0.5 * math.pi - 1e-9:
            half = math.asin(min(1.0, math.sin(reach) / math.cos(lat)))
        else:
            half = math.pi
        last_band = round(math.pi / hb) - 1
        b0 = max(0, math.floor((lat - reach + 0.5 * math.pi) / hb))
        b1 = min(last_band, math.floor((lat + reach + 0.5 * math.pi) / hb))
        shrink = 1.0 - 2.0**-beta
        # the layer's own number, so that another choice of layers leaves its craters where they are
        layer = round(math.log2(dmin) * 16) * 8 + int(kind)
        for b in range(b0, b1 + 1):
            cells = cells_in_band(b, hb)
            width = 2 * math.pi / cells
            k0 = math.floor((lon - half) / width)
            k1 = math.floor((lon + half) / width)
            if k1 - k0 + 1 >= cells:
                k0, k1 = 0, cells - 1
            z0 = math.sin(b * hb - 0.5 * math.pi)
            z1 = math.sin((b + 1) * hb - 0.5 * math.pi)
            expected = layers[i, _DENSITY] * _R * _R * width * (z1 - z0)
            none = math.exp(-expected)
            for k in range(k0, k1 + 1):
                cell = k % cells
                h = cell_hash(seed, layer, b, cell)
                u, p = unit(h), none
                total, count = p, 0
                while u > total and count < 64:
                    count += 1
                    p *= expected / count
                    total += p
                for _ in range(count):
                    h = mix(h)
                    z = z0 + (z1 - z0) * high(h)
                    at = (cell + low(h)) * width
                    c = math.sqrt(1 - z * z)
                    x, y = c * math.cos(at), c * math.sin(at)
                    dx, dy, dz = x - qx, y - qy, z - qz
                    d2 = dx * dx + dy * dy + dz * dz
                    if d2 > reach * reach:
                        continue
                    h1 = mix(~h)
                    diameter = dmin * (1 - high(h1) * shrink) ** (-1.0 / beta)
                    weight = shown(diameter, resolution)
                    if weight == 0.0:
                        continue
                    h2 = mix(h1)
                    squash = SQUASH * high(h2)
                    near = cap + _REACH * 0.5 * diameter * (1 + squash) / _R
                    if d2 > near * near:
                        continue
                    state = low(h1)
                    row = int(state * _STATES)
                    turn = 2 * math.pi * low(h2)
                    lot = unit(mix(h2))
                    bright = 0.0
                    amp = diameter * layers[i, _AMPLITUDE] * weight
                    age = _KMAX * (row + 0.5) / _STATES
                    if kind == _BUMPS:
                        # clods stand up a little more often than hollows sink
                        amp *= (1.0 if lot < 0.5 else -1.0) * (0.4 + 1.2 * state)
                        row = _BUMP
                    elif kind >= _ROCKS:
                        # a lot below 0 is kept anyway, one in 0..1 where the ejecta are fresher than that
                        amp = lot if kind > _ROCKS else -lot - 1e-9
                        row = int(state * 4294967296.0)
                    else:
                        if layers[i, _MARE] < 1.0:
                            share = patch_share(patches, x, y, z)
                            if lot > 1.0 - share * (1.0 - layers[i, _MARE]):
                                continue
                        if _stands_clear(clear, x, y, z, diameter, age):
                            continue
                        if kind == _COMPLEX_KIND:
                            row = _COMPLEX + int(state * _COMPLEX_STATES)
                            amp *= 1.28e3 * (diameter / 1e3) ** 0.301 / diameter
                        elif age < 0.05:
                            bright = (1 - age / 0.05) ** 2 * weight
                    if n == marks.shape[0]:
                        bigger = np.empty((2 * n, COLUMNS))
                        bigger[:n] = marks
                        marks = bigger
                    m = marks[n]
                    _place(m, z, at, turn, squash, 0.5 * diameter)
                    m[9], m[10], m[12], m[13], m[14], m[15] = amp, row, bright, diameter, age, layers[i, _LARGE]
                    n += 1
    return marks, n


@njit(cache=True, nogil=True, error_model="numpy")
def _stands_clear(clear: np.ndarray, x: float, y: float, z: float, diameter: float, age: float) -> bool:
    for i in range(clear.shape[0]):
        if diameter >= clear[i, 4] and age < clear[i, 5]:
            dx, dy, dz = x - clear[i, 0], y - clear[i, 1], z - clear[i, 2]
            if _R * math.sqrt(dx * dx + dy * dy + dz * dz) < clear[i, 3] + 0.6 * diameter:
                return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def radii2(
    cx: float,
    cy: float,
    cz: float,
    ax: float,
    ay: float,
    az: float,
    bx: float,
    by: float,
    bz: float,
    x: float,
    y: float,
    z: float,
) -> float:
    """Squared distance of (x, y, z) from a mark's centre c along its axes a and b, in the mark's radii."""
    dx, dy, dz = x - cx, y - cy, z - cz
    u = dx * ax + dy * ay + dz * az
    v = dx * bx + dy * by + dz * bz
    return u * u + v * v


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def units(table: np.ndarray, row: int, amplitude: float, r2: float) -> int:
    """Height of a mark at squared radius ``r2`` in whole height units; r2 must be below REACH^2."""
    t = r2 * _PER_STEP
    i = int(t)
    low = table[row, i]
    return int(amplitude * (low + (t - i) * (table[row, i + 1] - low)) * HEIGHT_UNIT)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def glow(r2: float) -> float:
    """Brightening by fresh ejecta at squared radius ``r2``: full inside the rim, gone at three radii."""
    t = 1.0 - r2 * (1.0 / 9.0)
    return t * t * t
