"""The colour chart in a camera's frames: where it should be, what it says, and the ground's word beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import BadInput
from farside.geometry import Pinhole, euler_to_rotation
from farside.instruments import pinhole, targets
from farside.products.colour import Colours, Seen, chart, colours_by, find_chart, ground_balance, known, sunlight
from farside.products.desk import Bench, Finding, Report, Still
from farside.products.portrait.light import colour_light
from farside.products.swatches import write_swatches

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

LEAST_PATCHES = 8
"""Fewer in a frame are not looked for."""
NEAR, FAR = 4.0, 20.0
"""Ground between so many heights of the eye away is bare, but for the few things that stand on it."""
GROUND_SAMPLES = 100
"""Rows and columns at least that are looked at for the colour of the ground."""


class ChartRecord:
    """Collects what the frames of one camera show of the chart and of the ground; keeps no frames."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seen: dict[str, Seen] = {}
        self.refused: list[str] = []
        self._camera = "", ""
        self._shown: tuple[NDArray[np.float32], Seen] | None = None
        self._ground: list[Array] = []

    def take(self, frame: xr.Dataset) -> None:
        """Look for the chart in a calibrated frame where it should be, and at the ground."""
        self._camera = str(frame.attrs["instrument"]), str(frame.attrs["mode"])
        self._ground.append(ground_light(frame))
        name = str(frame.attrs["product_id"])
        try:
            one = chart_in(frame)
        except BadInput as error:
            self.refused.append(f"{name}: {error.value}; expected {error.expected}")
            return
        if one is not None:
            self.seen[name] = one
            if self._shown is None or len(one.number) > len(self._shown[1].number):
                self._shown = _cut(frame, one)

    def finish(self, stem: str) -> tuple[Report, dict[str, Any]]:
        """What is shown and said of the chart, its files called ``stem``; attributes for all that is made in colour."""
        ground = np.concatenate(self._ground) if self._ground else np.zeros((0, 3))
        beside = ground_balance(ground, *self._camera) if len(ground) else None
        told: dict[str, Any] = {} if beside is None else {"ground_balance": beside.round(5).tolist()}
        if self._shown is None:
            return Report(findings=_without(self.refused, beside)), {"colour_from": "published bands", **told}
        found = colours_by(list(self.seen.values()), *self._camera)
        told = found.attrs | told
        picture = write_swatches(*self._shown, found, self.bench.release / f"{stem}.png")
        attrs = {
            "title": "patches of the colour chart", "instrument": self._camera[0], "units": UNITS,
            "frames_used": list(self.seen), "frames_refused": self.refused,
            "moved_px": [round(one.moved_px, 2) for one in self.seen.values()],
            "patches_left_out": [one.left_out for one in self.seen.values()], **told,
        }  # fmt: skip
        table = archive.write_table(self.bench.archive / archive.DERIVED, stem, _columns(found), attrs)
        before, after, others = told["chart_ciede2000"]
        caption = "The colour chart as found: in each patch its printed colour inside, the camera's around it"
        error = f"mean CIEDE2000 {after:.1f}, before {before:.1f}"
        stills = (Still(picture, caption, "Patches of the colour chart", error),)
        findings = _balance(found, beside), _matrix(found, others)
        return Report({stem: table, f"{stem}-picture": picture}, stills, findings=findings), told


UNITS = {"patch": "1", "measured": "light over sunlight", "printed": "light over sunlight", "ciede2000": "1"}


def chart_in(frame: xr.Dataset) -> Seen | None:
    """What a level-2 frame shows of the chart; None where it is not in the frame by all that is known.

    The label's pointing and drawings of the vehicle say where it should be, or ``chart_corners`` of the attributes:
    columns and rows from 0 of the corners of the field of patches, from the upper left clockwise as one sees it
    upright. Raises BadInput where it should be there and is not found.
    """
    a, c = frame.attrs, targets().chart
    camera = pinhole(frame)
    half = np.array([c.columns, c.rows]) / 2.0
    across, along = np.array([-1, 1, 1, -1]) * half[0], np.array([1, 1, -1, -1]) * half[1]
    if "chart_corners" in a:
        corners = np.reshape(a["chart_corners"], (4, 2)).astype(float)
    elif c.vehicle.upper() not in str(a.get("reference_frame")):
        return None
    else:
        corners, middles = _seen_at(frame, camera, across, along), _seen_at(frame, camera, *c.middles())
        inside = ((middles > 0.0) & (middles < [camera.width - 1, camera.height - 1])).all(axis=1)
        if not np.isfinite(corners).all() or inside.sum() < LEAST_PATCHES:
            return None
    name, mode = str(a["instrument"]), str(a["mode"])
    expected = known(chart(), name, mode)[0] * sunlight(name, mode)
    return find_chart(*colour_light(frame), corners, c, expected, str(a["product_id"]))


def _seen_at(frame: xr.Dataset, camera: Pinhole, across: Array, along: Array) -> Array:
    """Columns and rows (n, 2) from 0 of places on the chart, patches from its middle; NaN behind the camera."""
    c = targets().chart
    step = c.patch_m + c.gap_m
    rotation = euler_to_rotation(*frame.attrs["camera_rotation_deg"])
    i, j = camera.project((c.places(across * step, along * step) - frame.attrs["camera_position_m"]) @ rotation)
    return np.stack([i, j], axis=-1) - 1.0


def ground_light(frame: xr.Dataset) -> Array:
    """Light (n, 3) of some pixels that see the ground, level about the vehicle, neither near nor far."""
    step = max(1, min(frame["dn"].shape[:2]) // GROUND_SAMPLES)
    camera = pinhole(frame)
    rows, columns = np.mgrid[0 : camera.height : step, 0 : camera.width : step]
    ray = camera.rays(columns + 1.0, rows + 1.0) @ euler_to_rotation(*frame.attrs["camera_rotation_deg"]).T
    down = -ray[..., 2] / np.hypot(ray[..., 0], ray[..., 1])
    light, burnt = colour_light(frame.isel(line=slice(None, None, step), sample=slice(None, None, step)))
    good = (down > 1.0 / FAR) & (down < 1.0 / NEAR) & ~burnt & (light.min(axis=2) > 0.0)
    return light[good].astype(float)


def _cut(frame: xr.Dataset, seen: Seen) -> tuple[NDArray[np.float32], Seen]:
    """The part of a frame that shows the chart, its light, and the chart with corners in that part."""
    light, _ = colour_light(frame)
    wide = np.ptp(seen.corners, axis=0) * 0.15
    low = np.maximum(np.floor(seen.corners.min(axis=0) - wide), 0.0).astype(int)
    high = np.ceil(seen.corners.max(axis=0) + wide).astype(int) + 1
    return light[low[1] : high[1], low[0] : high[0]].copy(), replace(seen, corners=seen.corners - low)


def _columns(found: Colours) -> dict[str, NDArray[Any]]:
    return {
        "patch": found.number,
        "measured": found.measured,
        "printed": known(chart(), found.instrument, found.mode)[0][found.number],
        "ciede2000": np.stack([found.before, found.after, found.left_out], axis=1),
    }


def _times(balance: Array) -> str:
    return f"red × {balance[0]:.3f}, blue × {balance[2]:.3f}"


def _balance(found: Colours, ground: Array | None) -> Finding:
    beside = "" if ground is None else f" The ground alone, taken for known soils, would say {_times(ground)}."
    return Finding(
        "White balance by the chart", _times(found.balance), f"± {found.sigma[[0, 2]].max():.3f}",
        f"Light of a band over what is published, by grey patches in {found.frames} frames.{beside}",
    )  # fmt: skip


def _matrix(found: Colours, others: float) -> Finding:
    used = "Pictures use its matrix." if found.better else "Pictures keep the published bands: they are no worse."
    off = f"Mean difference of {len(found.number)} patches from print; {found.before.mean():.1f} by published bands."
    return Finding(
        "Colours of the chart", f"{found.after.mean():.1f} CIEDE2000", f"{others:.1f} for patches left out",
        f"{off} {used}",
    )  # fmt: skip


def _without(refused: list[str], ground: Array | None) -> tuple[Finding, ...]:
    """What is said where no frame shows the chart."""
    if not refused and ground is None:
        return ()
    beside = "" if ground is None else f"The ground, taken for known soils, says {_times(ground)}: told, not used. "
    why = (
        f"The chart should be in {len(refused)} frames and is not found: {refused[0]}."
        if refused
        else "No chart is in any frame."
    )
    return (Finding("White balance", "as published", "", f"{beside}{why}"),)
