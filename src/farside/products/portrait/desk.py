"""The panoramic camera's desk: both eyes' frames, the portrait they make together, and how far away everything is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.products.attitude import attitude_at
from farside.products.desk import Bench, Desk, Finding, Report, Still
from farside.products.flag import flag_findings
from farside.products.frames import clock, is_wide, keep_frame
from farside.products.full_scale import full_scale
from farside.products.light_tiff import write_light
from farside.products.portrait.change import change
from farside.products.portrait.elevation import POST_M, elevation, write_geotiff, write_orthophoto
from farside.products.portrait.mosaic import FAR_M, UPRIGHT, fit_of, portrait
from farside.products.portrait.picture import light_of, write_anaglyph, write_depth, write_frame, write_portrait
from farside.products.portrait.plan import write_change, write_plan
from farside.products.portrait.stereo import depth_map, rectify
from farside.products.shelf import Shelf

if TYPE_CHECKING:
    import xarray as xr

LEFT, RIGHT = "pcaml", "pcamr"
COLUMN_DEG = 3.0
"""Pointings this close in yaw are of one column."""
DARK = 20 / 1023
"""Samples up to this share of full scale are sky or deep shadow."""
SHOWN, SHOWN_EVERY = 6, 7
"""The first left frames of a sequence are shown, and every so many-th after them."""
FINE_FOCAL_PX = 3378.0
"""Cameras at least as fine as this, that of panchromatic frames, have posts 2 cm apart; coarser ones farther."""
MIDDLE = 0.15
"""Half of the share of a picture's sides that counts as its middle."""


@dataclass(frozen=True)
class _Ground:
    """An elevation model that has been made: of which sequence, its file, and the depth maps that it is of."""

    number: str
    start_utc: str
    post_m: float
    path: Path
    depths: tuple[Path, ...]


@dataclass
class _Made:
    """What the desk has made so far."""

    grounds: list[_Ground] = field(default_factory=list)
    products: dict[str, Path] = field(default_factory=dict)
    portraits: list[Still] = field(default_factory=list)
    stills: list[Still] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


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
        """For each sequence depths and ground of all pairs, and, unless it turns all around, both eyes' portrait."""
        made = _Made()
        for number, paths in sorted(self._sequences.items()):
            wide = is_wide(self._yaws[number])
            depths = self._depths(number, paths, made)
            made.products |= {f"pcam-depth-{number}-{index:03d}": path for index, path in depths.items()}
            if wide:
                meaning = f"Sequence {number}: stereo pairs of everything around the rover, as calibrated frames."
                made.findings.append(Finding("Pairs of a panorama", str(len(depths)), "", meaning))
            maps = {index: archive.read_layers(path) for index, path in depths.items()}
            if maps:
                self._ground(number, list(maps.values()), made, tuple(depths.values()))
            if not wide:
                self._portrait(number, paths, maps, made)
                lefts = [path for (eye, _), path in sorted(paths.items()) if eye == LEFT]
                made.findings += flag_findings(lefts, "lander", self.bench)
        self._changes(made)
        stills = (*made.portraits, *made.stills)
        return Report(made.products, stills, findings=tuple(made.findings), portraits=tuple(made.portraits))

    def _depths(self, number: str, paths: dict[tuple[str, int], Path], made: _Made) -> dict[int, Path]:
        """Depth maps of all pairs by their index; a pair that is none is a finding."""

        def depth(index: int) -> Path | BadInput:
            left, right = (archive.read(paths[eye, index]) for eye in (LEFT, RIGHT))
            try:
                return archive.write_layers(depth_map(left, right), self.bench.archive / archive.DERIVED)
            except BadInput as error:
                return error

        pairs = sorted(index for eye, index in paths if eye == LEFT and (RIGHT, index) in paths)
        found: dict[int, Path] = {}
        for index, got in zip(pairs, self.bench.pool.map(depth, pairs), strict=True):
            if isinstance(got, BadInput):
                meaning = f"Pair {index} of sequence {number}: expected {got.expected}, not {got.value}."
                made.findings.append(Finding("Depth map", "none", "", meaning))
            else:
                found[index] = got
        return found

    def _portrait(
        self, number: str, paths: dict[tuple[str, int], Path], depths: dict[int, xr.Dataset], made: _Made
    ) -> None:
        """Portrait by each eye, both of them in red and cyan, and how far away the middle is."""
        release, distance = self.bench.release, FAR_M
        if depths:
            index = self._fullest({index: paths[LEFT, index] for index in depths})
            distance = self._pair(number, index, paths, depths[index], made)
        whole: xr.Dataset | None = None
        for eye in (LEFT, RIGHT):
            frames = [archive.read(path) for (e, _), path in sorted(paths.items()) if e == eye]
            if not frames:
                continue
            up = self._up(frames[0].attrs["start_utc"])
            try:
                seen = portrait(frames, distance, up, list(depths.values()), whole)
            except BadInput as error:
                made.findings.append(
                    Finding("Portrait", "none", "", f"Of sequence {number}: expected {error.expected}.")
                )
                return
            name = f"pcam-portrait-{number}" if whole is None else f"pcam-portrait-{number}-right"
            made.products[name] = archive.write_layers(seen, self.bench.archive / archive.DERIVED)
            if whole is not None:
                shift = float(np.linalg.norm(np.subtract(seen.attrs["eye_m"], whole.attrs["eye_m"])))
                shift *= seen.attrs["focal_px"] / distance
                glasses = write_anaglyph(
                    light_of(whole), light_of(seen), shift, release / f"pcam-portrait-{number}-anaglyph.jpg"
                )
                made.portraits[-1] = replace(made.portraits[-1], anaglyph=glasses)
                return
            whole = seen
            picture = write_portrait(whole, release / f"pcam-portrait-{number}.jpg")
            made.products[f"{name}-picture"] = picture
            day = frames[0].attrs["start_utc"][:10]
            caption = f"Portrait from {len(frames)} frames of the rover's panoramic camera, {day}"
            made.portraits.append(
                Still(picture, caption, "What the rover's camera portrayed", fit_of(whole), picture.with_suffix(".dzi"))
            )

    def _pair(
        self, number: str, index: int, paths: dict[tuple[str, int], Path], depth: xr.Dataset, made: _Made
    ) -> float:
        """Pictures and findings of one pair; the distance of what is in its middle, m."""
        release = self.bench.release
        left, right = (archive.read(paths[eye, index]) for eye in (LEFT, RIGHT))
        made.products[f"pcam-depth-{number}"] = made.products.pop(f"pcam-depth-{number}-{index:03d}")
        made.products[f"pcam-light-{number}"] = write_light(left, release / f"pcam-light-{number}.tif")
        z, sigma = depth["depth"].to_numpy(), depth["sigma"].to_numpy()
        when = clock(left.attrs["start_utc"])
        picture = write_depth(z, release / f"pcam-depth-{number}.png")
        known = np.isfinite(z)
        error = f"± {100.0 * float(np.median(sigma[known] / z[known])):.1f} % of the distance" if known.any() else ""
        made.stills.append(Still(
            picture, f"Distances seen by both eyes, {when} UTC: near is bright; black where it is not known",
            "Depth map of one pair", error,
        ))  # fmt: skip
        made.findings.append(Finding(
            "Pixels with a depth", f"{100.0 * depth.attrs['coverage']:.0f} %", "",
            "Sky, shadows and what only one eye sees have none.",
        ))  # fmt: skip
        if (middle := _middle_of(z, sigma)) is None:
            return FAR_M
        distance, wrong = middle
        pair = rectify(left, right)
        disparity = pair.baseline_m / pair.camera.pixel_rad / distance
        glasses = write_anaglyph(pair.left, pair.right, disparity, release / f"pcam-anaglyph-{number}.jpg")
        made.stills.append(Still(glasses, f"Both eyes for red and cyan glasses, {when} UTC", "Anaglyph of one pair"))
        made.findings.append(Finding(
            "Distance of what is in the middle", f"{distance:.2f} m", f"± {wrong:.2f} m",
            "Median of the depths in the middle of the pair, measured by the parallax of 27 cm.",
        ))  # fmt: skip
        return distance

    def _ground(self, number: str, maps: list[xr.Dataset], made: _Made, depths: tuple[Path, ...]) -> None:
        """Elevation model and orthophoto of all pairs of a sequence."""
        release = self.bench.release
        post_m = POST_M * max(1.0, FINE_FOCAL_PX / maps[0].attrs["focal_px"])
        try:
            ground = elevation(maps, self._attitude(maps[0].attrs["start_utc"]), post_m)
        except BadInput as error:
            made.findings.append(
                Finding("Elevation model", "none", "", f"Of sequence {number}: expected {error.expected}.")
            )
            return
        path = archive.write_layers(ground, self.bench.archive / archive.DERIVED)
        made.products[f"pcam-dem-{number}"] = path
        made.grounds.append(_Ground(number, str(ground.attrs["start_utc"]), post_m, path, depths))
        made.products[f"pcam-dem-{number}-geotiff"] = write_geotiff(ground, release / f"pcam-dem-{number}.tif")
        made.products[f"pcam-ortho-{number}-geotiff"] = write_orthophoto(ground, release / f"pcam-ortho-{number}.tif")
        picture = write_plan(ground, release / f"pcam-dem-{number}.png")
        sigma = 1e3 * float(np.nanmedian(ground["sigma"].to_numpy()))
        day, pairs = ground.attrs["start_utc"][:10], ground.attrs["pairs"]
        caption = f"The ground around the rover from {pairs} stereo pair{'s' * (pairs > 1)}, {day}"
        made.stills.append(Still(
            picture, caption, "Heights and orthophoto seen from above",
            f"heights ± {sigma:.1f} mm at posts {100.0 * post_m:.0f} cm apart",
        ))  # fmt: skip
        apart = ground.attrs.get("apart_m")
        pointing = f"; pairs agree to {1e3 * apart[0]:.1f} mm where they overlap" if apart else ""
        made.findings.append(Finding(
            "Heights of the ground", f"{int((ground['count'].to_numpy() > 0).sum())} posts", f"± {sigma:.1f} mm",
            f"Sequence {number}, median error without the mast's{pointing}.",
        ))  # fmt: skip

    def _changes(self, made: _Made) -> None:
        """What has changed of the ground between two days at one station, each against the one before."""
        grounds = sorted(made.grounds, key=lambda ground: ground.start_utc)
        for before, after in pairwise(grounds):
            if before.start_utc[:10] == after.start_utc[:10] or not self._stood(before.start_utc, after.start_utc):
                continue
            post_m = max(before.post_m, after.post_m)
            days = f"{before.start_utc[:10]} and {after.start_utc[:10]}"
            try:
                later = self._model(after, post_m)
                found = change(self._model(before, post_m), later)
            except BadInput as error:
                meaning = f"Between {days}: {error.field} {error.value}; expected {error.expected}."
                made.findings.append(Finding("Change of the ground", "not compared", "", meaning))
                continue
            name = f"pcam-change-{before.number}-{after.number}"
            made.products[name] = archive.write_layers(found, self.bench.archive / archive.DERIVED)
            picture = write_change(found, later, self.bench.release / f"{name}.png")
            made.products[f"{name}-picture"] = picture
            places, sigma = len(json.loads(found.attrs["places"])), 1e3 * float(np.nanmedian(found["sigma"].to_numpy()))
            wrong = f"differences ± {sigma:.1f} mm"
            caption = f"What has changed of the ground around the rover between {days}"
            made.stills.append(Still(picture, caption, "Differences of heights, and where they are no chance", wrong))
            meaning = (
                f"Between {days}, where the heights of both are known. "
                f"Of posts called changed {found.attrs['false_share']:.0%} are so by chance."
            )
            made.findings.append(Finding("Places of the ground that changed", str(places), wrong, meaning))

    def _model(self, ground: _Ground, post_m: float) -> xr.Dataset:
        """An elevation model as it was made, or with its posts farther apart."""
        if ground.post_m == post_m:
            return archive.read_layers(ground.path)
        maps = [archive.read_layers(path) for path in ground.depths]
        return elevation(maps, self._attitude(ground.start_utc), post_m)

    def _stood(self, before: str, after: str) -> bool:
        """Whether the rover's wheels have not turned between two times by its housekeeping."""
        columns = self.bench.telemetry("rover")
        if columns is None:
            return False
        k = np.clip(np.searchsorted(columns["t"], [utc_to_t(before), utc_to_t(after)]) - 1, 0, None)
        return bool(columns["odometer_m"][k[0]] == columns["odometer_m"][k[1]])

    def _attitude(self, utc: str) -> np.ndarray | None:
        """From the rover's frame to east, north, up by its last housekeeping before ``utc``; None without any."""
        columns = self.bench.telemetry("rover")
        return None if columns is None else attitude_at(columns, utc_to_t(utc))

    def _up(self, utc: str) -> np.ndarray:
        """Direction of the local vertical in the rover's frame."""
        attitude = self._attitude(utc)
        return UPRIGHT if attitude is None else attitude[2]

    def _fullest(self, lefts: dict[int, Path]) -> int:
        """Index of the pair in the middle column that shows most: sky has no depth."""
        frames = {index: archive.read(path) for index, path in lefts.items()}
        axes = {index: np.array(f.attrs["center_vector"], float) for index, f in frames.items()}
        mean = np.mean(list(axes.values()), axis=0)
        aside = {index: abs(axis[0] * mean[1] - axis[1] * mean[0]) for index, axis in axes.items()}
        column = min(aside.values()) + np.radians(COLUMN_DEG)
        lit = {
            index: float((frame["dn"] > DARK * full_scale(frame)).mean())
            for index, frame in frames.items()
            if aside[index] <= column
        }
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
