"""The experiment's desk: pictures as they come, and from them and the sensors what lived and how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.geometry import utc_to_t
from farside.instruments.biosphere import numbers
from farside.products.biosphere.balance import WHITE_DN, balanced, reflectance
from farside.products.biosphere.budget import budget
from farside.products.biosphere.figure import write_picture
from farside.products.biosphere.findings import air_findings, area_curve, clock, curves, sprout_findings, table
from farside.products.biosphere.report import biosphere
from farside.products.biosphere.sprout import MIN_QUIET, growth
from farside.products.biosphere.timelapse import timelapse, write_look
from farside.products.desk import Bench, Desk, Film, Report, Still

if TYPE_CHECKING:
    import xarray as xr

SHOWN_EVERY_S = 86400.0
"""Of each camera one picture in so many seconds is shown as it comes."""
ENOUGH_S = 3 * 3600.0
"""Readings over less time tell nothing yet."""


class BiosphereDesk(Desk):
    """Looks for the first sprout, and keeps the books of the air."""

    name: ClassVar[str] = "biosphere"
    instruments: ClassVar[tuple[str, ...]] = ("biosphere",)
    tables: ClassVar[tuple[str, ...]] = ("biosphere",)
    of_counts: ClassVar[bool] = True
    title: ClassVar[str] = "Biological experiment"
    what: ClassVar[str] = (
        "A sealed canister of less than a litre of air on the lander, with mustard seeds in its soil and eggs of "
        "silkworms on a dish. Once watered, the seeds sprout in the sunlight of a light pipe. Sensors follow the air "
        "that plants and animals share, and two small cameras look on."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._pictures: dict[str, set[Path]] = {}
        self._shown: dict[str, float] = {}

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a picture, balanced and as it came; one a day of each camera is shown."""
        a = observation.attrs
        if raw := a["level"] in ("raw", "1"):
            label = archive.keep(observation, self.bench.archive / archive.RAW)
            self._pictures.setdefault(a["camera"], set()).add(label)
        picture = balanced(observation) if raw else observation
        archive.keep(picture, self.bench.archive / archive.LEVEL2)
        t = utc_to_t(a["start_utc"])
        if t < self._shown.get(a["camera"], -SHOWN_EVERY_S) + SHOWN_EVERY_S:
            return None
        self._shown[a["camera"]] = t
        light = reflectance(observation) if raw else picture["dn"].to_numpy().astype(np.float32) / WHITE_DN
        path = self.bench.browse / f"{picture.attrs['product_id']}.jpg"
        return Still(
            write_look(np.asarray(light, np.float32), path),
            f"{_where(a['camera'])}, {a['start_utc'][:16].replace('T', ' ')} UTC",
        )

    def finish(self) -> Report:
        """A time-lapse of each camera, and what the sensors and the pictures of the seed bed tell."""
        frames = {camera: [archive.read(path) for path in sorted(paths)] for camera, paths in self._pictures.items()}
        films = tuple(self._film(camera, film) for camera, film in sorted(frames.items()))
        products = {f"biosphere-film-{film.path.stem[-1]}": film.path for film in films}
        readings, bed = self.bench.telemetry("biosphere"), frames.get("a", [])
        if readings is not None and np.ptp(readings["t"]) > ENOUGH_S:
            product, books = biosphere(readings, bed), budget(readings)
            picture = write_picture(product, self.bench.release / "biosphere.png")
            products |= self._tables(product, books) | {"biosphere-picture": picture}
            findings = [*(sprout_findings(product) if "area_mm2" in product else ()), *air_findings(product, books)]
            still = Still(picture, "Temperature, pressure, gases and light in the canister, and green in the pictures.")
            stills = (*self._sprout(product, bed), still)
            return Report(products, stills, films, findings=tuple(findings), curves=tuple(curves(product)))
        if len(bed) > MIN_QUIET:
            product = growth(bed)
            products |= self._tables(product.rename(t="frame_t"))
            found = tuple(sprout_findings(product))
            shown = (area_curve(product["t"].to_numpy(), product),)
            return Report(products, self._sprout(product, bed), films, findings=found, curves=shown)
        return Report(products, films=films)

    def _film(self, camera: str, frames: list[xr.Dataset]) -> Film:
        lapse = timelapse(frames, self.bench.release / f"biosphere-{camera}.mp4")
        start = min(utc_to_t(frame.attrs["start_utc"]) for frame in frames)
        caption = f"{_where(camera)}: {lapse.frames} pictures, {lapse.speed / 3600.0:.1f} hours in a second."
        return Film(lapse.path, caption, start, lapse.speed, lapse.duration_s, lapse.poster)

    def _sprout(self, product: xr.Dataset, bed: list[xr.Dataset]) -> tuple[Still, ...]:
        """The first picture of the seed bed after the first sprout, if there was one."""
        after = [frame for frame in bed if frame.attrs["start_utc"] >= (product.attrs.get("first_sprout_utc") or "z")]
        if not after:
            return ()
        first = min(after, key=lambda frame: str(frame.attrs["start_utc"]))
        caption = f"The first sprout is up: the seed bed, {clock(first.attrs['start_utc'])} UTC."
        return (Still(write_look(reflectance(first), self.bench.release / "biosphere-sprout.jpg"), caption),)

    def _tables(self, product: xr.Dataset, books: xr.Dataset | None = None) -> dict[str, Path]:
        """Write what lies along each dimension as a level-3 table; paths by name."""
        parts = {"charts": (product, "time"), "growth": (product, "frame"), "budget": (books, "element")}
        folder = self.bench.archive / archive.DERIVED
        return {
            f"biosphere-{name}": archive.write_table(folder, f"biosphere-{name}", table(part, dim), _said(part))
            for name, (part, dim) in parts.items()
            if part is not None and dim in part.dims
        }


def _said(product: xr.Dataset) -> dict[str, object]:
    """Attributes of a table: those of the product, and the unit of each column."""
    units = {str(name): v.attrs["units"] for name, v in product.variables.items() if "units" in v.attrs}
    return {str(key): value for key, value in product.attrs.items()} | {"units": units}


def _where(camera: str) -> str:
    title = str(numbers()["views"][camera]["title"])
    return title[0].upper() + title[1:]
