"""Finding the marks near a place: those strewn by the hash of their cell, and those listed one by one."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.geometry import MOON_RADIUS_M
from farside.moon import population as pop
from farside.moon import profile
from farside.moon.cells import (
    WIDE,
    face_of,
    high,
    leaning,
    low,
    mix,
    on_face,
    place,
    reach,
    spacing,
    unit,
    unwarp,
    unwarped,
    warp,
    warp_rate,
)
from farside.moon.marks import DIAMETER, larger, shown, smoothing, state_row

Array = NDArray[np.floating]

ELONGATION = 0.4
"""Craters are longer across a random direction: by 5 % in the mean, with this length of the direction's vector."""
STRETCH = (1 + 3 * ELONGATION**2) ** 0.25
"""No crater reaches farther than this times its mean radius."""

_R = MOON_RADIUS_M
_REACH, _KMAX = profile.REACH, profile.K_MAX
_COMPLEX, _COMPLEX_STATES = profile.COMPLEX, profile.COMPLEX_STATES
_KIND, _DMIN, _BETA, _DENSITY, _MARE, _LARGE = range(pop.COLUMNS)
_COMPLEX_KIND, _ROCKS = pop.COMPLEX, pop.ROCKS
_ELONGATION, _STRETCH, _WIDE, _DENSEST, _SLOTS, _ROOM = ELONGATION, STRETCH, WIDE, pop.DENSEST, pop.SLOTS, 256
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STRIDE = np.uint64(0xD1B54A32D192ED03)
_21, _42, _MASK21 = np.uint64(21), np.uint64(42), np.uint64((1 << 21) - 1)


class Scatter(NamedTuple):
    """Layers of things strewn by the hash of their cell, and where they may lie.

    rows: (n, pop.COLUMNS) layers; hashes: (n,) uint64 of seed and layer; cells: (n,) along a face; counts: (n, m)
    cumulative Poisson law of a cell; sizes: (n, pop.SIZES) diameters at equal probability. patches: rows (centre
    unit vector, radius, edge width) of lava; clear: rows (centre unit vector, radius m, smallest diameter m,
    degradation below which a crater is left out).
    """

    rows: Array
    hashes: NDArray[np.uint64]
    cells: NDArray[np.int64]
    counts: Array
    sizes: Array
    patches: Array
    clear: Array


class Listed(NamedTuple):
    """Marks given one by one, sorted by octave of diameter and by cell.

    marks: (n, COLUMNS); keys: (n,) cell of each; octaves: rows (larger diameter m, cells along a face, first, end).
    """

    marks: Array
    keys: NDArray[np.int64]
    octaves: Array


def scatter(rows: Array, seed: int, patches: Array, clear: Array) -> Scatter:
    """Layers made ready for ``gather``. A layer's own number, not its place in the list, decides what falls where."""
    hashes = np.array([_layer_hash(seed, row) for row in rows], np.uint64)
    cells = np.array([_cells(2 * row[_DMIN], pop.CELL) for row in rows], np.int64)
    expected = [row[_DENSITY] * _DENSEST * (2 * _R / n) ** 2 for row, n in zip(rows, cells, strict=True)]
    counts = pop.poisson(np.array(expected).reshape(-1))
    return Scatter(rows, hashes, cells, counts, pop.sizes(rows), patches, clear)


def _layer_hash(seed: int, row: Array) -> int:
    number = round(math.log2(row[_DMIN]) * 16) * 8 + int(row[_KIND])
    whole = 2**64 - 1
    return int(mix(np.uint64((int(mix(np.uint64(seed & whole))) + number * 0xD6E8FEB86659FD93) & whole)))


def _cells(largest_m: float, times: float) -> int:
    """Cells along a face so that one is ``times`` the reach of the largest mark wide in the middle of the face."""
    wide = times * _REACH * 0.5 * largest_m * _STRETCH / _R
    return max(1, int(2 * math.sqrt(_DENSEST) / wide))


def listed(marks: Array) -> Listed:
    """Sort marks, shape (n, COLUMNS), for ``gather_listed``."""
    octave = np.floor(np.log2(marks[:, DIAMETER])).astype(int)
    rows: list[list[float]] = []
    order: list[int] = []
    keys = np.empty(len(marks), np.int64)
    for k in np.unique(octave):
        mine = np.flatnonzero(octave == k)
        n = _cells(2.0 ** (k + 1), pop.CELL)
        keys[mine] = [_key(mark[0], mark[1], mark[2], n) for mark in marks[mine]]
        first = len(order)
        order += mine[np.argsort(keys[mine], kind="stable")].tolist()
        rows.append([2.0 ** (k + 1), n, first, len(order)])
    return Listed(np.ascontiguousarray(marks[order]), keys[order], np.array(rows, float).reshape(-1, 4))


def _key(x: float, y: float, z: float, n: int) -> int:
    face = face_of(x, y, z)
    w, u, v = on_face(face, x, y, z)
    i, j = (min(n - 1, int((unwarp(q / w) + 1) * 0.5 * n)) for q in (u, v))
    return (face * n + i) * n + j


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


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _sharpness(ex: float, ey: float, ez: float, x: float, y: float, z: float, radius: float) -> float:
    """1 / radius^2 of a mark at (x, y, z) that keeps the area of a circle of ``radius`` m, elongated across e."""
    along = ex * x + ey * y + ez * z
    level2 = max(0.0, ex * ex + ey * ey + ez * ez - along * along)
    return _R * _R / (radius * radius * math.sqrt(1.0 + level2))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _note(
    layer: np.uint64,
    count: np.ndarray,
    face: int,
    cells: int,
    a: int,
    b: int,
    i1: int,
    j0: int,
    j1: int,
    x0: float,
    y0: float,
    gxx: float,
    gxy: float,
    gyy: float,
    flat: float,
    noted: np.ndarray,
    cell: np.ndarray,
) -> tuple:
    """Note what may reach (x0, y0) of the cells from (a, b) on, rows a..i1 and columns j0..j1, while there is room.

    flat: over the square of how far it may be; 0 where that is not to be asked. Writes each one's random bits and its
    cell, a << 32 | b. Returns the next cell (a, b) and how many were noted. There is no branch for each mark: it would
    cost more than working out what is not there.
    """
    step, kept = 2.0 / cells, 0
    while a <= i1 and kept < _ROOM:
        h = mix(layer + np.uint64((face * cells + a) * cells + b) * _GOLDEN)
        lot = unit(h)
        x, y = a * step - 1.0 - x0, b * step - 1.0 - y0
        for k in range(_SLOTS):
            bits = mix(h + np.uint64(k + 1) * _STRIDE)
            dx, dy = x + high(bits) * step, y + low(bits) * step
            near2 = flat * (gxx * dx * dx + gxy * dx * dy + gyy * dy * dy)
            noted[kept], cell[kept] = bits, a << 32 | b
            kept += 1 if (lot > count[k]) & (near2 <= 1.0) else 0
        k = _SLOTS
        while lot > count[k]:
            noted[kept], cell[kept] = mix(h + np.uint64(k + 1) * _STRIDE), a << 32 | b
            kept += 1
            k += 1
        b += 1
        if b > j1:
            a, b = a + 1, j0
    return a, b, kept


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _describe(
    rows: np.ndarray,
    sizes: np.ndarray,
    patches: np.ndarray,
    clear: np.ndarray,
    i: int,
    bits: np.uint64,
    face: int,
    x: float,
    y: float,
    qx: float,
    qy: float,
    qz: float,
    cap: float,
    resolution: float,
    m: np.ndarray,
) -> int:
    """Write the mark of layer i at (x, y) of a face into ``m``: 1, or 0 where it is not there or not in reach."""
    h1 = mix(~bits)
    at = high(h1) * (sizes.shape[1] - 1)
    k = int(at)
    diameter = sizes[i, k] + (at - k) * (sizes[i, k + 1] - sizes[i, k])
    near = cap + _REACH * 0.5 * diameter * _STRETCH / _R
    weight = shown(diameter, resolution)
    s, t = warp(x), warp(y)
    lean = leaning(s, t)
    cx, cy, cz = place(face, s, t, lean)
    dx, dy, dz = cx - qx, cy - qy, cz - qz
    if weight == 0.0 or dx * dx + dy * dy + dz * dz > near * near:
        return 0
    h2 = mix(h1)
    h3 = mix(h2)
    # cells hold as many as the densest would; where coordinates are crowded some are too many
    if spacing(x, y, lean) < _DENSEST * high(h3):
        return 0
    kind, state, lot = rows[i, _KIND], low(h1), low(h3)
    bright, amp, age, row = 0.0, diameter * weight, _KMAX * state, 0
    if kind >= _ROCKS:
        # a lot below 0 is kept anyway, one in 0..1 where the ejecta are fresher than that
        amp = lot if kind > _ROCKS else -lot - 1e-9
        row = int(state * 4294967296.0)
    else:
        if rows[i, _MARE] < 1.0:
            share = patch_share(patches, cx, cy, cz)
            if lot > 1.0 - share * (1.0 - rows[i, _MARE]):
                return 0
        if _stands_clear(clear, cx, cy, cz, diameter, age):
            return 0
        if kind == _COMPLEX_KIND:
            row = _COMPLEX + int(state * _COMPLEX_STATES)
            amp *= 1.28e3 * (diameter / 1e3) ** 0.301 / diameter
        else:
            row = state_row(age + smoothing(diameter, resolution))
            if age < 0.05:
                bright = (1 - age / 0.05) ** 2 * weight
    ex = ((h2 & _MASK21) * (1.0 / 1048576.0) - 1.0) * _ELONGATION
    ey = (((h2 >> _21) & _MASK21) * (1.0 / 1048576.0) - 1.0) * _ELONGATION
    ez = ((h2 >> _42 & _MASK21) * (1.0 / 1048576.0) - 1.0) * _ELONGATION
    m[0], m[1], m[2], m[3], m[4], m[5] = cx, cy, cz, ex, ey, ez
    m[6], m[7], m[8] = _sharpness(ex, ey, ez, cx, cy, cz, 0.5 * diameter), amp, row
    m[9], m[10], m[11], m[12] = bright, diameter, age, rows[i, _LARGE]
    return 1


@njit(cache=True, nogil=True, error_model="numpy")
def gather(
    ground: Scatter,
    begin: int,
    end: int,
    qx: float,
    qy: float,
    qz: float,
    cap: float,
    resolution: float,
    marks: np.ndarray,
    n: int,
) -> tuple:
    """Append the marks that reach into the cap of ``cap`` radians around the unit vector q, seen at a resolution (m).

    Searches the layers begin..end. marks: buffer, shape (m, COLUMNS), its first ``n`` rows in use, replaced by a larger
    one when full. Returns (marks, how many are in use).
    """
    rows, counts, sizes, patches, clear = ground.rows, ground.counts, ground.sizes, ground.patches, ground.clear
    widest = 0.0
    for i in range(begin, end):
        if 2.0 * rows[i, _DMIN] > pop.HIDDEN * resolution:
            widest = max(widest, rows[i, _DMIN])
    if widest == 0.0:
        return marks, n
    noted, cell = np.empty(_ROOM + 64, np.uint64), np.empty(_ROOM + 64, np.int64)
    widest = cap + _REACH * widest * _STRETCH / _R
    home = face_of(qx, qy, qz)
    for turn in range(6):
        face = (home + turn) % 6
        w, u, v = on_face(face, qx, qy, qz)
        # no point of a face is more than 55 degrees from its middle
        if w < 0.3 and widest < _WIDE:
            continue
        about_v, about_u = math.sqrt(u * u + w * w), math.sqrt(v * v + w * w)
        s, t = u / w, v / w
        angle_x, angle_y = math.atan2(u, w), math.atan2(v, w)
        x0 = unwarped(s, angle_x) if abs(s) <= 1.0 else 0.0
        y0 = unwarped(t, angle_y) if abs(t) <= 1.0 else 0.0
        rx, ry, q2 = warp_rate(x0), warp_rate(y0), 1.0 + s * s + t * t
        gxx = (1.0 + t * t) * rx * rx / (q2 * q2)
        gyy = (1.0 + s * s) * ry * ry / (q2 * q2)
        gxy = -2.0 * s * t * rx * ry / (q2 * q2)
        for i in range(begin, end):
            dmin = rows[i, _DMIN]
            if 2.0 * dmin <= pop.HIDDEN * resolution:
                continue
            far = cap + _REACH * dmin * _STRETCH / _R
            hx, hy = far / about_v, far / about_u
            hx, hy = hx * (1.0 + hx * hx), hy * (1.0 + hy * hy)
            x_first, x_last = reach(angle_x, x0, hx)
            y_first, y_last = reach(angle_y, y0, hy)
            if x_first > x_last or y_first > y_last:
                continue
            cells = ground.cells[i]
            step = 2.0 / cells
            i0, i1 = int((x_first + 1.0) / step), min(cells - 1, int((x_last + 1.0) / step))
            j0, j1 = int((y_first + 1.0) / step), min(cells - 1, int((y_last + 1.0) / step))
            # near the point, distances in the plane of the face are good to some per cent
            flat = 1.0 / (1.21 * far * far) if face == home and far < 0.01 else 0.0
            a, b = i0, j0
            while a <= i1:
                a, b, kept = _note(
                    ground.hashes[i], counts[i], face, cells, a, b, i1, j0, j1, x0, y0, gxx, gxy, gyy, flat, noted, cell
                )
                for c in range(kept):
                    if n == marks.shape[0]:
                        marks = larger(marks)
                    x = (cell[c] >> 32) * step - 1.0 + high(noted[c]) * step
                    y = (cell[c] & 0xFFFFFFFF) * step - 1.0 + low(noted[c]) * step
                    n += _describe(
                        rows, sizes, patches, clear, i, noted[c], face, x, y, qx, qy, qz, cap, resolution, marks[n]
                    )
        if face == home:
            # well inside a face nothing else can be reached
            far = widest / min(about_u, about_v) * 1.1
            if abs(angle_x) + far < 0.25 * math.pi and abs(angle_y) + far < 0.25 * math.pi:
                break
    return marks, n


@njit(cache=True, nogil=True, error_model="numpy")
def gather_listed(
    known: Listed, qx: float, qy: float, qz: float, cap: float, resolution: float, marks: np.ndarray, n: int
) -> tuple:
    """Append the listed marks that reach into a cap, as seen at a resolution, to the ``n`` in ``marks``."""
    for i in range(known.octaves.shape[0]):
        largest, cells = known.octaves[i, 0], int(known.octaves[i, 1])
        first, last = int(known.octaves[i, 2]), int(known.octaves[i, 3])
        if largest <= pop.HIDDEN * resolution:
            continue
        far = cap + _REACH * 0.5 * largest * _STRETCH / _R
        step = 2.0 / cells
        for face in range(6):
            w, u, v = on_face(face, qx, qy, qz)
            if w < 0.3 and far < _WIDE:
                continue
            hx, hy = far / math.sqrt(u * u + w * w), far / math.sqrt(v * v + w * w)
            hx, hy = hx * (1.0 + hx * hx), hy * (1.0 + hy * hy)
            angle_x, angle_y = math.atan2(u, w), math.atan2(v, w)
            x0 = unwarped(u / w, angle_x) if abs(u) <= w else 0.0
            y0 = unwarped(v / w, angle_y) if abs(v) <= w else 0.0
            x_first, x_last = reach(angle_x, x0, hx)
            y_first, y_last = reach(angle_y, y0, hy)
            if x_first > x_last or y_first > y_last:
                continue
            i0, i1 = int((x_first + 1.0) / step), min(cells - 1, int((x_last + 1.0) / step))
            j0, j1 = int((y_first + 1.0) / step), min(cells - 1, int((y_last + 1.0) / step))
            for a in range(i0, i1 + 1):
                start = (face * cells + a) * cells
                k = first + np.searchsorted(known.keys[first:last], start + j0)
                while k < last and known.keys[k] <= start + j1:
                    m = known.marks[k]
                    k += 1
                    dx, dy, dz = m[0] - qx, m[1] - qy, m[2] - qz
                    near = cap + _REACH * 0.5 * m[10] * _STRETCH / _R
                    weight = shown(m[10], resolution)
                    if weight == 0.0 or dx * dx + dy * dy + dz * dz > near * near:
                        continue
                    if n == marks.shape[0]:
                        marks = larger(marks)
                    marks[n] = m
                    marks[n, 7] *= weight
                    marks[n, 8] = state_row(m[11] + smoothing(m[10], resolution))
                    marks[n, 9] *= weight
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
