import pytest

from farside.moon.builtin import Builtin, load_features


@pytest.fixture(scope="session")
def land():
    """The built-in land beneath all files."""
    return Builtin(1, load_features()).surface
