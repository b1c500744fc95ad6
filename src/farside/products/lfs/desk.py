"""The radio spectrometer's desk: records by session, and the dynamic spectrum of each session."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from farside import archive
from farside.errors import BadInput
from farside.geometry import utc_to_t
from farside.products.attitude import attitude_at
from farside.products.desk import Bench, Desk, Finding, Report, Still
from farside.products.lfs.calibrate import calibrate
from farside.products.lfs.dynamic import dynamic_spectrum
from farside.products.lfs.findings import caption, findings
from farside.products.lfs.picture import write_picture
from farside.products.lfs.tables import write_tables

if TYPE_CHECKING:
    import xarray as xr


class LfsDesk(Desk):
    """Reads the Sun and the Galaxy out of what the antennas heard."""

    name: ClassVar[str] = "lfs"
    instruments: ClassVar[tuple[str, ...]] = ("lfs",)
    title: ClassVar[str] = "Radio spectrometer"
    what: ClassVar[str] = (
        "Three five-metre antennas on the lander. In the radio shadow of the Earth they hear what no antenna at home "
        "can: the sky below 10 MHz, and the bursts of the Sun as they run out through its corona."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._sessions: dict[tuple[str, str], set[Path]] = {}
        self._spectra: set[Path] = set()

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep samples for their session, which is calibrated as a whole, or spectra that are calibrated already."""
        a = observation.attrs
        if a["level"] in ("raw", "1"):
            path = archive.keep(observation, self.bench.archive / archive.RAW)
            self._sessions.setdefault((a["sequence_id"], a["band"]), set()).add(path)
        else:
            self._spectra.add(archive.keep(observation, self.bench.archive / archive.LEVEL2))
        return None

    def finish(self) -> Report:
        """The dynamic spectrum of every session, as tables and as a picture, and what it says."""
        products: dict[str, Path] = {}
        stills: list[Still] = []
        found: list[Finding] = []
        for label in sorted({*self._spectra, *map(self._calibrated, self._sessions.values())}):
            product = dynamic_spectrum(archive.read(label))
            name = "lfs-" + re.sub(r"\D", "", product.attrs["start_utc"])[:14]
            picture = write_picture(product, self.bench.release / f"{name}.png")
            tables = write_tables(product, self.bench.archive / archive.DERIVED)
            products |= {f"{name}-{part}": path for part, path in {"picture": picture, **tables}.items()}
            stills.append(Still(picture, caption(product)))
            found += findings(product)
        return Report(products, stills=tuple(stills), findings=tuple(found))

    def _calibrated(self, paths: set[Path]) -> Path:
        """Level 2C of a session's records; the path of its label."""
        records = archive.Frames(sorted(paths))
        if self.bench.site is None:
            raise BadInput(records.paths[0], "site", None, "where the lander stands, to know where the Sun was")
        telemetry = self.bench.telemetry("gnc")
        start = utc_to_t(records[0].attrs["start_utc"])
        attitude = None if telemetry is None else attitude_at(telemetry, start)
        return archive.write(calibrate(records, self.bench.site, attitude), self.bench.archive / archive.LEVEL2)
