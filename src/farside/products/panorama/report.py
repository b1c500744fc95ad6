"""What a panorama says of itself: how well its frames fit, what it does not show, how much of it was seen twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import PanoramaMap
from farside.products.panorama.laid import BLOCK, Laid, Tally
from farside.products.panorama.pointing import GOOD_PX, LABEL_SIGMA_DEG, Pointing
from farside.products.panorama.roll import Roll

Array = NDArray[np.float64]

LARGEST = 20
"""Holes that are named, the largest."""


@dataclass(frozen=True)
class OfFrame:
    """A frame: good ties, their RMS misfit (None: no ties), how far from its label, brightness over its label's."""

    product: str
    ties: int
    rms_px: float | None
    moved_deg: float
    gain: float


@dataclass(frozen=True)
class OfPair:
    """Two frames: good ties between them and their RMS misfit."""

    first: str
    second: str
    ties: int
    rms_px: float


@dataclass(frozen=True)
class Hole:
    """A spot that no frame saw, with seen ones all around: where its middle is, and its size."""

    az_deg: float
    el_deg: float
    pixels: int


@dataclass(frozen=True)
class Measures:
    """What was measured of a panorama.

    given, used: frames. refused: by product, why. pointing: "ties" or "labels". absolute_sigma_deg: of the whole, over
    all axes. relative_sigma_deg: of a frame against the others, over all axes. label_sigma_deg: error of the labels as
    found, each axis. focal_ratio: focal length over the label's. residual_px: median misfit of ties. width, height:
    pixels of the map. coverage: share of it that is seen. seen_by: share of that, by how many frames saw it. overlaps:
    pairs of frames that may overlap, and how many of them ties hold together. noise: median error over value.
    """

    title: str
    given: int
    used: int
    refused: Mapping[str, str]
    pointing: str
    absolute_sigma_deg: float
    relative_sigma_deg: float
    label_sigma_deg: float
    focal_ratio: float
    residual_px: float | None
    width: int
    height: int
    coverage: float
    seen_by: Mapping[int, float]
    overlaps: tuple[int, int]
    noise: float
    holes: int
    largest_holes: tuple[Hole, ...]
    frames: tuple[OfFrame, ...]
    pairs: tuple[OfPair, ...]

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    def text(self) -> str:
        """As people read it."""
        left_out = f", {len(self.refused)} refused" if self.refused else ""
        lines = [f"{self.title}: {self.used} of {self.given} frames{left_out}, {self.width} x {self.height} pixels"]
        if self.pointing == "ties":
            lines += [
                f"pointing by the frames themselves: ties miss by {self.residual_px:.3f} px (median), labels were off "
                f"by {self.label_sigma_deg:.3f} deg each way",
                f"pointing sigma {self.absolute_sigma_deg:.4f} deg of the whole, {self.relative_sigma_deg:.4f} deg of "
                f"frames against each other; focal length {self.focal_ratio:.5f} of the label's",
            ]
        else:
            lines += [f"pointing as labelled (sigma {self.label_sigma_deg:g} deg each way): too little is seen twice"]
        stay = [f.product for f in self.frames if f.moved_deg == 0.0 and f.product not in self.refused]
        if self.pointing == "ties" and stay:
            named = ", ".join(stay[:3]) + (", ..." if len(stay) > 3 else "")
            lines += [f"as labelled, unchecked, as too little of them is seen twice: {len(stay)} ({named})"]
        pairs, tied = self.overlaps
        often = ", ".join(f"{share:.1%} by {n}" for n, share in self.seen_by.items())
        lines += [
            f"{self.coverage:.1%} of the map seen ({often}); {tied} of {pairs} neighbouring pairs tied; "
            f"noise {self.noise:.2%} of the value (median)"
        ]
        if self.holes:
            spots = "; ".join(
                f"azimuth {h.az_deg:.1f}, elevation {h.el_deg:.1f}, {h.pixels} px" for h in self.largest_holes[:3]
            )
            lines += [f"{self.holes} holes, the largest at {spots}"]
        worst = max((f for f in self.frames if f.rms_px is not None), key=lambda f: f.rms_px or 0.0, default=None)
        if worst:
            lines += [
                f"worst frame {worst.product}: {worst.rms_px:.3f} px RMS of {worst.ties} ties, moved by "
                f"{worst.moved_deg:.3f} deg"
            ]
        return "\n".join([*lines, *(f"refused {product}: {why}" for product, why in self.refused.items())])


def measures(
    roll: Roll, aimed: list[int], pointing: Pointing, laid: Laid, tally: Tally, refused: Mapping[int, str]
) -> Measures:
    """What is to be said of a panorama that was laid of a roll of frames.

    aimed: numbers of the frames that were pointed. refused: numbers of those that are left out, and why.
    """
    names = [str(roll[n].attrs.get("product_id")) for n in aimed]
    a = laid.pieces[0].frame.attrs
    seen = tally.seen_by[1:].sum()
    shares = {n + 1: float(share) for n, share in enumerate(tally.seen_by[1:] / max(seen, 1)) if share >= 5e-4}
    holes = _holes(tally.empty, laid.grid)
    frames, pairs = _residuals(pointing, names, laid.gains.gain)
    used = max(len(laid.pieces), 1)
    return Measures(
        title=f"Panorama of {a['instrument'].upper()}, sequence {a['sequence_id']}, {a['start_utc'][:10]}",
        given=len(roll),
        used=len(laid.pieces),
        refused={str(roll[n].attrs.get("product_id")): why for n, why in refused.items()},
        pointing=pointing.by,
        absolute_sigma_deg=float(pointing.label_sigma_deg * np.sqrt(3.0 / used)),
        relative_sigma_deg=_relative_sigma_deg(pointing),
        label_sigma_deg=pointing.label_sigma_deg,
        focal_ratio=pointing.adjusted.focal,
        residual_px=pointing.pair_residual_px if np.isfinite(pointing.pair_residual_px) else None,
        width=laid.grid.width,
        height=laid.grid.height,
        coverage=float(seen / tally.seen_by.sum()),
        seen_by=shares,
        overlaps=(len(laid.placing.pairs()), len(pairs)),
        noise=float(np.median(tally.noise)) if tally.noise.size else float("nan"),
        holes=len(holes),
        largest_holes=tuple(sorted(holes, key=lambda hole: -hole.pixels)[:LARGEST]),
        frames=frames,
        pairs=pairs,
    )


def _residuals(pointing: Pointing, names: list[str], gains: Array) -> tuple[tuple[OfFrame, ...], tuple[OfPair, ...]]:
    """Of frames and pairs, from the good ties."""
    size2 = pointing.adjusted.residual_px[pointing.adjusted.residual_px < GOOD_PX] ** 2
    n, who = len(names), pointing.ties.frames
    sums = np.bincount(who.ravel(), np.repeat(size2, 2), n)
    frames = tuple(
        OfFrame(name, int(count), float(np.sqrt(total / count)) if count else None, float(moved), float(gain))
        for name, count, total, moved, gain in zip(names, pointing.count, sums, pointing.moved_deg, gains, strict=True)
    )
    which, inverse, counts = np.unique(who[:, 0] * n + who[:, 1], return_inverse=True, return_counts=True)
    rms = np.sqrt(np.bincount(inverse, size2, len(which)) / counts)
    pairs = tuple(
        OfPair(names[pair // n], names[pair % n], int(count), float(size))
        for pair, count, size in zip(which, counts, rms, strict=True)
    )
    return frames, pairs


def _relative_sigma_deg(pointing: Pointing) -> float:
    """RMS standard error of frames, their common rotation taken away, over all axes."""
    if pointing.by != "ties":
        return LABEL_SIGMA_DEG * float(np.sqrt(3.0))
    n = len(pointing.count)
    apart = np.kron(np.eye(n) - 1.0 / n, np.eye(3))
    return float(np.degrees(np.sqrt(np.trace(apart @ pointing.adjusted.covariance @ apart) / n)))


def _holes(empty: NDArray[np.float32], grid: PanoramaMap) -> list[Hole]:
    """Regions of squares of BLOCK pixels with empty ones that do not reach the upper or lower edge of the map (any edge
    of one from above); one that lies across the left and right end counts there and there.
    """
    import cv2

    n, label, stats, middles = cv2.connectedComponentsWithStats((empty > 0).astype(np.uint8), connectivity=8)
    pixels = np.bincount(label.ravel(), empty.ravel().astype(float) * BLOCK**2, n)
    lines, samples = empty.shape
    out = []
    for k in range(1, n):
        left, top, wide, high = (int(v) for v in stats[k, :4])
        open_ = top == 0 or top + high == lines or (not grid.turn and (left == 0 or left + wide == samples))
        if not open_:
            az, el = grid.azel(*((middles[k] + 0.5) * BLOCK - 0.5))
            out.append(Hole(round(float(np.degrees(az)), 2), round(float(np.degrees(el)), 2), round(float(pixels[k]))))
    return out
