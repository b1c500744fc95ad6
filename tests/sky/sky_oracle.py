"""The same kernels evaluated with 64 bits of mantissa: what neither farside nor SPICE can round away."""

import numpy as np
import pytest

from farside import sky
from farside.geometry import PA_TO_ME_DE421, kernel_path
from farside.sky.chebyshev import open_kernel

Long = np.longdouble
LIGHT_KM_S = Long("299792.458")
PCK = open_kernel(kernel_path("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"))[1, 31006][0]
LEGS = {
    "sun": ["sun"],
    "earth": ["earth-moon barycentre", "earth"],
    "moon": ["earth-moon barycentre", "moon"],
    "ssb": [],
}

needs_long_double = pytest.mark.skipif(
    np.finfo(Long).eps > 1e-18, reason="this machine's long double is no longer than a double"
)


def state(segment, t):
    """Values and rates (n, 3) of a segment at long double times t (n,): Clenshaw's recurrence, and differentiated."""
    index = np.clip(((t - Long(segment.init)) // Long(segment.length)).astype(int), 0, len(segment.records) - 1)
    record = segment.records[index].astype(Long)
    x = ((t - record[:, 0]) / record[:, 1])[:, None]
    c = record[:, 2:].reshape(len(t), 3, -1)
    b1 = b2 = d1 = d2 = np.zeros((len(t), 3), Long)
    for k in range(c.shape[2] - 1, 0, -1):
        d1, d2 = 2 * b1 + (2 * x * d1 - d2), d1
        b1, b2 = c[:, :, k] + (2 * x * b1 - b2), b1
    return c[:, :, 0] + (x * b1 - b2), (b1 + (x * d1 - d2)) / record[:, 1:2]


def barycentric(body, t):
    """Position and velocity (n, 3) from the solar system barycentre."""
    states = [state(sky.segment(leg), t) for leg in LEGS[body]]
    nothing = np.zeros((len(t), 3), Long)
    return sum((r for r, _ in states), nothing), sum((v for _, v in states), nothing)


def me_rotation(t):
    """ICRF to MOON_ME, (n, 3, 3): R3(psi) R1(theta) R3(phi), then the constant rotation."""

    def about(axis, angle):
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        m = np.zeros((len(angle), 3, 3), Long)
        m[:, axis, axis] = 1
        m[:, i, i] = m[:, j, j] = np.cos(angle)
        m[:, i, j], m[:, j, i] = np.sin(angle), -np.sin(angle)
        return m

    phi, theta, psi = state(PCK, t)[0].T
    turn = np.einsum("nij,njk,nkl->nil", about(2, psi), about(0, theta), about(2, phi))
    return np.einsum("ij,njk->nik", PA_TO_ME_DE421.astype(Long), turn)


def unit(v):
    return v / np.sqrt((v**2).sum(-1))[..., None]


def moon_fixed(body, t):
    """Position (n, 3) of a body from the Moon's centre in MOON_ME, km."""
    t = t.astype(Long)
    apart = barycentric(body, t)[0] - barycentric("moon", t)[0]
    return np.einsum("nij,nj->ni", me_rotation(t), apart)


def seen_from(site, body, t):
    """Apparent direction (n, 3) of a body at a site: east, north, up."""
    t = t.astype(Long)
    fixed = (site.position_m * 1e-3).astype(Long)

    def observer(times):
        return np.einsum("nji,j->ni", me_rotation(times), fixed)

    moon, moon_velocity = barycentric("moon", t)
    velocity = moon_velocity + (observer(t + 5) - observer(t - 5)) / 10
    delay = np.zeros(len(t), Long)
    for _ in range(6):
        r = barycentric(body, t - delay)[0] - moon - observer(t)
        delay = np.sqrt((r**2).sum(1)) / LIGHT_KM_S
    u, beta = unit(r), velocity / LIGHT_KM_S
    across = beta - u * (u * beta).sum(1)[:, None]
    u = u * np.sqrt(1 - (across**2).sum(1))[:, None] + across
    return np.einsum("ij,njk,nk->ni", site.axes.astype(Long), me_rotation(t), u)
