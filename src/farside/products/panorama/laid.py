"""A panorama that is laid but not yet made: where each frame lies in the map, and what each row of it will hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.geometry import PanoramaMap
from farside.products.full_scale import full_scale
from farside.products.panorama.blend import Noise, Settled, Sums, add, settle
from farside.products.panorama.cells import DARK_DN, Cells, Look, look, saturated
from farside.products.panorama.gains import Gains
from farside.products.panorama.placing import Placing
from farside.products.panorama.seams import shares
from farside.products.panorama.warp import MARGIN_PX, bounds, pixels, reduction
from farside.products.provenance import source
from farside.work import Pool

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Light = NDArray[np.float32]
Counts = NDArray[np.uint8]
Rows = dict[str, NDArray[Any]]

ROWS = 128
"""Rows composed at a time."""
FINER = 8.0
"""Errors are kept in so much finer steps than values."""
BLOCK = 8
"""Holes are looked for in squares of so many pixels."""
SOME_TH = 16
"""Noise is looked at in every so many-th row and column."""
NONE = np.zeros((0, 0), np.uint8)


@dataclass
class Piece:
    """A frame in the map.

    number, k: its place among all frames, and in the placing. gain: light of a count in each band. full: the count that
    is its end. rows, columns: of the map. source: what it was, once it was read. Counts are read when the first rows
    that need them are composed, and dropped after the last, so that no more frames are in memory than lie in these
    rows.
    """

    frame: xr.Dataset
    number: int
    k: int
    gain: Light
    full: int
    rows: tuple[int, int]
    columns: tuple[int, int]
    source: dict[str, str] = field(default_factory=dict)
    _left: int = 0
    _counts: tuple[Counts, Counts] = (NONE, NONE)
    _lock: Any = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Every so many rows need it."""
        self._left = len(range(self.rows[0] // ROWS, -(-self.rows[1] // ROWS))) if self.seen else 0

    @property
    def seen(self) -> bool:
        """Whether it lies in the map at all."""
        return self.rows[0] < self.rows[1] and self.columns[0] < self.columns[1]

    def counts(self) -> tuple[Counts, Counts]:
        """Counts (line, sample, 3), and where a band is at its end or a neighbour's is (empty: nowhere)."""
        import cv2

        with self._lock:
            if not self._counts[0].size:
                whole = self.frame.compute()
                dn, full = whole["dn"].to_numpy(), saturated(whole, self.full)
                if dn.ndim == 2:
                    dn = np.repeat(dn[..., None], 3, axis=2)
                self.source = source(whole)
                near: Any = cv2.dilate(full.astype(np.uint8), np.ones((3, 3), np.uint8)) if full.size else NONE
                self._counts = dn, near
            return self._counts

    def used(self) -> None:
        """Some rows that needed it are done."""
        with self._lock:
            self._left -= 1
            if not self._left:
                self._counts = NONE, NONE


class Tally(NamedTuple):
    """What has been counted of rows: pixels by how many frames saw them (256,), the share of empty pixels in squares of
    BLOCK (line, sample), and errors over values of some pixels (n,).
    """

    seen_by: NDArray[np.int64]
    empty: Light
    noise: Array

    @classmethod
    def together(cls, parts: Iterable[Tally]) -> Tally:
        """Of rows that follow each other."""
        seen, empty, noise = zip(*parts, strict=True)
        return cls(np.sum(seen, axis=0), np.concatenate(empty), np.concatenate(noise))


@dataclass(frozen=True)
class Laid:
    """Frames in a map: everything the rows of a panorama depend on.

    turn: (3, 3) from the lander frame to that of the map. shares: of each piece in the cells of the map it lies in, as
    ``seams`` has them. scale: what values are multiples of, acali DN / ms.
    """

    placing: Placing
    gains: Gains
    grid: PanoramaMap
    turn: Array
    pieces: list[Piece]
    shares: list[Light]
    scale: float

    @classmethod
    def of(
        cls, frames: dict[int, tuple[int, xr.Dataset]], placing: Placing, gains: Gains, grid: PanoramaMap, turn: Array,
        pool: Pool | None = None,
    ) -> Laid:  # fmt: skip
        """frames: by their place in the placing, (number, frame); they are compared here."""
        pieces = [
            Piece(frame, number, k, _light(frame), full_scale(frame), *bounds(placing, k, grid, turn))
            for k, (number, frame) in frames.items()
        ]
        pieces = [piece for piece in pieces if piece.seen]
        scale = max(float(p.full * p.gain.max() / gains.gain[p.k]) for p in pieces) / 65535.0
        cells, run = Cells.of(grid), pool.map if pool else map
        dark = np.float32(DARK_DN) * np.median([p.gain for p in pieces], axis=0)

        def said(p: Piece) -> Look:
            return look(p.frame, p.full, p.gain, dark, gains, placing, p.k, cells, p.rows, p.columns, turn)

        return cls(placing, gains, grid, turn, pieces, shares(list(run(said, pieces)), gains.error, cells), scale)

    @property
    def sigma_scale(self) -> float:
        """What errors are multiples of."""
        return self.scale / FINER

    def make(self, put: Callable[[int, Rows], None], pool: Pool | None) -> Tally:
        """Compose all rows and give them to ``put``, with the number of the first; with a pool in no order. They are
        those of ``put`` until it returns.
        """
        run: Callable[..., Any] = pool.map if pool else map
        # memory that has been used once is at hand; new memory the system has to clear first
        sheets: list[tuple[Sums, Settled]] = []

        def some(top: int) -> Tally:
            sheet = sheets.pop() if sheets else (Sums.of(ROWS, self.grid.width), Settled.of(ROWS, self.grid.width))
            rows, tally = self.rows(top, *sheet)
            put(top, rows)
            sheets.append(sheet)
            return tally

        return Tally.together(run(some, range(0, self.grid.height, ROWS)))

    def rows(self, top: int, sums: Sums, settled: Settled) -> tuple[Rows, Tally]:
        """Layers of ROWS rows of the map (what is left of it at the end), and what was counted; both on these sheets
        of ROWS rows.
        """
        bottom = min(top + ROWS, self.grid.height)
        sums, settled = sums.first(bottom - top), settled.first(bottom - top)
        sums.clear()
        for n, piece in enumerate(self.pieces):
            if piece.rows[0] < bottom and piece.rows[1] > top:
                self._add(sums, n, piece, top, bottom)
                piece.used()
        settle(sums.light, sums.variance, sums.total, sums.best, self.scale, self.sigma_scale, *settled)
        rows: Rows = {"image": settled.image, "frame": sums.number, "weight": settled.weight, "sigma": settled.sigma}
        return rows, _tally(sums)

    def _add(self, sums: Sums, n: int, piece: Piece, top: int, bottom: int) -> None:
        rows = max(piece.rows[0], top), min(piece.rows[1], bottom)
        at = pixels(self.placing, piece.k, self.grid, rows, piece.columns, self.turn)
        i, j = (np.ascontiguousarray(each) for each in at)
        dn, burnt = piece.counts()
        a, size = piece.frame.attrs, (self.placing.camera.width, self.placing.camera.height)
        averaged = reduction(i, j, min(size))
        noise = Noise.of(a["instrument"], str(a.get("mode", "")), piece.full, int(a.get("binning", 1)), averaged)
        value, hit = _sampled(dn, burnt, i, j, averaged)
        share = Cells.of(self.grid).spread(self.shares[n], rows, piece.rows[0], piece.columns)
        gain, left = piece.gain / np.float32(self.gains.gain[piece.k]), piece.columns[0] % self.grid.width
        add(
            *sums, value, i, j, hit, share, gain, self.gains.vignetting, noise, size, MARGIN_PX, piece.number,
            rows[0] - top, left,
        )  # fmt: skip


def _light(frame: xr.Dataset) -> Light:
    """Light of a count in each band."""
    a = frame.attrs
    return (np.array(a.get("acali", [1.0, 1.0, 1.0]), float) / a["exposure_ms"]).astype(np.float32)


def _sampled(dn: Counts, burnt: Counts, i: Light, j: Light, averaged: int) -> tuple[Light, Counts]:
    """Counts (rows, columns, 3) at samples i and lines j (from 1), and where they are burnt.

    Where the map is coarser than the frame, means of ``averaged`` x ``averaged`` pixels are taken first.
    """
    import cv2

    n, height = averaged, dn.shape[0]
    first = int(np.clip(j.min() - 4, 0, height - n)) // n * n
    last = int(np.clip(j.max() + 4, first + n, height))
    part: Any = dn[first:last].astype(np.float32)
    if n > 1:
        lines, samples = (length // n for length in part.shape[:2])
        part = cv2.resize(part[: n * lines, : n * samples], (samples, lines), interpolation=cv2.INTER_AREA)
    x, y = i - np.float32(1), j - np.float32(1 + first)
    u, v = ((axis - np.float32(0.5 * (n - 1))) / np.float32(n) for axis in (x, y))
    value: Any = cv2.remap(part, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    hit = cv2.remap(burnt[first:last], x, y, cv2.INTER_NEAREST) if burnt.size else NONE
    return value, np.asarray(hit, np.uint8)


def _tally(sums: Sums) -> Tally:
    import cv2

    count = sums.times
    lines, samples = (-(-n // BLOCK) for n in count.shape)
    # a square that the map's edge cuts is judged by what there is of it
    empty = cv2.copyMakeBorder(
        (count == 0).astype(np.float32), 0, lines * BLOCK - count.shape[0], 0, samples * BLOCK - count.shape[1],
        cv2.BORDER_REPLICATE,
    )  # fmt: skip
    squares = cv2.resize(empty, (samples, lines), interpolation=cv2.INTER_AREA)
    light, variance = (layer[::SOME_TH, ::SOME_TH, 1] for layer in (sums.light, sums.variance))
    known = (variance > 0) & (light > 0)
    return Tally(
        np.bincount(count.ravel(), minlength=256), np.asarray(squares, np.float32),
        np.sqrt(variance[known]) / light[known],
    )  # fmt: skip
