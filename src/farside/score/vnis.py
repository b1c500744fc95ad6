"""The spectrometer's spectra against the minerals that were there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from pydantic import TypeAdapter, ValidationError

from farside import archive
from farside.errors import DamagedFile
from farside.payload.vnis import VnisView, load_target, truth
from farside.products.vnis import BANDS, Range
from farside.score.flown import Measured, Truth

_VIEW = TypeAdapter(VnisView)


def measure(flight: Path, record: Truth) -> Measured:
    """Errors of iron (largest) and of band centres (rms) over all targets whose four records were kept."""
    entries = record.entries("vnis")
    sequences = [e["sequence_id"] for e in entries]
    whole = {e["sequence_id"]: e for e in entries if sequences.count(e["sequence_id"]) >= 4}
    if not whole:
        return {}
    found = _spectra(flight / "archive" / archive.DERIVED)
    keys = ("feo_wt", *(f"{band.name}_nm" for band in BANDS))
    errors: dict[str, list[float | None]] = {key: [] for key in keys}
    for sequence, entry in whole.items():
        true, seen = _truth(entry, record), found.get(sequence, {})
        for key in keys:
            errors[key].append(abs(seen[key] - true[key]) if key in seen else None)
    return {
        "spectra_missing": len(whole.keys() - found.keys()),
        "feo_error_wt": _over(errors["feo_wt"], max),
        **{f"{band.name}_error_nm": _over(errors[f"{band.name}_nm"], _rms) for band in BANDS},
        "feo_sigmas": _over([
            None if error is None else error / found[sequence]["feo_wt_sd"]
            for sequence, error in zip(whole, errors["feo_wt"], strict=True)
        ], max),
    }  # fmt: skip


def true_centre(spectrum: xr.Dataset, band: Range) -> float:
    """Where true reflectance over its convex hull is least, to the nm: another hull than the product's."""
    from scipy.spatial import ConvexHull

    x, y = spectrum["wavelength_nm"].to_numpy(), spectrum["reff"].to_numpy()
    k = (x >= band.left) & (x <= band.right)
    x, y = x[k], y[k] / y[k].max()
    corners = ConvexHull(np.column_stack([(x - band.left) / (band.right - band.left), y])).vertices
    chord = np.interp(x, [x[0], x[-1]], [y[0], y[-1]])
    upper = np.sort(corners[y[corners] >= chord[corners] - 1e-12])
    ratio = y / np.interp(x, x[upper], y[upper])
    ratio[(x < band.inside[0]) | (x > band.inside[1])] = 1.0
    return float(x[np.argmin(ratio)])


def _truth(entry: dict[str, Any], record: Truth) -> dict[str, float]:
    try:
        view, target = _VIEW.validate_python(entry["look"]), load_target(entry["target"])
    except (ValidationError, KeyError) as error:
        raise DamagedFile(record.folder / "flight.json", f"not a measurement of the spectrometer: {error}") from error
    true = truth(target, view)
    return {"feo_wt": true.attrs["feo_wt"]} | {f"{band.name}_nm": true_centre(true, band) for band in BANDS}


def _spectra(folder: Path) -> dict[str, dict[str, Any]]:
    """Attributes of all spectra in a folder, by sequence."""
    spectra = (archive.read_table(path)[1] for path in sorted(folder.rglob("*_VNIS-SPECTRUM_*.parquet")))
    return {attrs["sequence_id"]: attrs for attrs in spectra}


def _over(errors: list[float | None], reduce: Callable[[list[float]], float]) -> float | None:
    """All errors as one number; None where one is missing."""
    known = [error for error in errors if error is not None]
    return reduce(known) if len(known) == len(errors) else None


def _rms(errors: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))
