"""What the sensors say, with intervals: smoothed readings, amounts of gas and how fast they change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.biosphere import fields, numbers
from farside.products.provenance import provenance

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

GAS = 8.314462618
SMOOTH_S = 3600.0
RATE_S = 21600.0
"""Spans over which readings are averaged and rates of change are fitted."""
SMOOTHED = (
    "air_temperature_k", "soil_temperature_k", "wall_temperature_k", "pressure_pa", "humidity", "co2", "o2",
    "light_umol_m2_s",
)  # fmt: skip
VOLUME_ERROR = 0.01
"""Relative error of the published volume, its last digit: assumed."""


def charts(telemetry: Columns) -> xr.Dataset:
    """Sensors and what follows from them, dims (time), each variable with ``_variance`` (noise and sensor error).

    telemetry: columns of unpack_packets. Besides the sensors: o2_mol, co2_mol, vapour_mol, and the exchange rates
    o2_mol_s and co2_mol_s of everything alive. Raises BadInput for fewer than four readings.
    """
    import xarray as xr

    order = np.argsort(telemetry["t"], kind="stable")
    t = np.asarray(telemetry["t"], float)[order]
    if len(t) < 4 or t[-1] <= t[0]:
        raise BadInput("biosphere charts", "telemetry", len(t), "at least four readings")
    seen = {name: np.asarray(telemetry[name], float)[order] for name in fields()}
    smooth, share = _weights(t, SMOOTH_S)
    values: dict[str, tuple[Array, Array, str]] = {}
    for name in SMOOTHED:
        f = fields()[name]
        noise = f.noise**2 + f.scale**2 / 12.0
        values[name] = smooth @ seen[name], noise * share + f.accuracy**2, f.unit
    for name in ("heater_duty", "valve", "shutter"):
        values[name] = seen[name], np.full(len(t), (0.5 * fields()[name].scale) ** 2), "1"
    values |= _amounts(values)
    values |= _rates(t, seen)
    data: dict[str, Any] = {"t": ("time", t, {"units": "s", "description": "TDB past J2000"})}
    for name, (value, variance, unit) in values.items():
        data[name] = ("time", value, {"units": unit})
        data[f"{name}_variance"] = ("time", variance, {"units": f"({unit})^2"})
    digest = hashlib.sha256(np.ascontiguousarray(np.stack(list(seen.values()))).data).hexdigest()
    made = provenance(
        "charts", [{"product": "biosphere telemetry", "sha256": digest}], smooth_s=SMOOTH_S, rate_s=RATE_S
    )
    return xr.Dataset(data, attrs={"instrument": "biosphere", "provenance": made})


def saturation_pa(k: Array) -> Array:
    """Vapour pressure over water at a temperature in K (Alduchov and Eskridge 1996)."""
    c = k - 273.15
    return np.asarray(610.94 * np.exp(17.625 * c / (c + 243.04)))


def _amounts(values: Mapping[str, tuple[Array, Array, str]]) -> dict[str, tuple[Array, Array, str]]:
    """Moles of each gas from pressure, temperature and share; relative variances add."""
    (p, p_var, _), (k, k_var, _) = values["pressure_pa"], values["air_temperature_k"]
    gas = p * float(numbers()["canister"]["volume_l"]) * 1e-3 / (GAS * k)
    relative = p_var / p**2 + k_var / k**2 + VOLUME_ERROR**2
    out = {}
    for name in ("o2", "co2"):
        x, x_var, _ = values[name]
        out[f"{name}_mol"] = gas * x, gas**2 * (x_var + x**2 * relative), "mol"
    humid, humid_var, _ = values["humidity"]
    full = saturation_pa(k) / p
    out["vapour_mol"] = gas * humid * full, (gas * full) ** 2 * (humid_var + humid**2 * relative), "mol"
    return out


def _rates(t: Array, seen: Mapping[str, Array]) -> dict[str, tuple[Array, Array, str]]:
    """Slopes of the amounts of O2 and CO2; a sensor's constant error does not matter to them."""
    gas = seen["pressure_pa"] * float(numbers()["canister"]["volume_l"]) * 1e-3 / (GAS * seen["air_temperature_k"])
    slopes, _ = _weights(t, RATE_S, slope=True)
    p, k = fields()["pressure_pa"], fields()["air_temperature_k"]
    relative = (p.noise / seen["pressure_pa"]) ** 2 + (k.noise / seen["air_temperature_k"]) ** 2
    out = {}
    for name in ("o2", "co2"):
        amount = gas * seen[name]
        noise = gas**2 * fields()[name].noise ** 2 + amount**2 * relative
        out[f"{name}_mol_s"] = slopes @ amount, slopes.power(2) @ noise, "mol/s"
    return out


def _weights(t: Array, span: float, slope: bool = False) -> tuple[Any, Array]:
    """Sparse (n, n) matrix that averages readings within ``span`` or fits their slope, and the sum of squares of rows.

    At least three readings on either side that exist are used, however far apart they are.
    """
    from scipy.sparse import csr_array

    n = len(t)
    low = np.minimum(np.searchsorted(t, t - 0.5 * span), np.maximum(np.arange(n) - (2 if slope else 0), 0))
    high = np.maximum(np.searchsorted(t, t + 0.5 * span, "right"), np.minimum(np.arange(n) + (3 if slope else 1), n))
    counts = high - low
    row = np.repeat(np.arange(n), counts)
    column = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
    if slope:
        total = np.concatenate([[0.0], np.cumsum(t - t[0])])
        middle = (total[high] - total[low]) / counts
        away = t[column] - t[0] - middle[row]
        weight = away / np.bincount(row, away**2)[row]
    else:
        weight = 1.0 / counts[row]
    return csr_array((weight, (row, column)), shape=(n, n)), np.bincount(row, weight**2).astype(float)
