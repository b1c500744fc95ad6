"""The terrain camera's desk: frames as they come, the panorama, and portraits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.products.attitude import attitude_at
from farside.products.chart import ChartRecord
from farside.products.desk import Bench, Desk, Finding, Mosaic, Report, Still
from farside.products.flag import flag_findings
from farside.products.frames import clock, is_wide, keep_frame, level2, still
from farside.products.panorama import write_panorama
from farside.products.portrait.mosaic import fit_of, portrait
from farside.products.portrait.picture import write_portrait
from farside.products.shelf import Shelf
from farside.products.tone import write_graticule, write_panorama_tiles, write_picture

if TYPE_CHECKING:
    import xarray as xr

STILL_EVERY_TH = 10
"""Every so many-th frame is shown as a picture."""


class TcamDesk(Desk):
    """Lays the panorama, and puts portraits together."""

    name: ClassVar[str] = "tcam"
    instruments: ClassVar[tuple[str, ...]] = ("tcam",)
    title: ClassVar[str] = "Terrain camera"
    what: ClassVar[str] = (
        "A colour camera on a mast of the lander, two metres above the ground. Turning and nodding, it photographs "
        "everything around: panoramas of the landing site, and portraits of the rover."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._shelf = Shelf(bench)
        self._sequences: dict[str, list[Path]] = {}
        self._pointings: dict[str, list[tuple[float, float]]] = {}
        self._starts: dict[str, str] = {}
        self._chart = ChartRecord(bench)
        self._told: dict[str, Any] = {}

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a frame; every tenth of a sequence is shown."""
        if self._shelf.takes(observation):
            return None
        path, frame = keep_frame(observation, self.bench, self._shelf.masters(observation))
        self._chart.take(frame)
        a = frame.attrs
        paths = self._sequences.setdefault(a["sequence_id"], [])
        paths.append(path)
        self._starts[a["sequence_id"]] = min(a["start_utc"], self._starts.get(a["sequence_id"], a["start_utc"]))
        self._pointings.setdefault(a["sequence_id"], []).append((a["mast_yaw_deg"], a["mast_pitch_deg"]))
        if (len(paths) - 1) % STILL_EVERY_TH:
            return None
        pointing = f"mast yaw {a['mast_yaw_deg']:.0f}°, pitch {a['mast_pitch_deg']:.0f}°"
        return still(frame, self.bench, f"Terrain camera, {clock(a['start_utc'])} UTC: {pointing}")

    def finish(self) -> Report:
        """A panorama of every wide sequence, the earliest first; a portrait of every other one; what the chart says."""
        charted = self._charted()
        numbers = sorted(self._sequences, key=lambda number: self._starts[number])
        wide = [number for number in numbers if is_wide(yaw for yaw, _ in self._pointings[number])]
        reports = [self._panorama(f"-{number}" if k else "", self._sequences[number]) for k, number in enumerate(wide)]
        reports += [self._portrait(number, self._sequences[number]) for number in numbers if number not in wide]
        reports.append(charted)
        return Report(
            {name: path for report in reports for name, path in report.products.items()},
            tuple(still for report in reports for still in report.stills),
            mosaics=tuple(mosaic for report in reports for mosaic in report.mosaics),
            findings=tuple(finding for report in reports for finding in report.findings),
            portraits=tuple(still for report in reports for still in report.portraits),
        )

    def _charted(self) -> Report:
        """What the colour chart says of the camera, which all that is made in colour then tells and uses."""
        for path in self._shelf.frames("chart"):
            observation = archive.read(path)
            if "mast_yaw_deg" in observation.attrs:  # else nobody knows where it looked
                self._chart.take(level2(observation, self.bench.site, self._shelf.masters(observation)))
        report, self._told = self._chart.finish("tcam-chart")
        return report

    def _attitude(self, utc: str) -> NDArray[np.float64] | None:
        """How the lander stands, from its housekeeping; None where none came."""
        telemetry = self.bench.telemetry("gnc")
        return None if telemetry is None else attitude_at(telemetry, utc_to_t(utc))

    def _portrait(self, number: str, paths: list[Path]) -> Report:
        """The last shot at each pointing, as one picture."""
        last = dict(zip(self._pointings[number], paths, strict=True))
        frames = [archive.read(path) for path in last.values()]
        attitude = self._attitude(frames[0].attrs["start_utc"])
        whole = portrait(frames) if attitude is None else portrait(frames, up=attitude[2])
        whole.attrs |= self._told
        label = archive.write_layers(whole, self.bench.archive / archive.DERIVED)
        picture = write_portrait(whole, self.bench.release / f"tcam-portrait-{number}.jpg")
        caption = f"Portrait by the lander's terrain camera, {clock(frames[0].attrs['start_utc'])} UTC"
        products = {f"tcam-portrait-{number}": label, f"tcam-portrait-{number}-picture": picture}
        alt = "The rover, photographed by the lander"
        seen = (Still(picture, caption, alt, fit_of(whole), picture.with_suffix(".dzi")),)
        findings = tuple(flag_findings(last.values(), "rover", self.bench))
        return Report(products, seen, portraits=seen, findings=findings)

    def _panorama(self, which: str, paths: list[Path]) -> Report:
        """The panorama of these frames; ``which`` ends its name, empty for the first one.

        None where frames and labels contradict each other: the finding says how.
        """
        first = archive.read(paths[0]).attrs
        day, folder = first["start_utc"][:10], self.bench.archive / archive.DERIVED
        try:
            attitude = self._attitude(first["start_utc"])
            label = write_panorama(archive.Frames(paths), folder, attitude, pool=self.bench.pool, told=self._told)
        except BadInput as error:
            return Report(findings=(Finding(f"Panorama of {day}", "not laid", "", str(error)),))
        mosaic, release = archive.read_layers(label), self.bench.release
        a = mosaic.attrs
        picture = write_picture(mosaic, release / f"panorama{which}.jpg")
        lines = write_graticule(mosaic, release / f"panorama{which}-grid.jpg")
        tiles = write_panorama_tiles(mosaic, release / f"panorama{which}.dzi", self.bench.pool)
        shown = Mosaic(
            path=picture,
            caption=f"{a['frames']} frames of the terrain camera, {day}; {_azimuth(a)}.",
            az_left_deg=a["az_left_deg"],
            el_top_deg=a["el_top_deg"],
            el_bottom_deg=a["el_top_deg"] - mosaic.sizes["line"] * a["scale_deg"],
            sun_az_deg=float(first["sun_azimuth_deg"]) if a["azimuth_from"] == "north" else None,
            tiles=tiles,
            error=_error(mosaic),
            name=f"Terrain camera, {day}",
        )
        name = f"tcam-panorama{which}"
        products = {name: label, f"{name}-picture": picture, f"{name}-grid": lines, f"{name}-tiles": tiles}
        seen = Still(picture, shown.caption, "The landing site all around, under a black sky", shown.error, tiles)
        return Report(products, (seen,), mosaics=(shown,), findings=_findings(mosaic, len(paths)))


def _azimuth(a: Mapping[Any, Any]) -> str:
    """From where azimuth counts."""
    if a["azimuth_from"] == "north":
        return "north is where azimuth is 0°"
    return "azimuth counts from the lander's +y axis, for nothing tells where north is"


def _error(mosaic: xr.Dataset) -> str:
    """How wrong a panorama is, in short."""
    a = mosaic.attrs
    if a["pointing"] != "ties":
        return f"pointing as labelled, each frame ± {a['label_sigma_deg']:.2g}° each way"
    return f"pointing ± {a['pointing_sigma_deg']:.3f}°, residual {a['pair_residual_px']:.2f} px"


def _findings(mosaic: xr.Dataset, taken: int) -> tuple[Finding, ...]:
    """What a panorama says of itself."""
    a = mosaic.attrs
    left_out = f"{taken - a['frames']} of {taken} do not fit and are left out" if a["frames"] < taken else ""
    seen = f"{a['scale_deg']:.3f}° a pixel; {100 * json.loads(a['measures'])['coverage']:.0f} % of the map is seen"
    count = Finding("Frames in the panorama", str(a["frames"]), left_out, seen)
    if a["pointing"] != "ties":
        meaning = "Labels alone place the frames: too little is seen twice to correct them."
        return count, Finding("Pointing of the panorama", "as labelled", f"± {a['label_sigma_deg']:.2g}°", meaning)
    whole = Finding(
        "Pointing of the panorama", "by its frames", f"± {a['pointing_sigma_deg']:.3f}°",
        f"Frames fit each other to {a['pair_residual_px']:.2f} pixels; their labels were off by "
        f"{a['label_sigma_deg']:.3f}° each way.",
    )  # fmt: skip
    return count, whole
