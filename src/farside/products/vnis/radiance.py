"""Level 2B from raw counts: radiance against the white panel, with the geometry that a label gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Site, azel, utc_to_t
from farside.instruments.vnis import MODES, angles, footprint, load_vnis, product_name, rays, vnis_observation
from farside.physics import solar_irradiance
from farside.products.provenance import provenance, source
from farside.sky import sun_direction, sun_distance_au

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

PANEL_OF = {"VD": "VC", "SD": "SC"}
"""Mode of a target to that of its panel."""
_CHECK_NM = 560.0


def radiance(raw: xr.Dataset, panel: xr.Dataset | None, lander: Site) -> xr.Dataset:
    """The level-2B observation of a raw one (mode VD or SD); ``panel``: raw VC or SC of the same measurement.

    Radiance in W m-2 sr-1 nm-1: counts per time over those of the panel, whose radiance follows from the Sun. Where
    the panel is missing, dark or unevenly lit the laboratory response is used; ``calibration`` in attrs says which.
    lander: origin of the site frame in which the rover's pose is given. Raises BadInput for another level or mode.
    """
    a = raw.attrs
    if a["level"] not in ("raw", "1") or a["mode"] not in PANEL_OF:
        raise BadInput("vnis", "mode and level", (a["mode"], a["level"]), "raw VD or SD")
    if panel is not None and panel.attrs["mode"] != PANEL_OF[a["mode"]]:
        raise BadInput("vnis", "panel mode", panel.attrs["mode"], PANEL_OF[a["mode"]])
    rate = _rate(raw)
    response, calibration = _laboratory(raw), "laboratory"
    if panel is not None and panel["dn"].shape == raw["dn"].shape and _usable(panel, lander):
        response, calibration = _rate(panel) / _shaped(_panel_radiance(panel, lander), panel), "white panel"
    level2 = vnis_observation(
        "radiance", rate / np.maximum(response, 1e-9), "W m-2 sr-1 nm-1",
        **{key: value for key, value in a.items() if key not in ("bits", "frames", "product_id")},
        **_geometry(a, lander), calibration=calibration,
    )  # fmt: skip
    top = 2 ** int(a["bits"]) - 1
    level2["quality"] = (
        "band",
        (raw["dn"].to_numpy() >= top).reshape(raw.sizes["band"], -1).mean(axis=1).round().astype(int),
    )
    level2.attrs |= {
        "level": "2B",
        "product_id": product_name(a),
        "provenance": provenance(
            "radiance", [_source(o) for o in (raw, panel) if o is not None], calibration=calibration
        ),
    }
    return level2


def _source(observation: xr.Dataset) -> dict[str, str]:
    named = observation.assign_attrs(product_id=observation.attrs.get("product_id") or product_name(observation.attrs))
    return source(named)


def _shaped(per_band: Array, like: xr.Dataset) -> Array:
    return per_band.reshape(-1, *([1] * (like["dn"].ndim - 1)))


def _rate(raw: xr.Dataset) -> Array:
    """Counts per ms that light makes, shape of ``dn``: without bias and dark signal."""
    spec = load_vnis()
    exposure = np.asarray(raw.attrs["exposure_ms"], float)
    dark = raw["dark"].to_numpy().astype(float)
    if MODES[raw.attrs["mode"]] == "VIS":
        # the image with the filter off is exposed for as long as the longest band
        rest = spec.vis.dark_dn_per_ms * (exposure - exposure.max())
        dark = _shaped(dark.mean() + rest, raw)
    else:
        dark = np.full(dark.shape, np.median(dark))
    return (raw["dn"].to_numpy() - dark) / _shaped(exposure, raw)


def _laboratory(raw: xr.Dataset) -> Array:
    spec, channel = load_vnis(), MODES[raw.attrs["mode"]]
    scale = spec.vis.dn_per_ms if channel == "VIS" else spec.swir.dn_per_ms
    return _shaped(scale * spec.response[channel](spec.wavelengths(channel)), raw)


def _panel_radiance(panel: xr.Dataset, lander: Site) -> Array:
    """What the panel sends in each band, W m-2 sr-1 nm-1: Lambert, level with the rover's deck."""
    t = _middle(panel.attrs)
    deck = _rotation(panel.attrs)[:, 2]
    cosine = max(float(deck @ sun_direction(lander, t, apparent=False)), 0.0)
    wavelength = panel["wavelength_nm"].to_numpy()
    sunlight = solar_irradiance(wavelength, float(sun_distance_au(t))) * 1e-3 / np.pi
    return np.maximum(load_vnis().panel.reflectance * cosine * sunlight, 1e-12)


def _usable(panel: xr.Dataset, lander: Site) -> bool:
    """Whether the panel is bright and even by the rules of vnis.yaml; SWIR, blind at 560 nm, by its share of them."""
    rule = load_vnis().panel
    wavelength = panel["wavelength_nm"].to_numpy()
    band = int(np.argmin(np.abs(wavelength - _CHECK_NM)))
    seen = (_rate(panel) / _laboratory(panel))[band]
    sunlight = solar_irradiance(np.array([wavelength[band], _CHECK_NM]))
    share = float(sunlight[0] / sunlight[1])
    return bool(np.mean(seen) >= rule.dark_radiance * share and np.std(seen) <= rule.shadow_spread * share)


def _geometry(a: dict[Any, Any], lander: Site) -> dict[str, Any]:
    """Angles of Sun and sight on the plane that the wheels stand on, and places, as the label gives them."""
    spec = load_vnis()
    turn, at = _rotation(a), np.array(a["rover_position_m"])
    sun = sun_direction(lander, _middle(a), apparent=False)
    ray = rays(spec.spot.line, spec.spot.sample)
    look = turn @ ray
    incidence, emission, phase = angles(turn, sun)
    lat, lon, _ = lander.geodetic(at)

    return {
        "rover_lon_deg": float(lon),
        "rover_lat_deg": float(lat),
        "lander_lon_deg": lander.lon_deg,
        "lander_lat_deg": lander.lat_deg,
        "center_position_m": (turn @ footprint(ray) + at).tolist(),
        "center_vector": look.tolist(),
        "emission_deg": emission,
        "look_azimuth_deg": float(np.degrees(azel(look)[0])),
        "phase_deg": phase,
        "sun_incidence_deg": incidence,
        "sun_azimuth_deg": float(np.degrees(azel(sun)[0])),
    }


def _rotation(a: dict[Any, Any]) -> Array:
    return np.array(a["rover_rotation"], float).reshape(3, 3)


def _middle(a: dict[Any, Any]) -> float:
    return 0.5 * (utc_to_t(a["start_utc"]) + utc_to_t(a["stop_utc"]))
