"""Measurements shared by the tests of the spectrometer."""

from functools import cache

import numpy as np
from scipy.spatial import ConvexHull

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


def true_centre(truth, left, right, inside):
    """Where reflectance over its convex hull is least in the truth, every nm: another hull than the product's."""
    x, y = truth["wavelength_nm"].to_numpy(), truth["reff"].to_numpy()
    k = (x >= left) & (x <= right)
    x, y = x[k], y[k] / y[k].max()
    corners = ConvexHull(np.column_stack([(x - left) / (right - left), y])).vertices
    chord = np.interp(x, [x[0], x[-1]], [y[0], y[-1]])
    upper = np.sort(corners[y[corners] >= chord[corners] - 1e-12])
    ratio = y / np.interp(x, x[upper], y[upper])
    ratio[(x < inside[0]) | (x > inside[1])] = 1.0
    return float(x[np.argmin(ratio)])
