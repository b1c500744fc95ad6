import os
from pathlib import Path

import pytest

from farside.geometry import Site
from farside.moon import Moon

DATA = Path(os.environ.get("FARSIDE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="session")
def moon() -> Moon:
    return Moon(20190103)


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(-45.4446, 177.5991, -5935.0)


@pytest.fixture(scope="session")
def gld100() -> Path:
    path = DATA / "terrain" / "gld100_spa_64ppd.tif"
    if not path.exists():
        pytest.skip("no GLD100 file: set FARSIDE_TEST_DATA to the folder that holds terrain/")
    return path


@pytest.fixture(scope="session")
def profiles() -> Path:
    path = DATA / "terrain" / "crater_profile_diffused.npz"
    if not path.exists():
        pytest.skip("no profile table: set FARSIDE_TEST_DATA to the folder that holds terrain/")
    return path


@pytest.fixture(scope="session")
def catalogue() -> Path:
    path = DATA / "terrain" / "craters_spa_1km.npz"
    if not path.exists():
        pytest.skip("no crater catalogue: set FARSIDE_TEST_DATA to the folder that holds terrain/")
    return path
