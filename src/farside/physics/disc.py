"""How much light of the Sun's disc is left when a body or the horizon stands before it.

The disc is cut into columns; what is covered of one lies between two heights, and its light is a sum of closed forms:

        .-|-.        at x the column reaches from -c to c, c = sqrt(1 - x^2) solar radii;
      /   |   \\      with height y = c v:  mu = sqrt(1 - x^2 - y^2) = c sqrt(1 - v^2), so that
     |    |####|###  the light above y of a law mu^k is
      \\   |###/###   c^(k+1) times the integral of (1 - v^2)^(k/2) from v to 1
        `-|#'####

Limb darkening is that of Neckel and Labs (1994, Solar Physics 153, 91).
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numba import njit
from numpy.typing import NDArray

from farside.physics.solar import solar_irradiance

Array = NDArray[np.float64]

_COLUMNS = 32
_HALF_TURN, _TURN_WEIGHT = (0.5 * np.pi * a for a in np.polynomial.legendre.leggauss(_COLUMNS))
COLUMN_X = np.sin(_HALF_TURN)
"""Where the columns stand, in solar radii from the disc's middle, positive to the right, (columns,)."""
_COLUMN_DX = _TURN_WEIGHT * np.cos(_HALF_TURN)
_EVENLY = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def limb_darkening(wavelength_nm: float | None = None) -> Array:
    """Coefficients (6,) of the disc's brightness in powers of mu, 1 at its middle.

    wavelength_nm: held at the ends of the table, 303 and 1099 nm (the disc is still flatter beyond: its mean over its
    middle rises from 0.89 to about 0.94 at 2400 nm); None: for the Sun's whole energy.
    """
    nm, law, _ = _table()
    if wavelength_nm is not None:
        return np.array([np.interp(wavelength_nm, nm, a) for a in law.T])
    return _whole().copy()


def even_disc() -> Array:
    """Coefficients of a disc without limb darkening."""
    return _EVENLY.copy()


@cache
def _table() -> tuple[Array, Array, Array]:
    spec = yaml.safe_load((files("farside.physics") / "limb.yaml").read_text(encoding="utf-8"))
    rows = np.array(spec["rows"])
    return rows[:, 0], rows[:, 1:7], rows[:, 7]


@cache
def _whole() -> Array:
    """The law of all sunlight: each wavelength's, weighted with its energy; the ends stand for what lies beyond."""
    nm, law, mean = _table()
    edges = np.concatenate([[280.0], 0.5 * (nm[1:] + nm[:-1]), [4000.0]])
    width = np.diff(edges)
    energy = solar_irradiance(edges[:-1] + 0.5 * width, width_nm=width) * width
    total: Array = (energy / mean) @ law
    return total / total.sum()


def light_above(heights: Array, law: Array) -> tuple[Array, Array]:
    """Share of the disc's light above a horizon, and how high its middle stands, (n,) each.

    heights: of the horizon at ``COLUMN_X``, solar radii above the Sun's centre, (n, columns); law: as from
    ``limb_darkening``. The middle of that light in solar radii above the Sun's centre, 0 where there is none.
    """
    share, middle = np.empty(len(heights)), np.empty(len(heights))
    _above(np.ascontiguousarray(heights, np.float64), COLUMN_X, _COLUMN_DX, law, share, middle)
    return share, middle


def light_past(sun: Array, body: Array, sun_radius: float, axes: tuple[float, float], pole: Array, law: Array) -> Array:
    """Share of the Sun's light that passes a body, (n,).

    sun, body: vectors (n, 3) from the observer to their centres, in any unit that ``sun_radius`` and ``axes`` share.
    axes: the body's equatorial and polar radius; pole: unit vectors (n, 3) along its axis. Its outline is the exact one
    of the spheroid as seen from the observer. No air: the Earth's would widen its shadow by about 1 % and redden it.
    """
    share = np.empty(len(sun))
    _past(
        np.ascontiguousarray(sun, np.float64), np.ascontiguousarray(body, np.float64), float(sun_radius),
        float(axes[0]), float(axes[1]), np.ascontiguousarray(pole, np.float64), COLUMN_X, _COLUMN_DX, law, share,
    )  # fmt: skip
    return share


@njit(cache=True, nogil=True, error_model="numpy")
def column_above(v, c, law):  # type: ignore[no-untyped-def]
    """Light of a column of half length ``c`` above the height c v, and its first moment; see the module."""
    v = min(max(v, -1.0), 1.0)
    s = math.sqrt(1.0 - v * v)
    even, odd = 1.0 - v, 0.5 * (math.acos(v) - v * s)
    light, moment, height, chord = 0.0, 0.0, c, 1.0
    for k in range(law.size):
        if k > 1 and k % 2 == 0:
            even = (k * even - v * chord) / (k + 1)
        elif k > 1:
            odd = (k * odd - v * chord) / (k + 1)
        light += law[k] * height * (even if k % 2 == 0 else odd)
        moment += law[k] * height * c * chord * s * s / (k + 2)
        height *= c
        chord *= s
    return light, moment


@njit(cache=True, nogil=True, error_model="numpy")
def _all(x, dx, law):  # type: ignore[no-untyped-def]
    """Light of the whole disc, summed up like its parts: a whole disc is 1 to the last bit."""
    total = 0.0
    for j in range(x.size):
        total += dx[j] * column_above(-1.0, math.sqrt(1.0 - x[j] * x[j]), law)[0]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _above(heights, x, dx, law, share, middle):  # type: ignore[no-untyped-def]
    whole = _all(x, dx, law)
    for n in range(share.size):
        light, moment = 0.0, 0.0
        for j in range(x.size):
            c = math.sqrt(1.0 - x[j] * x[j])
            some, lever = column_above(heights[n, j] / c, c, law)
            light += dx[j] * some
            moment += dx[j] * lever
        share[n] = light / whole
        middle[n] = moment / light if light > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _past(sun, body, radius, a, b, pole, x, dx, law, share):  # type: ignore[no-untyped-def]
    """See ``light_past``."""
    whole = _all(x, dx, law)
    u, ahead, aside = np.empty(3), np.empty(3), np.empty(3)
    for n in range(share.size):
        far, near = _length(sun[n]), _length(body[n])
        for i in range(3):
            u[i] = sun[n, i] / far
        along = u[0] * body[n, 0] + u[1] * body[n, 1] + u[2] * body[n, 2]
        separation = math.atan2(math.sqrt(max(near * near - along * along, 0.0)), along)
        semi, sine = math.asin(min(radius / far, 1.0)), min(max(a, b) / near, 1.0)
        if near >= far or separation >= semi + math.asin(sine):
            share[n] = 1.0
            continue
        tangent = math.tan(semi)
        _across(u, body[n], along, tangent, ahead, aside)
        # the columns stand where the body may be: closer together if its outline is narrower than the disc
        room = math.cos(separation) ** 2 - sine * sine
        half = min(1.0, 1.001 * sine / (math.sqrt(room) * tangent)) if room > 0.0 else 1.0
        covered = _covered(u, ahead, aside, body[n], pole[n], a, b, half, x, dx, law)
        share[n] = min(max(1.0 - covered / whole, 0.0), 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _across(u, body, along, tangent, ahead, aside):  # type: ignore[no-untyped-def]
    """One solar radius across the unit vector u to the Sun: ``ahead`` towards the body, ``aside`` at right angles."""
    for i in range(3):
        ahead[i] = body[i] - along * u[i]
    if _length(ahead) < 1e-12 * _length(body):  # straight ahead: any direction will do
        k = 0 if abs(u[0]) < 0.6 else 1
        for i in range(3):
            ahead[i] = -u[k] * u[i]
        ahead[k] += 1.0
    scale = tangent / _length(ahead)
    for i in range(3):
        ahead[i] *= scale
    aside[0] = u[1] * ahead[2] - u[2] * ahead[1]
    aside[1] = u[2] * ahead[0] - u[0] * ahead[2]
    aside[2] = u[0] * ahead[1] - u[1] * ahead[0]


@njit(cache=True, nogil=True, error_model="numpy")
def _covered(u, ahead, aside, o, pole, a, b, half, x, dx, law):  # type: ignore[no-untyped-def]
    """Light of the disc that a spheroid at o covers.

    A ray v meets it where (v M o)^2 >= (o M o - 1) (v M v), M being its quadratic form: in a column, with
    v = u + x aside + y ahead, between the roots of a quadratic in y.
    """
    outside = _form(o, o, a, b, pole) - 1.0
    u_o, y_o, x_o = _form(u, o, a, b, pole), _form(ahead, o, a, b, pole), _form(aside, o, a, b, pole)
    u_u, u_y, u_x = _form(u, u, a, b, pole), _form(u, ahead, a, b, pole), _form(u, aside, a, b, pole)
    y_y, x_x, x_y = _form(ahead, ahead, a, b, pole), _form(aside, aside, a, b, pole), _form(aside, ahead, a, b, pole)
    square = y_o * y_o - outside * y_y
    covered = 0.0
    for j in range(x.size):
        at = half * x[j]
        base = u_o + at * x_o
        linear = 2.0 * (base * y_o - outside * (u_y + at * x_y))
        rest = base * base - outside * (u_u + 2.0 * at * u_x + at * at * x_x)
        low, high = _between(square, linear, rest)
        c = math.sqrt(1.0 - at * at)
        covered += half * dx[j] * (column_above(low / c, c, law)[0] - column_above(high / c, c, law)[0])
    return covered


@njit(cache=True, nogil=True, error_model="numpy")
def _length(v):  # type: ignore[no-untyped-def]
    return math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


@njit(cache=True, nogil=True, error_model="numpy")
def _form(p, q, a, b, pole):  # type: ignore[no-untyped-def]
    """The form p M q of a spheroid with semi-axes a and, along its pole, b."""
    up = (p[0] * pole[0] + p[1] * pole[1] + p[2] * pole[2]) * (q[0] * pole[0] + q[1] * pole[1] + q[2] * pole[2])
    return (p[0] * q[0] + p[1] * q[1] + p[2] * q[2] - up) / (a * a) + up / (b * b)


@njit(cache=True, nogil=True, error_model="numpy")
def _between(square, linear, rest):  # type: ignore[no-untyped-def]
    """Heights between which square y^2 + linear y + rest >= 0 on the body's side (it lies towards positive y)."""
    inside = linear * linear - 4.0 * square * rest
    if square >= 0.0:  # the body fills more than the half of the sky that the columns run through
        if inside <= 0.0:
            return -math.inf, math.inf
        root = 0.5 * (math.sqrt(inside) + abs(linear))
        if square == 0.0:
            return (-rest / linear if linear != 0.0 else math.inf), math.inf
        ends = (-root / square, -rest / root) if linear > 0.0 else (rest / root, root / square)
        return max(ends), math.inf
    if inside <= 0.0:
        return math.inf, math.inf
    root = 0.5 * (math.sqrt(inside) + abs(linear))
    first, second = (-root / square, -rest / root) if linear > 0.0 else (root / square, rest / root)
    return min(first, second), max(first, second)
