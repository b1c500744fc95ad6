"""The panoramic camera's desk: both eyes' frames, the portrait they make together, and how far away everything is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.products.attitude import attitude_at
from farside.products.desk import Bench, Desk, Finding, Report, Still
from farside.products.frames import clock, is_wide, keep_frame
from farside.products.light_tiff import write_light
from farside.products.portrait.mosaic import FAR_M, UPRIGHT, portrait
from farside.products.portrait.picture import write_anaglyph, write_depth, write_frame, write_portrait
from farside.products.portrait.stereo import depth_map, rectify
from farside.products.shelf import Shelf

if TYPE_CHECKING:
    import xarray as xr

LEFT, RIGHT = "pcaml", "pcamr"
COLUMN_DEG = 3.0
"""Pointings this close in yaw are of one column."""
DARK_DN = 20
"""Samples (of 1023) up to this are sky or deep shadow."""
SHOWN, SHOWN_EVERY = 6, 7
"""The first left frames of a sequence are shown, and every so many-th after them."""
MIDDLE = 0.15
"""Half of the share of a picture's sides that counts as its middle."""


class PcamDesk(Desk):
    """Puts portraits together and finds depths."""

    name: ClassVar[str] = "pcam"
    instruments: ClassVar[tuple[str, ...]] = (LEFT, RIGHT)
    title: ClassVar[str] = "Panoramic camera"
    what: ClassVar[str] = (
        "Two colour cameras side by side on the rover's mast, 27 cm apart and 1.5 m above the ground. Together they "
        "see how far away things are. On 2019-01-11 they took the portrait of the lander."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._shelf = Shelf(bench)
        self._sequences: dict[str, dict[tuple[str, int], Path]] = {}
        self._yaws: dict[str, set[float]] = {}

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a frame; those of the left eye are shown, of a long sequence some."""
        if self._shelf.takes(observation):
            return None
        path, frame = keep_frame(observation, self.bench, self._shelf.masters(observation))
        a = frame.attrs
        frames = self._sequences.setdefault(a["sequence_id"], {})
        frames[a["instrument"], a["index"]] = path
        self._yaws.setdefault(a["sequence_id"], set()).add(a.get("mast_yaw_deg", 0.0))
        lefts = sum(eye == LEFT for eye, _ in frames)
        if a["instrument"] != LEFT or (lefts > SHOWN and lefts % SHOWN_EVERY):
            return None
        picture = write_frame(frame, self.bench.browse / f"{a['product_id']}.png")
        return Still(picture, f"Panoramic camera, left eye, {clock(a['start_utc'])} UTC")

    def finish(self) -> Report:
        """For each sequence the portrait of one eye, and of the pair that shows most depths, anaglyph and light.

        A sequence that turns all around is no portrait: its frames are kept, and counted.
        """
        products: dict[str, Path] = {}
        portraits: list[Still] = []
        stills: list[Still] = []
        findings: list[Finding] = []
        for number, paths in sorted(self._sequences.items()):
            if is_wide(self._yaws[number]):
                lefts = {index for eye, index in paths if eye == LEFT}
                pairs = len(lefts & {index for eye, index in paths if eye == RIGHT})
                meaning = f"Sequence {number}: stereo pairs of everything around the rover, as calibrated frames."
                findings.append(Finding("Pairs of a panorama", str(pairs), "", meaning))
            else:
                self._sequence(number, paths, products, portraits, stills, findings)
        return Report(products, (*portraits, *stills), findings=tuple(findings), portraits=tuple(portraits))

    def _sequence(
        self,
        number: str,
        paths: dict[tuple[str, int], Path],
        products: dict[str, Path],
        portraits: list[Still],
        stills: list[Still],
        findings: list[Finding],
    ) -> None:
        release, derived = self.bench.release, self.bench.archive / archive.DERIVED
        pairs = sorted(index for eye, index in paths if eye == LEFT and (RIGHT, index) in paths)
        distance = FAR_M
        if pairs:
            index = self._fullest({index: paths[LEFT, index] for index in pairs})
            left, right = (archive.read(paths[eye, index]) for eye in (LEFT, RIGHT))
            products[f"pcam-light-{number}"] = write_light(left, release / f"pcam-light-{number}.tif")
            depth, pair = depth_map(left, right), rectify(left, right)
            products[f"pcam-depth-{number}"] = archive.write_layers(depth, derived)
            z, sigma = depth["depth"].to_numpy(), depth["sigma"].to_numpy()
            when = clock(left.attrs["start_utc"])
            picture = write_depth(z, release / f"pcam-depth-{number}.png")
            stills.append(Still(
                picture, f"Distances seen by both eyes, {when} UTC: near is bright; black where it is not known",
                "Depth map of one pair",
            ))  # fmt: skip
            if (middle := _middle_of(z, sigma)) is not None:
                distance, error = middle
                disparity = pair.baseline_m / pair.camera.pixel_rad / distance
                glasses = write_anaglyph(pair, disparity, release / f"pcam-anaglyph-{number}.jpg")
                stills.append(Still(
                    glasses, f"Both eyes for red and cyan glasses, {when} UTC", "Anaglyph of one pair",
                ))  # fmt: skip
                findings.append(Finding(
                    "Distance of what is in the middle", f"{distance:.2f} m", f"± {error:.2f} m",
                    "Median of the depths in the middle of the pair, measured by the parallax of 27 cm.",
                ))  # fmt: skip
            findings.append(Finding(
                "Pixels with a depth", f"{100.0 * depth.attrs['coverage']:.0f} %", "",
                "Sky, shadows and what only one eye sees have none.",
            ))  # fmt: skip
        eye = LEFT if any(e == LEFT for e, _ in paths) else RIGHT
        frames = [archive.read(path) for (e, _), path in sorted(paths.items()) if e == eye]
        try:
            whole = portrait(frames, distance, self._up(frames[0].attrs["start_utc"]))
        except BadInput as error:
            findings.append(Finding("Portrait", "none", "", f"Of sequence {number}: expected {error.expected}."))
            return
        products[f"pcam-portrait-{number}"] = archive.write_layers(whole, derived)
        picture = write_portrait(whole, release / f"pcam-portrait-{number}.jpg")
        products[f"pcam-portrait-{number}-picture"] = picture
        day = frames[0].attrs["start_utc"][:10]
        caption = f"Portrait from {len(frames)} frames of the rover's panoramic camera, {day}"
        alt = "What the rover's camera portrayed"
        portraits.append(Still(picture, caption, alt, tiles=picture.with_suffix(".dzi")))

    def _up(self, utc: str) -> np.ndarray:
        """Direction of the local vertical in the rover's frame, from its last housekeeping before ``utc``."""
        columns = self.bench.telemetry("rover")
        if columns is None:
            return UPRIGHT
        up: np.ndarray = attitude_at(columns, utc_to_t(utc))[2]
        return up

    def _fullest(self, lefts: dict[int, Path]) -> int:
        """Index of the pair in the middle column that shows most: sky has no depth."""
        frames = {index: archive.read(path) for index, path in lefts.items()}
        axes = {index: np.array(f.attrs["center_vector"], float) for index, f in frames.items()}
        mean = np.mean(list(axes.values()), axis=0)
        aside = {index: abs(axis[0] * mean[1] - axis[1] * mean[0]) for index, axis in axes.items()}
        column = min(aside.values()) + np.radians(COLUMN_DEG)
        lit = {index: float((frames[index]["dn"] > DARK_DN).mean()) for index in aside if aside[index] <= column}
        return max(lit, key=lambda index: lit[index])


def _middle_of(depth: np.ndarray, sigma: np.ndarray) -> tuple[float, float] | None:
    """Median depth in the middle of a map and its error, m: neighbouring depths share theirs."""
    lines, samples = depth.shape
    rows = slice(int(lines * (0.5 - MIDDLE)), int(lines * (0.5 + MIDDLE)) + 1)
    columns = slice(int(samples * (0.5 - MIDDLE)), int(samples * (0.5 + MIDDLE)) + 1)
    known = np.isfinite(depth[rows, columns])
    if not known.any():
        return None
    return float(np.median(depth[rows, columns][known])), float(np.median(sigma[rows, columns][known]))
