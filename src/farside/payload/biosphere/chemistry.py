"""Stoichiometry: every process as a row over the pools, so that C, H, O and N close to rounding."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

Array = NDArray[np.float64]
ELEMENTS = ("C", "H", "O", "N")
_ATOMIC_G = np.array([12.011, 1.008, 15.999, 14.007])


@cache
def model() -> dict[str, Any]:
    """Everything in model.yaml."""
    text = (files("farside.payload.biosphere") / "model.yaml").read_text(encoding="utf-8")
    spec: dict[str, Any] = yaml.safe_load(text)
    return spec


@cache
def pools(kind: str) -> tuple[str, ...]:
    """Names of the pools that are "shared", or of one "seedling" or "larva"."""
    return tuple(model()["pools"][kind])


def atoms(kind: str) -> Array:
    """Atoms of C, H, O, N in a mole of each pool of a kind, (pools, 4)."""
    return np.array([model()["formulas"][name.split(".")[1]] for name in pools(kind)], float)


def molar_mass(kind: str) -> Array:
    """Grams a mole of each pool of a kind, (pools,)."""
    return atoms(kind) @ _ATOMIC_G


@cache
def rows(kind: str) -> tuple[Array, Array]:
    """Moles made of shared pools and of own pools by a mole of each process of a kind, (processes, pools) each.

    kind: "canister" (no own pools), "seedling" or "larva".
    """
    processes = model()["processes"][kind].values()
    own = () if kind == "canister" else pools(kind)
    return tuple(  # type: ignore[return-value]
        np.array([[float(row.get(name, 0.0)) for name in names] for row in processes]).reshape(len(processes), -1)
        for names in (pools("shared"), own)
    )
