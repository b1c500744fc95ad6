"""Marks on the surface (craters and rocks): finding those near a place, and what each adds to a point.

Heights are summed in whole units of 2^-32 m, so a sum does not depend on its order: a point gives the same bits
whether it is asked for alone, in a tile or in a grid.
"""

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

Array = NDArray[np.floating]

# columns of a mark: centre (unit vector), elongation, 1 / radius^2 (of the unit sphere), and what to add
C, E, SHARP, AMP, ROW, BRIGHT, DIAMETER, AGE, SORT, COLUMNS = 0, 3, 6, 7, 8, 9, 10, 11, 12, 13

LARGE, LOST = 1.0, 2.0
"""Sorts of craters that terrain files treat in their own way, see ``drawn``; all others are 0."""

HEIGHT_UNIT = 2.0**32

ELONGATION = 0.4
"""Craters are longer across a random direction: by 5 % in the mean, with this length of the direction's vector."""
STRETCH = (1 + 3 * ELONGATION**2) ** 0.25
"""No crater reaches farther than this times its mean radius."""

_R = MOON_RADIUS_M
_REACH = profile.REACH
_REACH2 = profile.REACH**2
_PER_STEP = profile.STEPS / profile.REACH**2
_KMAX, _TOP, _STATES, _COMPLEX, _COMPLEX_STATES = (
    profile.K_MAX,
    profile.K_TOP,
    profile.STATES,
    profile.COMPLEX,
    profile.COMPLEX_STATES,
)
_KIND, _DMIN, _BETA, _DENSITY, _MARE, _LARGE = range(pop.COLUMNS)
_COMPLEX_KIND, _ROCKS = pop.COMPLEX, pop.ROCKS
_LARGE_KIND, _LOST_KIND = LARGE, LOST
_ELONGATION, _STRETCH, _WIDE, _DENSEST, _SLOTS, _ROOM = ELONGATION, STRETCH, WIDE, pop.DENSEST, pop.SLOTS, 256
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STRIDE = np.uint64(0xD1B54A32D192ED03)
_32, _LOW, _21, _42, _MASK21 = (
    np.uint64(32),
    np.uint64(0xFFFFFFFF),
    np.uint64(21),
    np.uint64(42),
    np.uint64((1 << 21) - 1),
)


class Files(NamedTuple):
    """What terrain files there are.

    boxes: a row for each, see ``box_share`` and ``covered``; counted: rows as ``box_share`` has them, of the land whose
    large craters a catalogue counts.
    """

    boxes: Array
    counted: Array


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
def file_shares(files: Files, lat: float, lon: float, shares: np.ndarray) -> None:
    """How much of a place each terrain file has, 0..1, into ``shares``; last, how much the catalogue counts there."""
    boxes = files.boxes
    for i in range(boxes.shape[0]):
        share = box_share(boxes[i], lat, lon)
        shares[i] = share * covered(boxes[i], lat, lon) if share > 0.0 else 0.0
    shares[boxes.shape[0]] = 0.0
    for i in range(files.counted.shape[0]):
        shares[boxes.shape[0]] = max(shares[boxes.shape[0]], box_share(files.counted[i], lat, lon))


@njit(cache=True, nogil=True, error_model="numpy")
def drawn(files: Files, shares: np.ndarray, diameter: float, kind: float) -> float:
    """Share of a crater to be drawn at a place of which terrain files have ``shares``.

    A file shows part of its smallest craters; LARGE ones, which are counted one by one, are the file's alone, and are
    not drawn where a catalogue counts them. So a surface is the file's where the file has all of a place, and what lies
    beneath with all its craters where it has nothing. What a file has LOST is given back where the file is.
    """
    most, n = 0.0, files.boxes.shape[0]
    if n == 0:
        return 1.0
    if kind == _LOST_KIND:
        for i in range(n):
            most = max(most, shares[i])
        return most
    for i in range(n):
        if diameter > files.boxes[i, 5]:
            shows = 1.0 if kind == _LARGE_KIND else seen(diameter / files.boxes[i, 5])
            most = max(most, shows * shares[i])
    if kind == _LARGE_KIND and shares[n] > most:
        most = float(shares[n])
    return 1.0 - most


@njit(cache=True, nogil=True, error_model="numpy")
def drawn_at_centres(files: Files, marks: np.ndarray, out: np.ndarray) -> None:
    """Share of each mark (n, COLUMNS) that is drawn at its own centre, into ``out`` (n,)."""
    shares = np.zeros(files.boxes.shape[0] + 1)
    for k in range(marks.shape[0]):
        m = marks[k]
        file_shares(files, math.atan2(m[2], math.sqrt(m[0] * m[0] + m[1] * m[1])), math.atan2(m[1], m[0]), shares)
        out[k] = drawn(files, shares, m[10], m[12])


@njit(cache=True, nogil=True, error_model="numpy")
def sunk(shares: np.ndarray, sinks: np.ndarray) -> float:
    """Mean height (m) that the craters drawn at a place add, to be taken off again; shares: of each file at the place.

    sinks: of all craters, then for each file of those that it shows, which are not drawn.
    """
    spared = 0.0
    for i in range(sinks.shape[0] - 1):
        spared = min(spared, sinks[1 + i] * shares[i])
    return sinks[0] - spared


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def shown(diameter: float, resolution: float) -> float:
    """Share of a mark shown at a resolution; what is wider is all there, smoothed (see ``smoothing``)."""
    t = min(1.0, max(0.0, (diameter / resolution - pop.HIDDEN) * (1.0 / (pop.SHOWN - pop.HIDDEN))))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def smoothing(diameter: float, resolution: float) -> float:
    """Degradation K that does to a crater what averaging over squares of ``resolution`` does.

    Averaging spreads heights by a variance of resolution^2 / 12 each way, diffusion by 2 K R^2.
    """
    ratio = resolution / diameter
    return ratio * ratio * (1.0 / 6.0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def state_row(k: float) -> int:
    """Row of the profile table for degradation K."""
    return min(_STATES - 1, int(math.sqrt(k * (1.0 / _TOP)) * (_STATES - 1) + 0.5))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _sharpness(ex: float, ey: float, ez: float, x: float, y: float, z: float, radius: float) -> float:
    """1 / radius^2 of a mark at (x, y, z) that keeps the area of a circle of ``radius`` m, elongated across e."""
    along = ex * x + ey * y + ez * z
    level2 = max(0.0, ex * ex + ey * ey + ez * ez - along * along)
    return _R * _R / (radius * radius * math.sqrt(1.0 + level2))


@njit(cache=True, nogil=True, error_model="numpy")
def larger(marks: np.ndarray) -> np.ndarray:
    """The same marks in a buffer of twice the size."""
    bigger = np.empty((2 * marks.shape[0], COLUMNS))
    bigger[: marks.shape[0]] = marks
    return bigger


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
    rows, counts = ground.rows, ground.counts
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
            kind, dmin = rows[i, _KIND], rows[i, _DMIN]
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
                # What may reach is noted without a branch, which would cost more than working out what is not there.
                kept = 0
                while a <= i1 and kept < _ROOM:
                    h = mix(ground.hashes[i] + np.uint64((face * cells + a) * cells + b) * _GOLDEN)
                    lot = unit(h)
                    x, y = a * step - 1.0 - x0, b * step - 1.0 - y0
                    for k in range(_SLOTS):
                        bits = mix(h + np.uint64(k + 1) * _STRIDE)
                        dx, dy = x + high(bits) * step, y + low(bits) * step
                        near2 = flat * (gxx * dx * dx + gxy * dx * dy + gyy * dy * dy)
                        noted[kept], cell[kept] = bits, a << 32 | b
                        kept += 1 if (lot > counts[i, k]) & (near2 <= 1.0) else 0
                    k = _SLOTS
                    while lot > counts[i, k]:
                        noted[kept], cell[kept] = mix(h + np.uint64(k + 1) * _STRIDE), a << 32 | b
                        kept += 1
                        k += 1
                    b += 1
                    if b > j1:
                        a, b = a + 1, j0
                for c in range(kept):
                    bits = noted[c]
                    x = (cell[c] >> 32) * step - 1.0 + high(bits) * step
                    y = (cell[c] & 0xFFFFFFFF) * step - 1.0 + low(bits) * step
                    dx, dy = x - x0, y - y0
                    near2 = flat * (gxx * dx * dx + gxy * dx * dy + gyy * dy * dy)
                    h1 = mix(~bits)
                    at = high(h1) * (ground.sizes.shape[1] - 1)
                    k = int(at)
                    diameter = ground.sizes[i, k] + (at - k) * (ground.sizes[i, k + 1] - ground.sizes[i, k])
                    near = cap + _REACH * 0.5 * diameter * _STRETCH / _R
                    weight = shown(diameter, resolution)
                    if weight == 0.0 or near2 * far * far > near * near:
                        continue
                    s, t = warp(x), warp(y)
                    lean = leaning(s, t)
                    cx, cy, cz = place(face, s, t, lean)
                    dx, dy, dz = cx - qx, cy - qy, cz - qz
                    if dx * dx + dy * dy + dz * dz > near * near:
                        continue
                    h2 = mix(h1)
                    h3 = mix(h2)
                    # cells hold as many as the densest would; where coordinates are crowded some are too many
                    if spacing(x, y, lean) < _DENSEST * high(h3):
                        continue
                    state, lot = low(h1), low(h3)
                    ex = ((h2 & _MASK21) * (1.0 / 1048576.0) - 1.0) * _ELONGATION
                    ey = (((h2 >> _21) & _MASK21) * (1.0 / 1048576.0) - 1.0) * _ELONGATION
                    ez = ((h2 >> _42 & _MASK21) * (1.0 / 1048576.0) - 1.0) * _ELONGATION
                    bright, radius = 0.0, 0.5 * diameter
                    amp = diameter * weight
                    age = _KMAX * state
                    row = 0
                    if kind >= _ROCKS:
                        # a lot below 0 is kept anyway, one in 0..1 where the ejecta are fresher than that
                        amp = lot if kind > _ROCKS else -lot - 1e-9
                        row = int(state * 4294967296.0)
                    else:
                        if rows[i, _MARE] < 1.0:
                            share = patch_share(ground.patches, cx, cy, cz)
                            if lot > 1.0 - share * (1.0 - rows[i, _MARE]):
                                continue
                        if _stands_clear(ground.clear, cx, cy, cz, diameter, age):
                            continue
                        if kind == _COMPLEX_KIND:
                            row = _COMPLEX + int(state * _COMPLEX_STATES)
                            amp *= 1.28e3 * (diameter / 1e3) ** 0.301 / diameter
                        else:
                            row = state_row(age + smoothing(diameter, resolution))
                            if age < 0.05:
                                bright = (1 - age / 0.05) ** 2 * weight
                    if n == marks.shape[0]:
                        marks = larger(marks)
                    m = marks[n]
                    m[0], m[1], m[2], m[3], m[4], m[5] = cx, cy, cz, ex, ey, ez
                    m[6], m[7], m[8] = _sharpness(ex, ey, ez, cx, cy, cz, radius), amp, row
                    m[9], m[10], m[11], m[12] = bright, diameter, age, rows[i, _LARGE]
                    n += 1
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


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def radii2(
    cx: float, cy: float, cz: float, ex: float, ey: float, ez: float, sharp: float, x: float, y: float, z: float
) -> float:
    """Squared distance of (x, y, z) from a mark's centre c, elongated across e, in the mark's radii."""
    dx, dy, dz = x - cx, y - cy, z - cz
    along = dx * ex + dy * ey + dz * ez
    return (dx * dx + dy * dy + dz * dz + along * along) * sharp


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def units(table: np.ndarray, row: int, amplitude: float, r2: float) -> int:
    """Height of a mark at squared radius ``r2`` in whole height units; r2 must be below REACH^2."""
    t = r2 * _PER_STEP
    i = int(t)
    low = float(table[row, i])
    return int(amplitude * (low + (t - i) * (table[row, i + 1] - low)) * HEIGHT_UNIT)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def glow(r2: float) -> float:
    """Brightening by fresh ejecta at squared radius ``r2``: full inside the rim, gone at three radii."""
    t = 1.0 - r2 * (1.0 / 9.0)
    return t * t * t


@njit(cache=True, nogil=True, error_model="numpy")
def _stands_clear(clear: np.ndarray, x: float, y: float, z: float, diameter: float, age: float) -> bool:
    for i in range(clear.shape[0]):
        if diameter >= clear[i, 4] and age < clear[i, 5]:
            dx, dy, dz = x - clear[i, 0], y - clear[i, 1], z - clear[i, 2]
            if _R * math.sqrt(dx * dx + dy * dy + dz * dz) < clear[i, 3] + 0.6 * diameter:
                return True
    return False
