"""The product against the truth: what a flight's score asks of the radio spectrometer."""

from __future__ import annotations

import numpy as np
import xarray as xr

from farside.geometry import utc_to_t
from farside.payload.lfs import Burst, arrival_time, galactic_brightness
from farside.products.lfs import Drift, drift

Row = tuple[str, float, float, float]
OCTAVES_HZ = (2e6, 4e6, 8e6, 16e6)


def true_drift(product: xr.Dataset, burst: Burst, sun_distance_au: float) -> Drift:
    """The drift of the true ridge, at the frequencies and with the weights of the found one: a power law is only
    nearly what a beam in the corona does, so its exponent depends a little on where one looks."""
    f = product["ridge_frequency"].to_numpy()
    t = arrival_time(f, burst, sun_distance_au) - utc_to_t(product.attrs["start_utc"])
    return drift(f, t, product["ridge_time_error"].to_numpy())


def score_lfs(product: xr.Dataset, truth: tuple[Burst, float]) -> list[Row]:
    """(name, measured, expected, tolerance) for a product; truth: the burst, and the Sun's distance in au."""
    rows = []
    if "drift_exponent" in product.attrs:
        true = true_drift(product, *truth)
        rows.append(("type III drift exponent", product.attrs["drift_exponent"], true.exponent, 0.1))
    f, found = product["frequency"].to_numpy(), product["brightness"].to_numpy()
    for low in OCTAVES_HZ:
        inside = (f >= low) & (f < 2 * low) & np.isfinite(found)
        excess = float(np.mean(found[inside] / galactic_brightness(f[inside])))
        rows.append((f"sky at {low * 1e-6:g} to {2e-6 * low:g} MHz, dB", 10 * float(np.log10(excess)), 0.0, 0.5))
    return rows
