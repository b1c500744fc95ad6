"""A ground, a drive over it, and real radar files."""

import numpy as np
import pytest

from farside.payload.lpr import Track, observe, site_ground

SLIP = 0.03
SPEED_MPS = 0.0542


def track_of(way, t0=6.0e8):
    """A track along a gentle bend: way (n,) in m, a value a second; the rover's reckoning is long by its slip."""
    way = np.asarray(way, float)
    position = np.column_stack([2.0 * np.sin(way / 30.0), -way, 0.0 * way])
    attitude = np.tile([0.02, -0.01, 3.1], (len(way), 1))
    return Track(t0 + np.arange(len(way)), position, position / (1.0 - SLIP), attitude)


@pytest.fixture(scope="session")
def straight():
    """A drive of 830 s without a stop."""
    return track_of(SPEED_MPS * np.arange(831.0))


@pytest.fixture(scope="session")
def ground():
    return site_ground(11)


@pytest.fixture(scope="session")
def draft(ground, straight):
    """The raw observation of the first 200 traces."""
    return observe(ground, straight, "2B", "0001", 11, 200)


@pytest.fixture(scope="session")
def real(data):
    folder = data / "lpr"
    if not folder.is_dir():
        pytest.skip("the real radar files are not here (FARSIDE_TEST_DATA)")
    return folder
