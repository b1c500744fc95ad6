"""Level frames, and displacements that refuse to be added in two of them."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.geometry import Displacement, LevelFrame, Site

PLACE, ROVER = Site(-45.4446, 177.5991, -5935.0), Site(-45.44, 177.5991, -5935.0)


def test_axes_of_both_level_frames_are_those_of_the_site():
    np.testing.assert_array_equal(PLACE.enu.axes, PLACE.axes)
    np.testing.assert_array_equal(PLACE.ned.axes, [PLACE.axes[1], PLACE.axes[0], -PLACE.axes[2]])
    assert np.linalg.det(PLACE.ned.axes) == pytest.approx(1.0)
    with pytest.raises(BadInput, match="'NED'; expected a level frame: SITE_ENU, ROVER_NED"):
        LevelFrame("NED", PLACE)


def test_rover_positions_are_never_added_to_the_landers_axes_number_by_number():
    # the record of a real drive: the reference point from the lander, the rover from the reference point
    reference = Displacement(PLACE.enu, np.array([-736.761, 598.089, 2.426]))
    rover = Displacement(PLACE.ned, np.array([10.0, 3.0, -0.5]))
    with pytest.raises(BadInput, match=r"ROVER_NED at -45.4446 N 177.599 E.*expected SITE_ENU .*\.to\(frame\)"):
        reference + rover
    found = reference + rover.to(PLACE.enu)
    np.testing.assert_array_equal(found.metres, [-733.761, 608.089, 2.926])
    np.testing.assert_array_equal((found - reference).to(PLACE.ned).metres, [10.0, 3.0, -0.5])
    with pytest.raises(BadInput, match="a bare array does not say its frame"):
        reference + rover.metres
    with pytest.raises(TypeError):
        rover.metres + reference
    # at another place the level is another: 140 m further north a kilometre due north sinks by 8 cm
    there = Displacement(ROVER.ned, np.array([1000.0, 0.0, 0.0])).to(PLACE.enu).metres
    assert there[2] == pytest.approx(-1000.0 * np.radians(45.4446 - 45.44), rel=0.02)
