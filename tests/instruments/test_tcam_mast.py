"""The mast model against the one whole real TCAM label (image 143)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.geometry import rotation_to_euler
from farside.instruments import camera_pose, load

CORNERS = {
    (1, 1): (0.308288, -0.878190, -0.365707),
    (1, 1728): (0.282967, -0.737626, -0.613055),
    (2352, 1): (-0.076418, -0.931058, -0.356778),
    (2352, 1728): (-0.101621, -0.790794, -0.603588),
    (1176, 864): (0.106315, -0.859804, -0.499434),
}
angles = st.floats(-180, 180)


def test_image_143_has_the_orientation_and_centre_of_its_label():
    rotation, centre = camera_pose("tcam", (-172.0, -30.0))
    assert rotation_to_euler(rotation) == pytest.approx((-59.233529, 12.648912, -163.976745), abs=1e-9)
    assert centre == pytest.approx((0.095217, 0.099420, 2.172139), abs=1e-12)


def test_all_vectors_of_image_143_come_out_to_the_sixth_decimal():
    rotation, _ = camera_pose("tcam", (-172.0, -30.0))
    camera = load("tcam").camera()
    for (i, j), vector in CORNERS.items():
        assert rotation @ camera.rays(i, j) == pytest.approx(vector, abs=6e-7)


def test_optical_axis_is_half_a_degree_off_the_nominal_direction():
    rotation, _ = camera_pose("tcam", (-172.0, -30.0))
    yaw, pitch = np.radians([-172.0, -30.0])
    nominal = np.array([-np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    assert np.degrees(np.arccos(nominal @ -rotation[:, 2])) == pytest.approx(0.50, abs=0.01)


@given(angles, st.floats(-60, 60))
def test_yaw_turns_the_camera_and_its_arm_about_the_vertical(yaw, pitch):
    (r0, c0), (r1, c1) = camera_pose("tcam", (0.0, pitch)), camera_pose("tcam", (yaw, pitch))
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    assert turn @ r0 == pytest.approx(r1, abs=1e-12)
    assert turn @ c0 == pytest.approx(c1, abs=1e-12)


def test_landing_camera_looks_along_the_engine_axis():
    rotation, centre = camera_pose("lcam")
    assert -rotation[:, 2] == pytest.approx((0, 0, -1))
    assert 0 < centre[2] < 2
