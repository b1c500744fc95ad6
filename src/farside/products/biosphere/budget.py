"""The budget of elements in the canister's air: how many atoms of each it gained from first to last, or lost.

What lives takes up and gives off carbon, oxygen and hydrogen; nitrogen is neither, so its budget closes if the canister
is tight and the sensors are right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.biosphere import fields, numbers
from farside.products.biosphere.charts import GAS, SMOOTH_S, VOLUME_ERROR, Columns, saturation_pa

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

ELEMENTS = ("C", "H", "O", "N")
_ATOMS = np.array([[0, 0, 2, 0], [1, 0, 2, 0], [0, 2, 1, 0], [0, 0, 0, 2]], float)
"""Atoms of each element in O2, CO2, H2O and N2."""
_SENSORS = ("pressure_pa", "air_temperature_k", "humidity", "co2", "o2")


def budget(telemetry: Columns) -> xr.Dataset:
    """Moles of each element in the air in the first and in the last hour, dims (element).

    telemetry: columns of unpack_packets. Variables start_mol, end_mol, change_mol and change_mol_variance: noise as the
    readings scatter, the sensors' own constant errors, the volume's. Raises BadInput for less than two hours.
    """
    import xarray as xr

    t = np.asarray(telemetry["t"], float)
    first, last = t < t.min(initial=np.inf) + SMOOTH_S, t > t.max(initial=-np.inf) - SMOOTH_S
    if (first & last).any() or min(first.sum(), last.sum()) < 3:
        raise BadInput("biosphere budget", "telemetry", len(t), "readings over more than two hours")
    seen = {name: np.asarray(telemetry[name], float) for name in _SENSORS}
    atoms = _elements(seen)
    (start, start_var), (end, end_var) = (_mean(t[part], atoms[part]) for part in (first, last))
    change = end - start
    variance = start_var + end_var + (VOLUME_ERROR * change) ** 2
    for name in _SENSORS:
        shifted = _elements({**seen, name: seen[name] + fields()[name].accuracy})
        variance += (shifted[last].mean(0) - shifted[first].mean(0) - atoms[last].mean(0) + atoms[first].mean(0)) ** 2
    values = {"start_mol": start, "end_mol": end, "change_mol": change}
    data: dict[str, Any] = {name: ("element", value, {"units": "mol"}) for name, value in values.items()}
    data["change_mol_variance"] = ("element", variance, {"units": "mol2"})
    return xr.Dataset(data, {"element": list(ELEMENTS)})


def _elements(seen: Mapping[str, Array]) -> Array:
    """Moles of atoms in the air at each reading, (n, 4)."""
    p, k = seen["pressure_pa"], seen["air_temperature_k"]
    gas = p * float(numbers()["canister"]["volume_l"]) * 1e-3 / (GAS * k)
    o2, co2, vapour = seen["o2"], seen["co2"], seen["humidity"] * saturation_pa(k) / p
    moles: Array = gas[:, None] * np.stack([o2, co2, vapour, 1.0 - o2 - co2 - vapour], axis=1) @ _ATOMS
    return moles


def _mean(t: Array, values: Array) -> tuple[Array, Array]:
    """Mean over time of values (n, m) and its variance, from their scatter about a straight line, (m,) each."""
    line = np.stack([np.ones(len(t)), t - t.mean()], axis=1)
    fit, *_ = np.linalg.lstsq(line, values, rcond=None)
    return fit[0], ((values - line @ fit) ** 2).sum(0) / max(len(t) - 2, 1) / len(t)
