"""A year at Chang'e 4, and SPICE to hold it against."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import spiceypy as sp
from spice_oracle import KERNELS, SIZES, YEAR, Spice, write_kernel

from farside.flight import RelayOrbit, solve_halo
from farside.flight.almanac import Almanac, Place, almanac, chang_e_4_vehicles
from farside.geometry import Site, kernel_path
from farside.moon import Horizon


@pytest.fixture(scope="session")
def orbit() -> RelayOrbit:
    return solve_halo()


@pytest.fixture(scope="session")
def spice(orbit: RelayOrbit, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spice]:
    paths = [str(kernel_path(*kernel)) for kernel in KERNELS]
    for path in paths:
        sp.furnsh(path)
    paths.append(str(write_kernel(orbit, site, tmp_path_factory.mktemp("spice") / "farside.bsp")))
    sp.furnsh(paths[-1])
    for name, values in SIZES.items():
        sp.pdpool(name, values)
    yield Spice()
    for path in paths:
        sp.unload(path)
    for name in SIZES:
        sp.dvpool(name)


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(-45.4446, 177.5991, -5935.0)


@pytest.fixture(scope="session")
def hills(site: Site) -> Horizon:
    """The skyline h(az) of flight-geometry.md, section 7, item 2: straight between whole degrees."""
    node = np.arange(361.0)
    mask = (
        1.2
        + 0.9 * np.sin(np.radians(2 * node + 40))
        + 0.7 * np.sin(np.radians(5 * node))
        + 1.2 * np.exp(-(((node - 20) / 8) ** 2))
    )
    elevation = np.radians(np.interp(np.arange(3600) / 10, node, mask))
    return Horizon(site, 1.5, elevation, np.full(3600, 5e4))


@pytest.fixture(scope="session")
def place() -> Place:
    return Place(
        site="chang-e-4",
        title="Chang'e 4 in Von Kármán crater",
        position={"lat_deg": -45.4446, "lon_deg": 177.5991, "height_m": -5935.0},
        relay="queqiao",
        stations=("jiamusi", "kashi", "neuquen"),
        vehicles=chang_e_4_vehicles(),
    )


@pytest.fixture(scope="session")
def year(place: Place, hills: Horizon, orbit: RelayOrbit) -> Almanac:
    return almanac(place, hills, orbit, *YEAR)
