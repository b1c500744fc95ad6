import numpy as np
import pytest
from small_ground import bumps, flat, nested

from farside.payload import Rocks, Scene


@pytest.fixture(scope="session")
def rough():
    return nested(bumps)


@pytest.fixture(scope="session")
def plain():
    return nested(flat, levels=7, finest_m=0.25)


@pytest.fixture(scope="session")
def landed(rough):
    """The lander and three stones on rough ground."""
    base = np.array([[0.0, 6.0, 0.0], [1.5, 5.0, 0.1], [-2.0, 7.0, -0.1]])
    size = np.array([1.0, 0.4, 0.6])
    rocks = Rocks.lying(base, size, 0.6 * size, np.array([0.0, 1.0, 2.0]), np.arange(3))
    return Scene.build(rough, rocks)
