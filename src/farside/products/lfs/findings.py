"""What a dynamic spectrum says, in words and numbers for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from farside.products.desk import Finding

if TYPE_CHECKING:
    import xarray as xr

SKY_HZ = (2e6, 4e6)
"""The octave in which the sky is brightest: there its brightness is told."""


def caption(product: xr.Dataset) -> str:
    """One sentence on when it was heard, and what."""
    a = product.attrs
    start, stop = str(a["start_utc"]), str(a["stop_utc"])
    burst = "a burst of the Sun drifts from high to low frequencies" if "drift_exponent" in a else "no burst"
    return f"Radio sky of {start[:10]}, {start[11:16]} to {stop[11:16]} UTC: {burst}. Right: the sky when it is quiet."


def findings(product: xr.Dataset) -> list[Finding]:
    """The burst's drift, the sky's brightness, and how well the lander's own noise went away."""
    return [*_drift(product), *_sky(product), *_cancelled(product)]


def _drift(product: xr.Dataset) -> list[Finding]:
    a = product.attrs
    if "drift_exponent" not in a:
        return [Finding("Burst of the Sun", "none", "", str(a["burst"]))]
    low, high = a["drift_exponent_interval"]
    meaning = (
        "The frequency falls as df/dt = −K f^α while electrons run outwards through an ever thinner corona; "
        "Alvarez and Haddock (1973) measured 1.84."
    )
    rate = f"{a['drift_rate_1mhz'] * 1e-3:.1f} kHz/s"
    return [
        Finding(
            "Drift exponent α of the burst", f"{a['drift_exponent']:.2f}", f"95 %: {low:.2f} to {high:.2f}", meaning
        ),
        Finding("Drift at 1 MHz", rate, "", "So fast the burst falls when it is furthest from the Sun."),
    ]


def _sky(product: xr.Dataset) -> list[Finding]:
    f = product["frequency"].to_numpy()
    inside = (f >= SKY_HZ[0]) & (f < SKY_HZ[1])
    sky, variance = (product[name].to_numpy()[inside] for name in ("brightness", "brightness_variance"))
    if not np.isfinite(sky).any():
        return []
    # the errors of receiver and plasma are the same in all channels: they do not average out
    value, error = 1e20 * float(np.nanmean(sky)), 2e20 * float(np.sqrt(np.nanmean(variance)))
    name = f"Brightness of the sky, {SKY_HZ[0] * 1e-6:g} to {SKY_HZ[1] * 1e-6:g} MHz"
    meaning = "The glow of electrons in the Galaxy's magnetic field; below 3 MHz the Galaxy's own gas dims it."
    return [Finding(name, f"{value:.2f} · 10⁻²⁰ W m⁻² Hz⁻¹ sr⁻¹", f"± {error:.2f} (2σ)", meaning)]


def _cancelled(product: xr.Dataset) -> list[Finding]:
    if "cancelled_db" not in product.attrs:
        return []
    meaning = "The three antennas are added up so that the lander's own electronics cancel; the sky does not."
    return [Finding("Lander's noise removed", f"{product.attrs['cancelled_db']:.0f} dB", "", meaning)]
