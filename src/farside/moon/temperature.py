"""How warm the ground of a place is, at the surface and below, at any time: the real Sun over the real skyline.

    eight years before          the year asked for (and kept)
    |-- three times, steps of 2 h --|------- steps of 15 min -------|
    99 lunations: the ground        temperatures, straight between steps
    forgets how it began, but for 0.1 K at half a metre and 0.3 K at two

Years are counted from J2000, so that a time has the same temperature whatever else is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import Site, time_text, utc_to_t
from farside.moon.soil import bands_at
from farside.physics import (
    STEFAN_BOLTZMANN,
    Bands,
    SolarAlbedo,
    brightness_temperature,
    column,
    conduct,
    facet_temperatures,
    facets,
    from_below,
    lunar_soil,
    regolith_solar_albedo,
    rough_glow,
    spin_up,
    thermal_roughness,
)
from farside.sky import Skyline, Sunlight, flat_skyline, sunlight

Array = NDArray[np.float64]

_YEAR_S = 365.25 * 86400.0
_STEP_S, _EVERY = 900.0, 4
_SPIN_YEARS, _SPIN_STEP_S, _PASSES = 8, 7200.0, 3
_FIRST, _LAST = "1909-01-01", "2050-01-01"
_LEVEL = (0.0, 0.0, 1.0)


class _Year(NamedTuple):
    """start: TDB s past J2000; surface: every step from there on, (n,); cells: every ``_EVERY``-th step, (k, m). K."""

    start: float
    surface: Array
    cells: Array


@dataclass(eq=False)
class GroundTemperature:
    """Temperature of the ground at a site.

    skyline: elevation of the horizon by azimuth, such as ``Horizon.elevation_at``. normal: unit vector east, north, up
    of the ground's plane; a slope also sees the level ground around it, its light and its heat. albedo: of the ground
    over the Sun's spectrum, by cosine of incidence; by default that of the place's Hapke parameters.
    Regolith as everywhere (Hayne et al. 2017). Years are solved when they are first asked for, half a second each.
    """

    site: Site
    skyline: Skyline = flat_skyline
    normal: tuple[float, float, float] = _LEVEL
    albedo: SolarAlbedo | None = None

    def __post_init__(self) -> None:
        length = float(np.linalg.norm(self.normal))
        if not (abs(length - 1.0) < 1e-6 and self.normal[2] > 0.0):
            raise BadInput("ground", "normal", self.normal, "a unit vector that points upwards")
        self._reflected = self.albedo or regolith_solar_albedo(self.bands)
        self._column = column(lunar_soil())
        self._years: dict[int, _Year] = {}

    @property
    def bands(self) -> Bands:
        """Hapke parameters of the place; the built-in ones."""
        return bands_at(self.site.lat_deg, self.site.lon_deg)

    def surface(self, t: ArrayLike) -> Array:
        """Temperature of the surface at times t, K, shape of t. Raises BadInput before 1909 and after 2049."""
        return self.at(0.0, t)

    def at(self, depth_m: float, t: ArrayLike) -> Array:
        """Temperature at a depth and times t (TDB s past J2000), K, shape of t; linear between the middles of cells.

        Raises BadInput before 1909, after 2049 and below the column.
        """
        deepest = float(self._column.depth_m[-1])
        if not 0.0 <= depth_m <= deepest:
            raise BadInput("ground", "depth_m", depth_m, f"0 to {deepest:.2f} m")
        times = np.asarray(t, float)
        flat = times.ravel()
        self._check(flat)
        index = np.floor(flat / _YEAR_S).astype(int)
        out = np.empty(flat.shape)
        for k in np.unique(index):
            here = index == k
            out[here] = self._within(self._year(int(k)), depth_m, flat[here])
        return out.reshape(times.shape)

    def from_below(self, t: ArrayLike) -> Array:
        """Heat that the surface gets from below (negative: passes down) at times t, W m-2, shape of t.

        On a slope it includes the heat and light of the ground around. Raises BadInput as ``at``.
        """
        light = sunlight(self.site, t, self.skyline)
        mu0 = _cosine(light.towards, self.normal)
        return from_below(self.surface(t), mu0, light.flux, self._reflected, self._column.soil)

    def brightness(self, t: float, towards_eye: ArrayLike, wavelength_nm: ArrayLike) -> Array:
        """Brightness temperature of the ground's rough surface by day, K, shape of ``wavelength_nm``.

        towards_eye: unit vector east, north, up. Relief of a millimetre and more keeps its own temperatures (see
        ``farside.physics.facets``); the emissivity is left out. Raises BadInput where Sun or eye are below the plane.
        """
        light = sunlight(self.site, t, self.skyline)
        eye, sun = np.asarray(towards_eye, float), light.towards
        mu0, mu = (float(_cosine(v, self.normal)) for v in (sun, eye))
        if not (mu0 > 0.0 and mu > 0.0 and light.share > 0.0):
            raise BadInput("ground", "brightness", (mu0, mu), "Sun and eye above the plane of the ground")
        soil = self._column.soil
        f = facets(mu0, mu, float(eye @ sun), thermal_roughness(soil, float(self.surface(t))))
        kelvin = facet_temperatures(f, mu0, light.flux, self.from_below(t), self._reflected, soil)
        return brightness_temperature(wavelength_nm, rough_glow(wavelength_nm, f, *kelvin))

    def _check(self, t: Array) -> None:
        bad = ~((t >= utc_to_t(_FIRST)) & (t < utc_to_t(_LAST)))
        if bad.any():
            span = f"a time from {_FIRST} to {_LAST}: the ground remembers the eight years before"
            raise BadInput("ground", "time", time_text(float(t[bad][0])), span)

    def _within(self, year: _Year, depth_m: float, t: Array) -> Array:
        """Temperatures at times in one year: element by element, so that a time's bits depend on no other."""
        steps, depths = (t - year.start) / _STEP_S, self._column.depth_m
        if depth_m == 0.0:
            return _straight(year.surface, steps)
        k = int(np.searchsorted(depths, depth_m))
        if k == 0:
            above, top = _straight(year.surface, steps), 0.0
        else:
            above, top = _straight(year.cells[:, k - 1], steps / _EVERY), float(depths[k - 1])
        below = _straight(year.cells[:, k], steps / _EVERY)
        return above + (depth_m - top) / (float(depths[k]) - top) * (below - above)

    def _year(self, index: int) -> _Year:
        if index not in self._years:
            self._years[index] = self._solve(index * _YEAR_S)
        return self._years[index]

    def _solve(self, start: float) -> _Year:
        """Temperatures over the year from ``start``, and as far into the next as the last step reaches."""
        steps = int(np.ceil(_YEAR_S / (_STEP_S * _EVERY))) * _EVERY + 1
        during = start + _STEP_S * np.arange(steps)
        before = start - _STEP_S - _SPIN_STEP_S * np.arange(int(_SPIN_YEARS * _YEAR_S / _SPIN_STEP_S))[::-1]
        spin, light = (sunlight(self.site, t, self.skyline) for t in (before, during))
        earlier, surface, cells = self._history(self._direct(spin, _LEVEL), self._direct(light, _LEVEL))
        if self.normal != _LEVEL:
            _, surface, cells = self._history(
                self._direct(spin, self.normal) + self._around(spin, earlier),
                self._direct(light, self.normal) + self._around(light, surface),
            )
        return _Year(start, surface, cells)

    def _history(self, before: Array, during: Array) -> tuple[Array, Array, Array]:
        """Surface over the years before, surface and cells over the year, for the fluxes absorbed in both."""
        kelvin, earlier = spin_up(self._column, before, _SPIN_STEP_S, _PASSES)
        first, start = conduct(self._column, kelvin, during[:1], _STEP_S)
        surface, cells = conduct(self._column, kelvin, during[1:], _STEP_S, _EVERY)
        return earlier, np.concatenate([first, surface]), np.concatenate([start, cells])

    def _direct(self, light: Sunlight, normal: tuple[float, float, float]) -> Array:
        """Sunlight absorbed by a plane, W m-2."""
        cosine = _cosine(light.towards, normal)
        return light.flux * cosine * (1.0 - self._reflected(cosine))

    def _around(self, light: Sunlight, level_k: Array) -> Array:
        """What the slope takes in of the light and the heat of the level ground around it, W m-2."""
        emissivity, up = self._column.soil.emissivity, np.maximum(light.towards[:, 2], 0.0)
        scattered = light.flux * up * self._reflected(up)
        share = 0.5 * (1.0 - self.normal[2])
        return share * ((1.0 - self._reflected(0.5)) * scattered + emissivity**2 * STEFAN_BOLTZMANN * level_k**4)


def _cosine(directions: Array, normal: tuple[float, float, float]) -> Array:
    """Cosine between unit vectors (..., 3) and a normal, 0 where they lie below its plane; element by element."""
    east, north, up = normal
    return np.maximum(directions[..., 0] * east + directions[..., 1] * north + directions[..., 2] * up, 0.0)


def _straight(values: Array, place: Array) -> Array:
    """Values at fractional places, straight between them."""
    k = np.minimum(place.astype(int), len(values) - 2)
    return values[k] + (place - k) * (values[k + 1] - values[k])
