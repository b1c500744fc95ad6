"""The cube's faces that cells and tiles are cut from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.moon import population as pop
from farside.moon.cells import STEEPEST, face_of, leaning, on_face, place, reach, spacing, unwarp, warp, warp_rate

X = st.floats(-1, 1)
FACE = st.integers(0, 5)


@settings(deadline=None)
@given(FACE, X, X)
def test_a_place_on_a_face_is_found_again(face, x, y):
    u, v = warp(x), warp(y)
    p = np.array(place(face, u, v, leaning(u, v)))
    assert abs(np.linalg.norm(p) - 1) < 1e-15
    w, a, b = on_face(face, *p)
    assert w > 0.57
    np.testing.assert_allclose((unwarp(a / w), unwarp(b / w)), (x, y), atol=1e-14)
    if max(abs(x), abs(y)) < 1 - 1e-9:
        assert face_of(*p) == face


@settings(deadline=None)
@given(X)
def test_edges_are_the_same_bits_from_both_faces(x):
    u = warp(x)
    lean = leaning(1.0, u)
    assert place(0, 1.0, u, lean) == place(1, u, 1.0, lean)
    assert place(3, 1.0, u, lean) == place(1, u, -1.0, lean)
    assert place(5, u, 1.0, lean) == place(1, -1.0, u, lean)


def test_coordinates_are_nearly_angles_and_cells_nearly_equal():
    x = np.linspace(-1, 1, 4001)
    u, rate = np.array([warp(v) for v in x]), np.array([warp_rate(v) for v in x])
    per_angle = (1 + u * u) / rate
    assert per_angle.max() < STEEPEST
    assert warp(1.0) == 1.0 and warp(-1.0) == -1.0
    area = np.array([[spacing(a, b, leaning(warp(a), warp(b))) for a in x[::40]] for b in x[::40]])
    assert area.max() <= pop.DENSEST * (1 + 1e-12) and area.min() > 0.69 * pop.DENSEST
    # six faces are the sphere
    trapezoid = np.trapezoid(np.trapezoid(area, x[::40], axis=1), x[::40])
    np.testing.assert_allclose(6 * trapezoid, 4 * np.pi, rtol=1e-3)


@settings(deadline=None)
@given(st.floats(-2.5, 2.5), st.floats(1e-9, 0.29), st.floats(0, 1))
def test_range_of_a_coordinate_holds_every_angle_it_should(middle, half, share):
    inside = middle + (2 * share - 1) * half
    x0 = unwarp(np.tan(middle)) if abs(middle) < np.pi / 4 else 0.0
    first, last = reach(middle, x0, half)
    if abs(inside) <= np.pi / 4:
        assert first <= unwarp(np.tan(inside)) <= last
    assert (first >= -1 - 1e-11 and last <= 1 + 1e-11) or first > last
