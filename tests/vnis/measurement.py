"""Measurements shared by the tests of the spectrometer."""

from functools import cache

import numpy as np

from farside.geometry import Pose, Site, utc_to_t
from farside.payload.vnis import VnisView, load_target, observe
from farside.products.vnis import radiance, spectrum
from farside.sky import sun_direction, sun_distance_au

SITE = Site(-45.4446, 177.5991)


def view(lines=16, utc="2019-01-04T06:00:00Z", pose=None, **kwargs):
    t = utc_to_t(utc)
    sun = tuple(float(x) for x in sun_direction(SITE, t))
    pose = pose or Pose.of(np.array([3.0, 10.0, 0.0]), np.eye(3))
    return VnisView(t, sun, float(sun_distance_au(t)), pose, "0001", lines=lines, **kwargs)


def level2(raw):
    by_mode = {o.attrs["mode"]: o for o in raw}
    return radiance(by_mode["VD"], by_mode["VC"], SITE), radiance(by_mode["SD"], by_mode["SC"], SITE)


@cache
def raw(name, **kwargs):
    return observe(load_target(name), view(**kwargs))


@cache
def product(name, **kwargs):
    return spectrum(*level2(raw(name, **kwargs)))
