"""Light from the target: reflected sunlight and the ground's own heat, per pixel and band."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from farside.instruments.vnis import footprint, load_vnis, rays
from farside.payload.vnis.mixture import Mixture
from farside.payload.vnis.target import Target
from farside.payload.vnis.view import VnisView
from farside.physics import (
    SOLAR_CONSTANT_W_M2,
    STEFAN_BOLTZMANN,
    Regolith,
    SolarAlbedo,
    facet_temperatures,
    facets,
    lunar_soil,
    radf,
    rough_glow,
    solar_albedo,
    solar_irradiance,
    thermal_roughness,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """The target's pixels: cosines of incidence, emission and phase, and share of stone, each (pixels,)."""

    mu0: Array
    mu: Array
    cos_g: Array
    cover: Array


def scene(target: Target, view: VnisView) -> Scene:
    """Geometry of every pixel of the VIS image, in the order of lines, on the relief of the target."""
    spec = load_vnis()
    at = (np.arange(view.lines) + 0.5) * (spec.lines / view.lines) + 0.5
    directions = rays(at[:, None], at[None, :]).reshape(-1, 3)
    middle = footprint(rays(spec.spot.line, spec.spot.sample))
    points = footprint(directions) - middle
    x, y = points[:, 0], points[:, 1]
    dx, dy = target.slopes(x, y, view.seed, view.sequence_id)
    normal = _normals(dx, dy, view)
    sun = np.array(view.sun)
    eye = -directions @ view.pose.r.T
    return Scene(normal @ sun, np.sum(normal * eye, axis=1), eye @ sun, target.cover(x, y))


def _normals(dx: Array, dy: Array, view: VnisView) -> Array:
    """Unit normals (pixels, 3) in the site frame of relief with these slopes on the mean plane of the ground."""
    up = view.pose.r[:, 2] if view.normal is None else np.array(view.normal)
    ahead = view.pose.r[:, 0] - up * (up @ view.pose.r[:, 0])
    ahead /= np.linalg.norm(ahead)
    n = up - dx[:, None] * ahead - dy[:, None] * np.cross(up, ahead)
    return n / np.linalg.norm(n, axis=1, keepdims=True)


def radiance_factor(target: Target, pixels: Scene, wavelength_nm: Array) -> Array:
    """I/F of pixels in bands, (pixels, bands): stone and ground side by side in a pixel add by area."""
    out = np.zeros((pixels.mu0.size, wavelength_nm.size))
    _add(out, pixels, 1.0 - pixels.cover, target.ground, wavelength_nm)
    if target.stone is not None:
        _add(out, pixels, pixels.cover, target.stone, wavelength_nm)
    return out


def _add(out: Array, s: Scene, share: Array, material: Mixture, wavelength_nm: Array) -> None:
    p = material.photometry
    rough = math.tan(math.radians(p.roughness_deg))
    _add_radf(out, s.mu0, s.mu, s.cos_g, share, material.albedo(wavelength_nm), p.b, p.c, p.bs0, p.hs, rough)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_radf(out, mu0, mu, cos_g, share, w, b, c, bs0, hs, rough):  # type: ignore[no-untyped-def]
    for n in range(out.shape[0]):
        if share[n] > 0.0:
            for k in range(out.shape[1]):
                out[n, k] += share[n] * radf(mu0[n], mu[n], cos_g[n], w[k], b, c, bs0, hs, rough)


def level_temperature(target: Target, view: VnisView) -> float:
    """Kelvin of level ground of the target's soil: what the Sun and the depth bring it sends out again."""
    taken = _sunlight(view) * view.sun[2] * (1.0 - float(_albedo(target.ground)(view.sun[2])))
    return float((max(taken + view.below_w_m2, 0.0) / (lunar_soil().emissivity * STEFAN_BOLTZMANN)) ** 0.25)


def glow(target: Target, spot: Scene, view: VnisView, wavelength_nm: Array) -> Array:
    """Radiance of the SWIR field were it black, (bands,): relief too fine for the image is hot where it faces the Sun.

    Ground and stone each have facets about the field's mean plane, by area; the ground's as rough as measured at the
    site, the stone's as its photometry says.
    """
    soil, sunlight = lunar_soil(), _sunlight(view)
    mu0, mu, cos_g, cover = (float(a.mean()) for a in (spot.mu0, spot.mu, spot.cos_g, spot.cover))
    parts = [(1.0 - cover, target.ground, thermal_roughness(soil, level_temperature(target, view)))]
    if target.stone is not None:
        parts.append((cover, target.stone, math.radians(target.stone.photometry.roughness_deg)))
    out = np.zeros(wavelength_nm.size)
    for share, material, rough in parts:
        f = facets(mu0, mu, cos_g, rough)
        kelvin = facet_temperatures(f, mu0, sunlight, view.below_w_m2, _albedo(material), soil)
        out += share * rough_glow(wavelength_nm, f, *kelvin)
    return out


def _sunlight(view: VnisView) -> float:
    return SOLAR_CONSTANT_W_M2 / view.sun_distance_au**2


@lru_cache(maxsize=16)
def _albedo(material: Mixture) -> SolarAlbedo:
    """Of a mixture over the Sun's spectrum."""
    p = material.photometry

    def soil_at(nm: float) -> Regolith:
        return Regolith(float(material.albedo(np.array([nm]))[0]), p.b, p.c, p.bs0, p.hs, math.radians(p.roughness_deg))

    return solar_albedo(soil_at)


def radiance(factor: Array, reflectance: Array, heat: Array, wavelength_nm: Array, sun_distance_au: float) -> Array:
    """Radiance, W m-2 sr-1 nm-1, of I/F (..., bands) and of ``heat``, that of black ground (bands,).

    reflectance: (bands,) gives the emissivity.
    """
    sunlight = solar_irradiance(wavelength_nm, sun_distance_au) * 1e-3 / np.pi
    return factor * sunlight + (1.0 - reflectance) * heat
