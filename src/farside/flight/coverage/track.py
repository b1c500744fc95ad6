"""The course of a relay as seen from a site and the Earth: angles, distances and light times at equal steps of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside import sky
from farside.flight.relay import RelayOrbit
from farside.geometry import Site, azel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Track:
    """At times t (n,), TDB s past J2000; every other field (n,).

    azimuth, elevation: apparent, of the relay at the site, rad; angle: at the relay, between the site and the Earth's
    centre, rad; site_km, moon_km, earth_km: distances of the relay from the site and the centres of Moon and Earth at
    one moment; site_s, earth_s: one-way light times from the site to the relay for a signal sent at t, and on from
    there to the Earth's centre (a station is up to 0.021 s nearer).
    """

    t: Array
    azimuth: Array
    elevation: Array
    angle: Array
    site_km: Array
    moon_km: Array
    earth_km: Array
    site_s: Array
    earth_s: Array


def track(orbit: RelayOrbit, site: Site, t: Array) -> Track:
    """The course at times t (n,). Raises BadInput where the orbit does not reach three seconds beyond them."""
    azimuth, elevation = azel(sky.direction_to(orbit.position, site, t))
    here, relay, earth = sky.site_motion(site), orbit.position(t), sky.position("earth", t)
    to_site, to_earth = here(t) - relay, earth - relay
    site_km, earth_km = _length(to_site), _length(to_earth)
    cosine = np.einsum("ni,ni->n", to_site, to_earth) / (site_km * earth_km)
    site_s = sky.light_time(here, orbit.position, t)
    earth_s = sky.light_time(orbit.position, sky.body_motion("earth"), t + site_s)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    return Track(t, azimuth, elevation, angle, site_km, _length(relay), earth_km, site_s, earth_s)


def _length(v: Array) -> Array:
    return np.sqrt(np.einsum("ni,ni->n", v, v))
