"""The spectrometer's desk: counts against the white panel, then a spectrum of each target with bands and iron."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.errors import BadInput
from farside.products.desk import Bench, Desk, Finding, Report, Still
from farside.products.vnis.picture import write_picture
from farside.products.vnis.radiance import PANEL_OF, radiance
from farside.products.vnis.spectrum import spectrum

if TYPE_CHECKING:
    import xarray as xr

_TARGET_OF = {panel: target for target, panel in PANEL_OF.items()}
_LATER = 2
"""Places between a panel's record and that of the target in the same channel."""
_BAND_1 = ((950.0, "Iron in crystals: this is where low-calcium pyroxene absorbs."),
           (985.0, "Iron in crystals: between low-calcium pyroxene near 920 nm and high-calcium pyroxene near 1000."),
           (1025.0, "Iron in crystals: this is where high-calcium pyroxene absorbs."),
           (np.inf, "Iron in crystals: so far in the red that olivine or glass must share in it."))  # fmt: skip
_BAND_2 = ((1960.0, "Pyroxene alone absorbs here, and this one is poor in calcium."),
           (2120.0, "Pyroxene alone absorbs here: some poor in calcium (near 1900 nm), some rich in it (near 2250)."),
           (np.inf, "Pyroxene alone absorbs here, and this one is rich in calcium."))  # fmt: skip
_IRON = ((np.inf, "Along the rover's way 7.4 to 18.8 wt% are published (Zeng et al. 2021)."),)
_FINDINGS = (
    ("feo_wt", "iron oxide", "{:.1f} wt%", _IRON),
    ("band_1_nm", "band I", "{:.0f} nm", _BAND_1),
    ("band_2_nm", "band II", "{:.0f} nm", _BAND_2),
)
"""Quantity, its name and form, and what values up to some limit mean."""


class VnisDesk(Desk):
    """Calibrates each record as soon as its panel is there; one spectrum for each sequence."""

    name: ClassVar[str] = "vnis"
    instruments: ClassVar[tuple[str, ...]] = ("vnis",)
    title: ClassVar[str] = "Visible and near-infrared spectrometer"
    what: ClassVar[str] = (
        "It sits at the front of the rover and splits the sunlight that the ground before it reflects into 400 "
        "colours, from blue to far beyond what eyes see. A white panel in its dust cover shows it what sunlight "
        "itself looks like. Minerals leave dark bands in the spectrum, which tell what the ground is made of."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._waiting: dict[tuple[str, int, str], xr.Dataset] = {}
        self._level2: dict[tuple[str, str], dict[Path, None]] = {}

    def take(self, observation: xr.Dataset) -> Still | None:
        """Calibrate a target's record that has its panel, and keep it; level 2 is kept as it is."""
        a = observation.attrs
        if a["level"] not in ("raw", "1"):
            self._keep(observation, archive.keep(observation, self.bench.archive / archive.LEVEL2))
            return None
        is_panel = a["mode"] in _TARGET_OF
        partner = (a["sequence_id"], a["index"] + (_LATER if is_panel else -_LATER),
                   _TARGET_OF[a["mode"]] if is_panel else PANEL_OF[a["mode"]])  # fmt: skip
        if partner not in self._waiting:
            self._waiting[a["sequence_id"], a["index"], a["mode"]] = observation
            return None
        other = self._waiting.pop(partner)
        self._calibrate(*((other, observation) if is_panel else (observation, other)))
        return None

    def finish(self) -> Report:
        """Spectrum, picture and findings of every target that both channels saw."""
        for raw in self._waiting.values():
            if raw.attrs["mode"] in PANEL_OF:
                self._calibrate(raw, None)
        self._waiting.clear()
        products: dict[str, Path] = {}
        stills: list[Still] = []
        findings: list[Finding] = []
        for sequence in sorted({sequence for sequence, _ in self._level2}):
            vd, sd = (self._mean(sequence, mode) for mode in ("VD", "SD"))
            if vd is None or sd is None:
                seen = "infrared spectrum" if vd is None else "visible image"
                findings.append(Finding(f"Target {sequence}", "incomplete", "", f"Only the {seen} has arrived."))
                continue
            try:
                product = spectrum(vd, sd)
            except BadInput as error:
                findings.append(Finding(f"Target {sequence}", "unusable", "", str(error)))
                continue
            name = f"vnis-{sequence}"
            products[name] = _write(product, self.bench.archive / archive.DERIVED)
            picture = write_picture(product, self.bench.release / f"{name}.png", vd)
            products[f"{name}-picture"] = picture
            stills.append(Still(picture, *_words(product)))
            findings += _findings(product)
        return Report(products, stills=tuple(stills), findings=tuple(findings))

    def _calibrate(self, raw: xr.Dataset, panel: xr.Dataset | None) -> None:
        if self.bench.site is None:
            raise BadInput(str(raw.attrs.get("product_id")), "site", None, "counts of a known landing site")
        level2 = radiance(raw, panel, self.bench.site)
        self._keep(level2, archive.write(level2, self.bench.archive / archive.LEVEL2))

    def _keep(self, level2: xr.Dataset, path: Path) -> None:
        a = level2.attrs
        self._level2.setdefault((a["sequence_id"], a["mode"]), {})[path] = None

    def _mean(self, sequence: str, mode: str) -> xr.Dataset | None:
        """The first of a target's observations in one mode, its radiance the mean of all; None where there is none."""
        paths = list(self._level2.get((sequence, mode), ()))
        if not paths:
            return None
        first = archive.read(paths[0])
        alike = [r for r in (archive.read(path)["radiance"] for path in paths) if r.shape == first["radiance"].shape]
        return first.assign(radiance=first["radiance"].copy(data=np.mean(alike, axis=0)))


def _write(product: xr.Dataset, folder: Path) -> Path:
    """The spectrum as a table by wavelength, what was read off it among the attributes."""
    columns = {str(name): v.to_numpy() for name, v in product.data_vars.items() if v.ndim == 1}
    scalars = {str(name): float(v) for name, v in product.data_vars.items() if v.ndim == 0 and np.isfinite(v)}
    units = {str(name): v.attrs["units"] for name, v in product.variables.items()}
    columns = {"wavelength_nm": product["wavelength_nm"].to_numpy(), **columns}
    name = str(product.attrs["product_id"])
    return archive.write_table(folder, name, columns, {**product.attrs, **scalars, "units": units})


def _words(product: xr.Dataset) -> tuple[str, str]:
    """Caption and alternative text."""
    a = product.attrs
    caption = (
        f"Target {a['sequence_id']}, {a['start_utc'][:16].replace('T', ' ')} UTC: reflectance as the laboratory would "
        "see it, the two absorption bands of iron under their continuum, and the visible image with the circle that "
        "the infrared channel sees."
    )
    return caption, f"Reflectance spectrum of target {a['sequence_id']} from 450 to 2395 nm with its two iron bands"


def _findings(product: xr.Dataset) -> list[Finding]:
    found = []
    for key, what, form, meanings in _FINDINGS:
        number, sd = float(product[key]), float(product[f"{key}_sd"])
        name = f"Target {product.attrs['sequence_id']}: {what}"
        if np.isfinite(number):
            meaning = next(text for limit, text in meanings if number < limit)
            found.append(Finding(name, form.format(number), f"± {form.format(sd)}", meaning))
        else:
            found.append(Finding(name, "too weak to place"))
    return found
