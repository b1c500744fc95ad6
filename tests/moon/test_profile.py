"""Crater profiles against the fact sheet (section 5) and the computed table."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from farside.moon import profile

SHEET = {  # K: (d/D, rim/D, steepest wall in degrees)
    0.01: (0.193, 0.020, 28.7),
    0.03: (0.157, 0.011, 24.0),
    0.07: (0.110, 0.0043, 15.7),
    0.13: (0.072, 0.0015, 9.0),
    0.30: (0.033, 0.0002, 3.0),
}


def test_softened_craters_have_the_depths_rims_and_walls_of_the_sheet():
    r, heights = profile.diffused(np.array(list(SHEET)))
    for h, (depth, rim, wall) in zip(heights, SHEET.values(), strict=True):
        assert h.max() - h.min() == pytest.approx(depth, abs=0.0015)
        assert h.max() == pytest.approx(rim, abs=0.0008)
        assert np.degrees(np.arctan(2 * np.gradient(h, r).max())) == pytest.approx(wall, abs=0.4)


def test_profiles_agree_with_the_published_table(profiles):
    known = np.load(profiles)
    k = known["K_over_R2"].astype(float)
    use = (k > 0) & (k <= profile.K_MAX)
    r, heights = profile.diffused(k[use])
    ours = np.array([np.interp(known["r_over_R"], r, h) for h in heights])
    assert np.abs(ours - known["h_over_D"][use]).max() < 0.0015


def test_creep_moves_no_volume():
    r, heights = profile.diffused(np.array([0.01, 0.1, 0.3]))
    volume = (heights * r).sum(1)
    assert volume == pytest.approx((profile.fresh(r) * r).sum(), rel=1e-3)


def test_rows_end_flat_at_their_reach():
    table = profile.table()
    assert np.abs(table[:, -1]).max() == 0
    assert np.abs(np.diff(table[:, -4:], axis=1)).max() < 1e-5


def test_smoothing_is_further_degradation():
    """Averaging a crater over squares does what diffusion does: 1-D check along its middle, in NumPy."""
    diameter, resolution = 40.0, 20.0
    n, step = 400, 0.5
    x = (np.arange(n) - n / 2 + 0.5) * step
    r = np.hypot(x[:, None], x[None]) / (0.5 * diameter)
    rings, (fresh, soft) = profile.diffused(np.array([0.03, 0.03 + (resolution / diameter) ** 2 / 6]))
    height = diameter * np.interp(r, rings, fresh)
    window = int(resolution / step)
    averaged = uniform_filter(height, window, mode="constant")
    expected = diameter * np.interp(r, rings, soft)
    middle = np.s_[60:-60, 60:-60]
    assert np.abs(averaged - expected)[middle].max() < 0.03 * np.ptp(height)
    assert np.abs(height - expected)[middle].max() > 0.1 * np.ptp(height)
