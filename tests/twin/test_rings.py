"""Rings of pointings that a mission file commands."""

import pytest
from pydantic import ValidationError

from farside.twin.commands.rings import Rings


def rings(**yaws):
    return Rings(sequence_id="0001", first_index=0, pitches_deg=(0.0,), yaws_deg=yaws, bursts=((0.0, yaws["count"]),))


def test_a_ring_turns_the_mast_once_either_way():
    assert rings(start=0.0, step=-30.0, count=13).pointings()[-1] == (-360.0, 0.0)


def test_yaws_that_no_mast_reaches_are_refused_before_the_flight():
    with pytest.raises(ValidationError, match="yaws from -360 to 360, got 390"):
        rings(start=180.0, step=30.0, count=8)
