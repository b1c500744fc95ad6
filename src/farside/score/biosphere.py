"""The first sprout and the air of the sealed experiment against the life that was led in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from farside import archive
from farside.errors import DamagedFile
from farside.geometry import utc_to_t
from farside.payload.biosphere import Life, live
from farside.score.flown import Measured, Truth
from farside.twin.commands.biosphere_photograph import Snapshot

_VIEWS = TypeAdapter(list[Snapshot])
_ATOMS = np.array([[0, 0, 2, 0], [1, 0, 2, 0], [0, 2, 1, 0], [0, 0, 0, 2]], float)
"""Atoms of C, H, O and N in O2, CO2, H2O and N2."""
HOUR_S = 3600.0
AFTER = 3
"""Pictures of the seed bed that must show a sprout before it has to be found."""


def measure(flight: Path, truth: Truth) -> Measured:
    """By key of biosphere.yaml; nothing where no picture was taken, no sprout where none could be seen."""
    try:
        views = _VIEWS.validate_python(truth.entries("biosphere"))
    except ValidationError as error:
        raise DamagedFile(truth.folder / "flight.json", f"not pictures of the experiment: {error}") from error
    if not views:
        return {}
    last, folder = views[-1], flight / "archive" / archive.DERIVED
    life = live(last.site, last.plan, utc_to_t(truth.record.mission.span.end_utc), last.seed)
    return {
        "elements_ppt": 1e12 * max(life.residual.values()),
        **_sprout(
            life, np.array([view.t for view in views if view.camera == "a"]), folder / "biosphere-growth.parquet"
        ),
        **_air(life, folder),
    }


def _sprout(life: Life, t: np.ndarray, table: Path) -> Measured:
    """How far the found sprout lies from the true one, in pictures of the seed bed taken at ``t``."""
    true = life.first_sprout_t
    if true is None or (t > true).sum() < AFTER:
        return {}
    found = archive.read_table(table)[1]["first_sprout_utc"] if table.is_file() else ""
    return {"sprout_pictures": abs(utc_to_t(found) - true) / float(np.median(np.diff(t))) if found else None}


def _air(life: Life, folder: Path) -> Measured:
    """Largest error of what the air gained of an element, over its stated one."""
    charts, budget = (folder / f"biosphere-{name}.parquet" for name in ("charts", "budget"))
    if not (charts.is_file() and budget.is_file()):
        return {"air_sigmas": None}
    t, books = archive.read_table(charts)[0]["t"], archive.read_table(budget)[0]
    air = np.stack([life.shared(f"air.{gas}") for gas in ("o2", "co2", "h2o", "n2")], axis=1) @ _ATOMS
    start, end = (
        np.mean([life.at(air, at) for at in t[part]], axis=0) for part in (t < t[0] + HOUR_S, t > t[-1] - HOUR_S)
    )
    error = books["change_mol"] - (end - start)
    return {"air_sigmas": float(np.abs(error / np.sqrt(books["change_mol_variance"])).max())}
