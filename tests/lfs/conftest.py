"""One session of the radio spectrometer, heard once and shared: ten minutes with a burst."""

from __future__ import annotations

import pytest
from radio_session import SITE, listen

from farside.instruments import lfs
from farside.products import lfs as products


@pytest.fixture(scope="session")
def session():
    return listen()


@pytest.fixture(scope="session")
def level2(session):
    return products.calibrate([lfs.unpack(lfs.pack(record)) for record in session], SITE)


@pytest.fixture(scope="session")
def product(level2):
    return products.dynamic_spectrum(lfs.from_bytes(lfs.to_bytes(level2), level2.attrs))
