"""The relay's orbit of the reference year, solved once."""

import pytest

from farside.flight import RelayOrbit, solve_halo
from farside.geometry import Site


@pytest.fixture(scope="session")
def orbit() -> RelayOrbit:
    return solve_halo()


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(-45.4446, 177.5991, -5935.0)
