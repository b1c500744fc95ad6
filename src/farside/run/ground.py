"""The ground segment at work: from the bytes that arrive, and from nothing else, to files, products and a gallery."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from farside import archive, products
from farside.control import Event, Footage, Gallery, Link, Panorama, Picture, write_gallery
from farside.errors import DamagedFile
from farside.geometry import Site, t_to_utc, utc_to_t
from farside.instruments import unpack
from farside.instruments.gnc import unpack_packets
from farside.run import story
from farside.work import Pool, atomic_write, replace_folder

if TYPE_CHECKING:
    import xarray as xr

REFRESH_S = 8.0
"""The public page is written anew at most this often while data arrive."""
STILL_EVERY_S = 75.0
"""Of a film, one frame in so many seconds is shown as a picture."""
STILL_EVERY_TH = 10
"""Of a panorama, every so many-th frame is shown as a picture."""


class Ground:
    """Receives what the link delivers; makes the folders ``received``, ``archive``, ``telemetry`` and ``release``.

    site: where the mission has landed, for the labels. title, subtitle: of the public page.
    """

    def __init__(self, folder: Path, site: Site, title: str, subtitle: str, pool: Pool) -> None:
        self.folder, self.site, self.title, self.subtitle, self.pool = folder, site, title, subtitle, pool
        for part in ("received", "archive", "telemetry", "release", "browse"):
            replace_folder(folder / part)
        self.frames: dict[str, list[Path]] = {}
        self.damaged: list[str] = []
        self.products: dict[str, Path] = {}
        self._packets: list[bytes] = []
        self._pictures: list[Picture] = []
        self._firsts: dict[str, tuple[float, float]] = {}
        self._lasts: dict[str, tuple[float, float]] = {}
        self._shown_t = -np.inf
        self._published = 0.0
        self._film: tuple[int, Future[Any]] | None = None
        self._footage: Footage | None = None
        self._panorama: Panorama | None = None

    # Arrivals --------------------------------------------------------------------------------------------------

    def telemetry_arrived(self, packets: bytes) -> None:
        """Space packets came in. Damaged ones are reported and left out."""
        try:
            unpack_packets(packets)
        except DamagedFile as error:
            self.damaged.append(str(error))
            return
        self._packets.append(packets)

    def record_arrived(self, record: bytes, received_t: float) -> None:
        """An instrument record came in: keep it as it came, then make its level 1 and level 2 files."""
        name = hashlib.sha256(record).hexdigest()[:16]
        with atomic_write(self.folder / "received" / f"{name}.record") as part:
            part.write_bytes(record)
        try:
            raw = unpack(record)
            level1 = archive.read(archive.write(raw, self.folder / "archive" / archive.RAW))
            frame = products.calibrate(level1, self.site)
        except DamagedFile as error:
            self.damaged.append(f"{name}: {error}")
            return
        instrument, t = frame.attrs["instrument"], utc_to_t(frame.attrs["start_utc"])
        path = archive.write(frame, self.folder / "archive" / archive.LEVEL2)
        self.frames.setdefault(instrument, []).append(path)
        self._firsts.setdefault(instrument, (t, received_t))
        self._lasts[instrument] = (t, received_t)
        self._maybe_show(frame, t, received_t)
        if instrument != "lcam" and self._film is None and "lcam" in self.frames:
            self._start_film()

    def _maybe_show(self, frame: xr.Dataset, t: float, received_t: float) -> None:
        a = frame.attrs
        if a["instrument"] == "lcam":
            if t < self._shown_t + STILL_EVERY_S:
                return
            self._shown_t = t
            caption = f"Landing camera, {a['start_utc'][:19].replace('T', ' ')} UTC"
        else:
            if (len(self.frames[a["instrument"]]) - 1) % STILL_EVERY_TH:
                return
            caption = (
                f"Terrain camera, {a['start_utc'][:19].replace('T', ' ')} UTC: "
                f"mast yaw {a['mast_yaw_deg']:.0f}°, pitch {a['mast_pitch_deg']:.0f}°"
            )
        path = products.write_still(frame, self.folder / "browse" / f"{a['product_id']}.png")
        self._pictures.append(Picture(path, caption, t_to_utc(received_t, 0)))

    # Products --------------------------------------------------------------------------------------------------

    def finish(self, say: Callable[[str], None]) -> None:
        """Make the products of everything that came: telemetry tables, footage, panorama, and close the bundle."""
        if self._packets:
            archive.write_telemetry(self.folder / "telemetry", "gnc", self.housekeeping())
            self.products["telemetry"] = archive.index_telemetry(self.folder / "telemetry")
        if "tcam" in self.frames:
            say("laying the panorama")
            self._lay_panorama()
        if "lcam" in self.frames:
            say("cutting the landing footage")
            self._finish_film()
        if self.frames:
            self.products["bundle"] = archive.write_bundle(self.folder / "archive", self.title)

    def housekeeping(self) -> dict[str, np.ndarray]:
        """All GNC telemetry so far as columns, in the order of time."""
        columns = unpack_packets(b"".join(self._packets))
        order = np.argsort(columns["t"], kind="stable")
        return {name: values[order] for name, values in columns.items()}

    def _start_film(self) -> None:
        """Cut the film from what is there, beside other work."""
        paths, telemetry = list(self.frames["lcam"]), self.housekeeping() if self._packets else None
        target = self.folder / "release" / "landing.mp4"

        def cut(_: None) -> products.Footage:
            return products.footage(archive.Frames(paths), target, telemetry)

        self._film = (len(paths), self.pool.submit(cut, None))

    def _finish_film(self) -> None:
        if self._film is None or self._film[0] != len(self.frames["lcam"]):
            if self._film is not None:
                self._film[1].result()
            self._start_film()
        assert self._film is not None
        film = self._film[1].result()
        self.products["landing-footage"] = film.path
        start, _ = self._firsts["lcam"]
        self._footage = story.footage(film, start, self.housekeeping() if self._packets else None)

    def _lay_panorama(self) -> None:
        start, _ = self._firsts["tcam"]
        attitude = story.attitude_at(self.housekeeping(), start) if self._packets else None
        frames = [archive.read(path) for path in self.frames["tcam"]]
        mosaic = products.panorama(frames, attitude, pool=self.pool)
        self.products["tcam-panorama"] = archive.write_layers(mosaic, self.folder / "archive" / archive.DERIVED)
        picture = products.write_picture(mosaic, self.folder / "release" / "panorama.jpg")
        self.products["tcam-panorama-picture"] = picture
        self._panorama = story.panorama(mosaic, picture, frames)

    # The public page -------------------------------------------------------------------------------------------

    def publish_sometimes(self, status: str, progress: float) -> bool:
        """Write the page if there is something to see and the last one is a few seconds old; whether it did."""
        due = bool(self._pictures) and time.monotonic() - self._published > REFRESH_S
        if due:
            self._publish(finished=False, status=status, progress=progress)
            self._published = time.monotonic()
        return due

    def publish(self, **closing: Any) -> Path:
        """Write the finished page with ledger, checks and provenance; return its path."""
        return self._publish(finished=True, **closing)

    def _publish(self, **more: Any) -> Path:
        events = self._events()
        touchdown = next((e.utc for e in events if e.name == story.TOUCHDOWN), events[0].utc if events else "")
        page = Gallery(
            title=self.title,
            subtitle=self.subtitle,
            epoch_utc=touchdown,
            events=events,
            pictures=tuple(self._pictures),
            footage=self._footage,
            panorama=self._panorama,
            links=self._links(),
            **more,
        )
        return write_gallery(self.folder / "release", page)

    def _events(self) -> Sequence[Event]:
        telemetry = story.landing_events(self.housekeeping()) if self._packets else []
        return sorted([*telemetry, *story.picture_events(self._firsts, self._lasts)], key=lambda event: event.utc)

    def _links(self) -> list[Link]:
        folders = {"Archive (PDS4)": "archive", "Telemetry": "telemetry", "Records as received": "received"}
        return [Link(text, self.folder / name) for text, name in folders.items()]
