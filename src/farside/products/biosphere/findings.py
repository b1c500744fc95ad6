"""What the experiment's data say, in words and curves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import utc_to_t
from farside.products.desk import Curve, Finding

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

_ZERO_C = 273.15
_90 = 1.645
"""Standard deviations to either side that hold nine in ten."""


def sprout_findings(product: xr.Dataset) -> Iterator[Finding]:
    """The first sprout and the green area, of a product with pictures (see ``biosphere`` and ``growth``)."""
    a, area = product.attrs, product["area_mm2"].to_numpy()
    when = a["first_sprout_utc"]
    if not when:
        yield Finding("First sprout", "none", "", "Nothing green appeared in the pictures.")
        return
    low, high = a["first_sprout_low_utc"], a["first_sprout_high_utc"]
    same_day = low[:10] == high[:10] == when[:10]
    interval = f"{clock(low)[11 if same_day else 5 :]} to {clock(high)[11 if same_day else 5 :]}"
    meaning = "The pictures turn green then, nine times in ten within the interval"
    if (watered := _watered(product)) is not None:
        meaning += f": {(utc_to_t(when) - watered) / 86400.0:.1f} days after the water was let in"
    yield Finding("First sprout", f"{clock(when)} UTC", interval, f"{meaning}.")
    spread = _90 * float(product["area_mm2_variance"][-1]) ** 0.5
    patches = int(product["patches"][-1])
    yield Finding(
        "Green at the end",
        f"{area[-1]:.0f} mm²",
        f"± {spread:.0f} mm²",
        f"{patches} green {'patch' if patches == 1 else 'patches'} in the last picture of the seed bed, as large as "
        "if they lay on the soil.",
    )


def air_findings(product: xr.Dataset, budget: xr.Dataset) -> Iterator[Finding]:
    """Climate and the budget of elements (see ``biosphere`` and ``budget``)."""
    soil = product["soil_temperature_k"].to_numpy() - _ZERO_C
    spread = _90 * float(product["soil_temperature_k_variance"].max()) ** 0.5
    yield Finding(
        "Soil temperature", f"{soil.min():.1f} to {soil.max():.1f} °C", f"± {spread:.1f} °C", "While there was power."
    )
    share = 100.0 * product["co2"].to_numpy()
    top = int(share.argmax())
    yield Finding(
        "Most carbon dioxide",
        f"{share[top]:.2f} %",
        f"± {_90 * 100.0 * float(product['co2_variance'][top]) ** 0.5:.2f} %",
        "Seeds and silkworms breathe it out; in the light the leaves take some of it back.",
    )
    words = {
        "C": ("Carbon gained by the air", "Breathed out as carbon dioxide, less what the leaves took up"),
        "O": ("Oxygen gained by the air", "In oxygen, carbon dioxide and vapour together"),
        "N": ("Nitrogen gained by the air", "Nothing aboard breathes nitrogen: zero means a tight canister"),
    }
    for element, (name, meaning) in words.items():
        one = budget.sel(element=element)
        change, spread = 1e3 * float(one["change_mol"]), _90 * 1e3 * float(one["change_mol_variance"]) ** 0.5
        start = 1e3 * float(one["start_mol"])
        yield Finding(
            name, _signed(change), f"± {spread:.3f} mmol", f"{meaning}; at the start there were {start:.3f} mmol."
        )


def curves(product: xr.Dataset) -> Iterator[Curve]:
    """Climate and gases over time, and green area where there are pictures."""
    t = product["t"].to_numpy()

    def seen(name: str, scale: float = 1.0, offset: float = 0.0) -> Array:
        return np.asarray(scale * product[name].to_numpy() + offset, np.float64)

    warm = {part: seen(f"{part}_temperature_k", offset=-_ZERO_C) for part in ("soil", "air", "wall")}
    yield Curve("Temperature", "°C", t, warm, "Hourly means; the heater holds the soil, the Sun warms the rest.")
    yield Curve("Carbon dioxide", "%", t, {"CO₂": seen("co2", 100.0)}, "Share of the sealed air.")
    yield Curve("Oxygen", "%", t, {"O₂": seen("o2", 100.0)}, "Share of the sealed air.")
    yield Curve("Humidity", "%", t, {"relative humidity": seen("humidity", 100.0)}, "It jumps as the water comes in.")
    yield Curve("Light", "µmol m⁻² s⁻¹", t, {"on the bed": seen("light_umol_m2_s")}, "What the light pipe lets in.")
    if "area_mm2" in product:
        yield area_curve(product["frame_t"].to_numpy(), product)


def area_curve(t: Array, product: xr.Dataset) -> Curve:
    """Green area of the pictures taken at ``t``, (frames,)."""
    return Curve("Green area", "mm²", t, {"green": product["area_mm2"].to_numpy()}, "What is green in the seed bed.")


def _watered(product: xr.Dataset) -> float | None:
    """When the valve was first seen open, TDB s past J2000, if the sensors tell."""
    if "valve" not in product:
        return None
    wet = np.flatnonzero(product["valve"].to_numpy() > 0.5)
    return float(product["t"][wet[0]]) if wet.size else None


def _signed(mmol: float) -> str:
    return f"{mmol:+.3f} mmol".replace("-", "−")


def clock(utc: str) -> str:
    """A UTC time as people read it, to the minute."""
    return utc[:16].replace("T", " ")


def table(product: xr.Dataset, dim: str) -> dict[str, NDArray[Any]]:
    """The variables of a product that lie along ``dim``, as columns (n,)."""
    return {str(name): v.to_numpy() for name, v in {**product.coords, **product.data_vars}.items() if v.dims == (dim,)}
