"""The radar's desk: soundings as they come, and the radargram of each of them with what it shows of the ground."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.errors import DamagedFile
from farside.instruments.lpr import radar
from farside.products.desk import Bench, Curve, Desk, Finding, Report, Still
from farside.products.lpr.calibrate import calibrate
from farside.products.lpr.files import write_radargram
from farside.products.lpr.join import joined
from farside.products.lpr.picture import write_picture
from farside.products.lpr.section import SD_90, radargram, usable
from farside.products.lpr.velocity import FEWEST

if TYPE_CHECKING:
    import xarray as xr

UPPER_M = 12.0
"""Depth down to which the permittivity is told: the fine regolith."""


class LprDesk(Desk):
    """Makes radargrams."""

    name: ClassVar[str] = "lpr"
    instruments: ClassVar[tuple[str, ...]] = ("lpr",)
    title: ClassVar[str] = "Penetrating radar"
    what: ClassVar[str] = (
        "A radar under the rover sends a pulse into the ground every two thirds of a second and listens to what comes "
        "back from rocks and layers below. Drawn side by side, its echoes are a section through the ground along the "
        "rover's way: some 40 m deep at 500 MHz, hundreds at 60 MHz."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._labels: dict[tuple[str, str], list[Path]] = {}

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a record; a section needs all of them."""
        counts = observation.attrs["level"] in ("raw", "1")
        level2 = calibrate(observation) if counts else observation
        a = level2.attrs
        if not usable(level2).any():
            raise DamagedFile(str(a["product_id"]), "no usable record")
        label = (archive.write if counts else archive.keep)(level2, self.bench.archive / archive.LEVEL2)
        self._labels.setdefault((a["mode"], a["sequence_id"]), []).append(label)
        return None

    def finish(self) -> Report:
        """A radargram of each sounding, those of the finer channel first."""
        products: dict[str, Path] = {}
        stills: list[Still] = []
        findings: list[Finding] = []
        curves: list[Curve] = []
        for tag, section in self._sections():
            files = write_radargram(section, self.bench.archive / archive.DERIVED)
            picture = write_picture(section, self.bench.release / f"radargram-{tag}.png")
            products |= {f"lpr-{what}-{tag}": path for what, path in files.items()} | {f"lpr-picture-{tag}": picture}
            stills.append(_still(section, picture))
            findings += _findings(section)
            curves += _curves(section)
        return Report(products, stills=tuple(stills), findings=tuple(findings), curves=tuple(curves))

    def _sections(self) -> Iterator[tuple[str, xr.Dataset]]:
        """Radargrams with a word for each: channel, sequence, and a number where a sequence fell apart."""
        for (mode, sequence), labels in sorted(self._labels.items(), key=lambda item: (item[0][0] == "1", item[0])):
            for part, sounding in enumerate(joined([archive.read(label) for label in labels])):
                yield f"{mode.lower()}-{sequence}" + (f"-{part + 1}" if part else ""), radargram(sounding)


def _channel(section: xr.Dataset) -> str:
    mode = section.attrs["mode"]
    return f"channel {mode} ({radar().channel(mode).centre_mhz:g} MHz)"


def _way_m(section: xr.Dataset) -> float:
    return float(section["distance_m"][-1] - section["distance_m"][0])


def _still(section: xr.Dataset, picture: Path) -> Still:
    n, start = section.sizes["layer"], section.attrs["start_utc"][:16].replace("T", " ")
    found = f"{n or 'no'} layer {'boundary' if n == 1 else 'boundaries'} marked"
    caption = (
        f"Radargram of {_channel(section)} along {_way_m(section):.1f} m from {start} UTC: echoes by the time they "
        f"took, the section in depth with {found}, and where the rover was."
    )
    return Still(picture, caption, f"Section through the ground under the rover's way, {found}.")


def _findings(section: xr.Dataset) -> Iterator[Finding]:
    a, which = section.attrs, _channel(section)
    if not a["only_standing"]:
        way = _way_m(section)
        traces = f"{section.sizes['trace']} of {a['records']} records of {which} were taken on the move."
        yield Finding("Way sounded", f"{way:.1f} m", f"± {SD_90 * a['length_sd'] * way:.1f} m", traces)
    for k in range(section.sizes["layer"]):
        depth, low, high = (float(section[f"layer_{name}_m"][k].median()) for name in ("depth", "low", "high"))
        meaning = f"Median depth along the way by {which}; the interval holds the true one nine times in ten."
        yield Finding(f"Layer boundary {k + 1}", f"{depth:.1f} m", f"{low:.1f} to {high:.1f} m", meaning)
    if a["diffractions"] >= FEWEST:
        upper = section["depth_m"].to_numpy() <= UPPER_M
        middle, high = (
            float(np.sqrt(section[name].to_numpy()[upper]).mean() ** 2)
            for name in ("permittivity", "permittivity_high")
        )
        yield Finding(
            f"Permittivity of the upper {UPPER_M:.0f} m",
            f"{middle:.2f}",
            f"± {high - middle:.2f}",
            f"From the curvature of {a['diffractions']} diffractions: how much slower than light the waves run.",
        )


def _curves(section: xr.Dataset) -> Iterator[Curve]:
    a, t = section.attrs, section["t"].to_numpy()
    angles = section["attitude"].to_numpy().astype(float)
    degrees = np.degrees(angles) if a["attitude_unit"] == "rad" else angles
    north, east, _ = section["position"].to_numpy().T
    which = f"As the heads of the records of {_channel(section)} say, held between the rover's updates."
    yield Curve("How the rover stood", "°", t, {"pitch": degrees[:, 0], "roll": degrees[:, 1]}, which)
    yield Curve("Where the rover took itself to be", "m", t, {"north": north, "east": east}, which)
