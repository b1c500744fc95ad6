"""The analytic IAU 2009 orientation of the Moon (Archinal et al. 2011), an independent account of the same rotation."""

import numpy as np
import pytest

from farside import sky
from farside.geometry import MOON_RADIUS_M, r1, r3, utc_to_t

E0_AND_RATE = """
125.045 -0.0529921  250.089 -0.1059842  260.008 13.0120009  176.625 13.3407154  357.529 0.9856003
311.589 26.4057084  134.963 13.0649930  276.617 0.3287146   34.226 1.7484877    15.134 -0.1589763
119.743 0.0036096   239.961 0.1643573   25.053 12.9590088
"""
RA = [-3.8787, -0.1204, 0.0700, -0.0172, 0, 0.0072, 0, 0, 0, -0.0052, 0, 0, 0.0043]
DEC = [1.5419, 0.0239, -0.0278, 0.0068, 0, -0.0029, 0.0009, 0, 0, 0.0008, 0, 0, -0.0009]
W = [3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040, 0.0019, -0.0044]


def iau_rotation(t):
    d = t[:, None] / 86400.0
    start, rate = np.array(E0_AND_RATE.split(), float).reshape(-1, 2).T
    e = np.radians(start + rate * d)
    d = d[:, 0]
    centuries = d / 36525.0
    ra = 269.9949 + 0.0031 * centuries + np.sin(e) @ RA
    dec = 66.5392 + 0.0130 * centuries + np.cos(e) @ DEC
    w = 38.3213 + 13.17635815 * d - 1.4e-12 * d**2 + np.sin(e) @ W
    return r3(np.radians(w)) @ r1(np.radians(90.0 - dec)) @ r3(np.radians(90.0 + ra))


def test_integrated_and_analytic_orientation_differ_by_the_published_155_m_at_most():
    t = np.linspace(utc_to_t("2000-01-01T12:00"), utc_to_t("2040-01-01"), 60000)
    between = iau_rotation(t) @ np.swapaxes(sky.moon_rotation(t), 1, 2)
    off_axis = np.stack(
        [between[:, 2, 1] - between[:, 1, 2], between[:, 0, 2] - between[:, 2, 0], between[:, 1, 0] - between[:, 0, 1]]
    )
    metres = np.linalg.norm(off_axis, axis=0) / 2.0 * MOON_RADIUS_M
    assert metres.max() == pytest.approx(154.7, abs=0.5)
    assert metres.mean() == pytest.approx(72.5, abs=0.5)
