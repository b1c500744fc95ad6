"""A rover down the ramp and driven three times, shared by the tests of its room."""

import pytest
from rover_ground import SITE, travelled

from farside.sky import sun_direction


@pytest.fixture(scope="package")
def travel():
    return travelled(7)


@pytest.fixture(scope="package")
def sun():
    return lambda t: sun_direction(SITE, t)
