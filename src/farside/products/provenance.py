"""Where a product comes from: what went in, what was done to it, by which version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from farside import __version__
from farside.instruments import product_id

if TYPE_CHECKING:
    import xarray as xr


def provenance(step: str, inputs: Iterable[dict[str, str]], **parameters: Any) -> str:
    """JSON text for a product's ``provenance`` attribute; inputs as given by ``source``."""
    record = {"step": step, "farside": __version__, "parameters": parameters, "inputs": list(inputs)}
    return json.dumps(record, sort_keys=True)


def source(observation: xr.Dataset) -> dict[str, str]:
    """Identity of an input: its product id with level, and the SHA-256 of its variables that hold numbers."""
    a = observation.attrs
    digest = hashlib.sha256()
    for variable in observation.data_vars.values():
        if variable.dtype.kind in "biuf":
            digest.update(np.ascontiguousarray(variable.to_numpy()).data)
    name = a.get("product_id") or product_id(a)
    return {"product": f"{name}.{a['level']}", "sha256": digest.hexdigest()}
