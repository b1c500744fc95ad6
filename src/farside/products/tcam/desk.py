"""The terrain camera's desk: frames as they come, and the panorama of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from farside import archive
from farside.geometry import utc_to_t
from farside.products.attitude import attitude_at
from farside.products.desk import Bench, Desk, Finding, Mosaic, Report, Still
from farside.products.frames import clock, keep_frame, still
from farside.products.panorama import grid_of, panorama
from farside.products.tone import write_picture

if TYPE_CHECKING:
    import xarray as xr

STILL_EVERY_TH = 10
"""Every so many-th frame is shown as a picture."""


class TcamDesk(Desk):
    """Lays the panorama."""

    name: ClassVar[str] = "tcam"
    instruments: ClassVar[tuple[str, ...]] = ("tcam",)
    title: ClassVar[str] = "Terrain camera"
    what: ClassVar[str] = (
        "A colour camera on a mast of the lander, two metres above the ground. Turning and nodding, it photographs "
        "everything around: panoramas of the landing site, and portraits of the rover."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._sequences: dict[str, list[Path]] = {}

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a frame; every tenth of a sequence is shown."""
        path, frame = keep_frame(observation, self.bench)
        a = frame.attrs
        paths = self._sequences.setdefault(a["sequence_id"], [])
        paths.append(path)
        if (len(paths) - 1) % STILL_EVERY_TH:
            return None
        pointing = f"mast yaw {a['mast_yaw_deg']:.0f}°, pitch {a['mast_pitch_deg']:.0f}°"
        return still(frame, self.bench, f"Terrain camera, {clock(a['start_utc'])} UTC: {pointing}")

    def finish(self) -> Report:
        """A panorama of the longest sequence."""
        frames = [archive.read(path) for path in max(self._sequences.values(), key=len)]
        first = frames[0].attrs
        telemetry = self.bench.telemetry("gnc")
        attitude = None if telemetry is None else attitude_at(telemetry, utc_to_t(first["start_utc"]))
        mosaic = panorama(frames, attitude, pool=self.bench.pool)
        label = archive.write_layers(mosaic, self.bench.archive / archive.DERIVED)
        picture = write_picture(mosaic, self.bench.release / "panorama.jpg")
        grid = grid_of(mosaic)
        day = first["start_utc"][:10]
        shown = Mosaic(
            path=picture,
            caption=f"{len(frames)} frames of the terrain camera, {day}; north is where azimuth is 0°.",
            az_left_deg=grid.az_left_deg,
            el_top_deg=grid.el_top_deg,
            el_bottom_deg=grid.el_top_deg - grid.height * grid.scale_deg,
            sun_az_deg=float(first["sun_azimuth_deg"]),
        )
        products = {"tcam-panorama": label, "tcam-panorama-picture": picture}
        found = Finding("Frames in the panorama", str(len(frames)), "", f"{grid.scale_deg:.3f}° a pixel, all around")
        return Report(products, mosaics=(shown,), findings=(found,))
