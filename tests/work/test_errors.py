from __future__ import annotations

import pickle

import pytest
import simpy

from farside.errors import BadInput, DamagedFile, OutOfSpace
from farside.link import StoreFull

ERRORS = [
    BadInput("a.yaml", "rover.mast.height_m", -1.5, "a height above 0"),
    DamagedFile("b.2C", "cut short"),
    OutOfSpace("no room"),
    StoreFull(10, 700, 5.0),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_an_error_says_the_same_after_being_pickled_or_raised_again(error):
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(type(error)(*error.args)) == str(error)


def test_an_error_of_an_actor_reaches_the_user_as_itself():
    env = simpy.Environment()

    def actor():
        yield env.timeout(1.0)
        raise BadInput("mission", "at", "too early", "a time after ignition")

    env.process(actor())
    with pytest.raises(BadInput, match="a time after ignition"):
        env.run()
