"""Gravity fields: the pull against a plain sum, published coefficients, files and what is wrong with them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput, DamagedFile
from farside.flight import GravityField, moon_gravity, read_gravity
from farside.work import rng

SHADR = """ 1.738000e+03, 4.90280011526323e+03, 2.0e-05,    3,    3, 1, 0.0, 0.0
    1,    0,  0.0,  0.0,  0.0,  0.0
    1,    1,  0.0,  0.0,  0.0,  0.0
    2,    0, -9.0884E-05,  0.0,  1.0e-11,  0.0
    2,    1,  1.5E-11,  1.2E-09,  1.0e-11,  1.0e-11
    2,    2,  3.4673E-05,  9.1E-10,  1.0e-11,  1.0e-11
    3,    0, -3.1973E-06,  0.0,  1.0e-11,  0.0
    3,    1,  2.6368E-05,  5.4545E-06,  1.0e-11,  1.0e-11
    3,    2,  1.4171E-05,  4.8780E-06,  1.0e-11,  1.0e-11
    3,    3,  1.2275E-05, -1.7744E-06,  1.0e-11,  1.0e-11
"""
ICGEM = """comment of any kind
begin_of_head ==========
product_type gravity_field
modelname TEST
earth_gravity_constant 4.90280011526323D12
radius 1.738e6
max_degree 3
norm fully_normalized
tide_system tide_free
key L M C S sigma_C sigma_S
end_of_head ============
gfc 0 0 1.0 0.0 0.0 0.0
gfc 2 0 -9.0884d-05 0.0 0.0 0.0
gfc 2 1 1.5d-11 1.2d-09 0.0 0.0
gfc 2 2 3.4673d-05 9.1d-10 0.0 0.0
gfc 3 0 -3.1973d-06 0.0 0.0 0.0
gfc 3 1 2.6368d-05 5.4545d-06 0.0 0.0
gfc 3 2 1.4171d-05 4.8780d-06 0.0 0.0
gfc 3 3 1.2275d-05 -1.7744d-06 0.0 0.0
"""


def written(tmp_path, text, name="field.sha"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def random_field(degree, seed=1):
    """Kaula's rule for the Moon: coefficients of 2.5e-4/n^2."""
    draw = rng(seed, "gravity")
    size = 2.5e-4 / np.maximum(np.arange(degree + 1.0), 1.0) ** 2
    c, s = (np.tril(draw.normal(size=(degree + 1, degree + 1))) * size[:, None] for _ in range(2))
    c[0, 0], s[:, 0] = 1.0, 0.0
    return GravityField(4902.8, 1738.0, c, s)


def plain_pull(field, r):
    """Gradient in spherical coordinates of the sum with Legendre functions that are not normalised, 64-bit mantissa."""
    x, y, z = (np.longdouble(v) for v in r)
    flat, far = np.hypot(x, y), np.sqrt(x * x + y * y + z * z)
    sine, cosine, lon = z / far, flat / far, np.arctan2(y, x)
    top = field.degree + 1
    p = np.zeros((top + 1, top + 2), np.longdouble)
    p[0, 0] = 1
    for m in range(1, top + 1):
        p[m, m] = (2 * m - 1) * cosine * p[m - 1, m - 1]
    for m in range(top):
        p[m + 1, m] = (2 * m + 1) * sine * p[m, m]
        for n in range(m + 2, top + 1):
            p[n, m] = ((2 * n - 1) * sine * p[n - 1, m] - (n + m - 1) * p[n - 2, m]) / (n - m)
    radial = north = east = np.longdouble(0)
    for n in range(field.degree + 1):
        near = (np.longdouble(field.radius) / far) ** n
        for m in range(n + 1):
            squared = (2 - (m == 0)) * (2 * n + 1) * math.factorial(n - m) / np.longdouble(math.factorial(n + m))
            c, s = (np.longdouble(k[n, m]) * np.sqrt(squared) * near for k in (field.c, field.s))
            wave, slope = c * np.cos(m * lon) + s * np.sin(m * lon), -c * np.sin(m * lon) + s * np.cos(m * lon)
            radial -= (n + 1) * p[n, m] * wave
            north += (p[n, m + 1] - m * sine / cosine * p[n, m]) * wave
            east += m * p[n, m] * slope / cosine
    up = np.array([x, y, z]) / far
    to_north, to_east = np.array([-sine * x, -sine * y, cosine * flat]) / flat, np.array([-y, x, 0 * x]) / flat
    return np.longdouble(field.gm) / far**2 * (radial * up + north * to_north + east * to_east)


@pytest.mark.parametrize(("field", "heights"), [(moon_gravity(), (0, 200, 9000)), (random_field(60), (0, 200, 9000))])
def test_pull_is_that_of_the_plain_sum(field, heights):
    draw = rng(2, "places")
    for height in heights:
        towards = draw.normal(size=3)
        r = towards / np.linalg.norm(towards) * (1738.0 + height)
        expected = plain_pull(field, r)
        assert np.linalg.norm(field.acceleration(r) - expected) < 1e-14 * np.linalg.norm(expected)


def test_pull_over_a_pole_is_the_limit_of_the_pull_beside_it():
    field = random_field(60)
    for pole in ([0.0, 0.0, 1800.0], [0.0, 0.0, -1800.0]):
        beside = [[1e-4, 0.0, pole[2]], [-1e-4, 0.0, pole[2]], [0.0, 1e-4, pole[2]], [0.0, -1e-4, pole[2]]]
        np.testing.assert_allclose(field.acceleration(pole), field.acceleration(beside).mean(0), rtol=0, atol=1e-14)


@settings(max_examples=20, deadline=None)
@given(st.floats(-1.0, 1.0), st.floats(0.0, 6.28), st.floats(1738.0, 6e4))
def test_pull_has_no_curl_and_no_divergence(sine, lon, distance):
    cosine, h = math.sqrt(1.0 - sine * sine), 1.0
    r = distance * np.array([cosine * math.cos(lon), cosine * math.sin(lon), sine])
    steps = h * np.eye(3)
    slopes = (moon_gravity().acceleration(r + steps) - moon_gravity().acceleration(r - steps)) / (2.0 * h)
    size = 4902.8 / distance**3
    np.testing.assert_allclose(slopes, slopes.T, rtol=0, atol=1e-5 * size)
    assert abs(np.trace(slopes)) < 1e-5 * size


def test_a_field_of_degree_0_is_a_point_mass():
    r = np.array([[1000.0, -2000.0, 500.0]])
    pull = moon_gravity().to_degree(0).acceleration(r)
    np.testing.assert_allclose(pull, -moon_gravity().gm * r / np.linalg.norm(r) ** 3, rtol=1e-15)


def test_built_in_field_has_the_largest_coefficients_of_grgm1200a():
    # Lemoine et al. 2014, normalised; degree 3 to the 2 per cent by which fields from GRAIL differ from DE430's
    field = moon_gravity()
    np.testing.assert_allclose([field.c[2, 0], field.c[2, 2]], [-9.0884e-5, 3.4673e-5], rtol=2e-4)
    assert field.degree == 6


def test_shadr_and_icgem_say_the_same(tmp_path):
    shadr, icgem = read_gravity(written(tmp_path, SHADR)), read_gravity(written(tmp_path, ICGEM, "field.gfc"))
    assert (shadr.degree, shadr.gm, shadr.radius) == (3, 4902.80011526323, 1738.0)
    assert icgem.gm == pytest.approx(shadr.gm, rel=1e-15)
    np.testing.assert_array_equal(shadr.c, icgem.c)
    np.testing.assert_array_equal(shadr.s, icgem.s)
    assert read_gravity(written(tmp_path, SHADR), degree=2).degree == 2


def test_coefficients_that_are_not_normalised_are_normalised(tmp_path):
    # N[2, 0] = sqrt 5, N[3, 3] = sqrt(14/720)
    plain = ["1738.0, 4902.8, 0, 3, 3, 0, 0, 0", "2, 0, -2.0322e-4, 0", "3, 3, 1.7117e-6, -2.4743e-7"]
    field = read_gravity(written(tmp_path, "\n".join(plain)))
    assert field.c[2, 0] == pytest.approx(-2.0322e-4 / math.sqrt(5.0), rel=1e-14)
    assert field.s[3, 3] == pytest.approx(-2.4743e-7 / math.sqrt(14.0 / 720.0), rel=1e-14)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2,    1,  1.5E-11", "2,    1,  1.5E-x1", "line 5: not degree, order, C and S"),
        ("3,    3,  1.2275E-05, -1.7744E-06,  1.0e-11,  1.0e-11", "3, 3", "line 10: not degree, order, C and S"),
        ("3,    2,", "3,    4,", "line 9: degree 3, order 4"),
        ("-9.0884E-05", "nan", "line 4: degree 2, order 0, C nan"),
        (" 1.738000e+03,", " one,", "line 1: not the header"),
        ("3,    3, 1, 0.0, 0.0", "3,    3, 2, 0.0, 0.0", "line 1: norm 2"),
        ("3,    3, 1, 0.0, 0.0", "4,    4, 1, 0.0, 0.0", "no row of degree 4"),
    ],
)
def test_damaged_shadr_names_the_line(tmp_path, old, new, message):
    with pytest.raises(DamagedFile, match=message):
        read_gravity(written(tmp_path, SHADR.replace(old, new)))


def test_damaged_icgem_names_the_line(tmp_path):
    with pytest.raises(DamagedFile, match="line 14: trnd is no row"):
        read_gravity(written(tmp_path, ICGEM.replace("gfc 2 1", "trnd 2 1"), "field.gfc"))
    with pytest.raises(DamagedFile, match="no earth_gravity_constant, radius or max_degree"):
        read_gravity(written(tmp_path, ICGEM.replace("radius ", "girth "), "field.gfc"))
    with pytest.raises(DamagedFile, match="norm none is not known"):
        read_gravity(written(tmp_path, ICGEM.replace("fully_normalized", "none"), "field.gfc"))


def test_what_a_file_does_not_hold_is_refused(tmp_path):
    path = written(tmp_path, SHADR)
    with pytest.raises(BadInput, match=r"degree: 50; expected 0 to 3"):
        read_gravity(path, degree=50)
    with pytest.raises(BadInput, match="degree: -1"):
        read_gravity(path, degree=-1)
    with pytest.raises(BadInput, match="degree: 7; expected 0 to 6"):
        moon_gravity().to_degree(7)
    with pytest.raises(BadInput, match="a gravity field that can be read"):
        read_gravity(tmp_path / "none.sha")
    with pytest.raises(BadInput, match=r"radius: 6378\.0; expected the Moon's"):
        read_gravity(written(tmp_path, SHADR.replace("1.738000e+03", "6.378000e+03")))
    with pytest.raises(BadInput, match=r"GM: 4902800115260\.0; expected the Moon's, 4902\.8 km3/s2"):
        read_gravity(written(tmp_path, "1738.0, 4.90280011526e12, 0, 2, 2, 1, 0, 0\n2, 0, -9.0884e-05, 0"))


def test_numbers_that_are_no_field_are_refused():
    one = np.eye(1)
    for gm, radius, c, s, field in [
        (-1.0, 1738.0, one, one, "gm"),
        (4902.8, 0.0, one, one, "radius"),
        (4902.8, 1738.0, np.ones((2, 3)), np.ones((2, 3)), "c"),
        (4902.8, 1738.0, one, np.eye(2), "s"),
        (4902.8, 1738.0, one * math.nan, one, "c"),
    ]:
        with pytest.raises(BadInput, match=f"gravity: {field}:"):
            GravityField(gm, radius, c, s)
