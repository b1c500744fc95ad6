"""The colour chart in frames: found where it is, refused where it is not, and what it says of a camera's colours."""

import re
from dataclasses import replace

import colour
import numpy as np
import pytest
from colour.quality import SDS_TCS
from painted_chart import BINNING, CHART, FINE, STEP_M, Painter, band_reflectance

from farside.errors import BadInput
from farside.geometry import euler_to_rotation
from farside.instruments import pinhole
from farside.products.chart import chart_in
from farside.products.colour import colours_by, difference, ground_balance, known, lab, observed, sunlight, to_xyz
from farside.products.colour.matrix import soils

NM = np.arange(380.0, 781.0)


def true_corners(painter):
    """Corners of the field of patches in a painter's frame, by the pose that the camera really had."""
    told = replace(painter, aside_deg=tuple(np.add(painter.aside_deg, painter.off_deg)), off_deg=(0.0, 0.0))
    frame = replace(told, noise=0.0, shows=False).frame()
    across, along = np.array([-1, 1, 1, -1]) * CHART.columns / 2, np.array([1, 1, -1, -1]) * CHART.rows / 2
    points = CHART.places(across * STEP_M, along * STEP_M) - frame.attrs["camera_position_m"]
    i, j = pinhole(frame).project(points @ euler_to_rotation(*frame.attrs["camera_rotation_deg"]))
    return np.stack([i, j], axis=1) - 1.0


def balance_of(painter, count=2):
    return colours_by([chart_in(painter.frame(seed)) for seed in range(count)], "tcam")


@pytest.mark.parametrize("gains", [(1.0, 1.0, 1.0), (1.1, 1.0, 0.85), (0.8, 1.0, 1.1)])
def test_white_balance_of_a_camera_whose_bands_are_not_as_published_is_found_within_its_error(gains):
    found = balance_of(Painter(gains=gains))
    assert len(found.number) == 24
    assert np.all(np.abs(found.balance - gains) < 3.0 * found.sigma + 1e-9)
    assert found.sigma.max() < 0.01


def test_colours_of_a_camera_with_wrong_bands_come_right_by_its_chart_for_other_surfaces_too():
    """Bands 8 nm off and sensitivities by 15 %; the test colours of the CIE are on no chart."""
    found = balance_of(Painter(gains=(1.1, 1.0, 0.85), shift_nm=8.0))
    assert found.better
    assert found.after.mean() < found.left_out.mean() < 0.6 * found.before.mean()
    samples = [np.interp(FINE, s.wavelengths, s.values) for s in SDS_TCS["CIE 1995"].values()]
    seen = np.array([band_reflectance(s, 8.0) for s in samples]) * (1.1, 1.0, 0.85)
    true = observed(np.array([np.interp(NM, FINE, s) for s in samples]))
    assert difference(seen @ found.matrix.T, true).mean() < 0.7 * difference(seen @ to_xyz("tcam").T, true).mean()


@pytest.mark.parametrize("off", [(0.0, 0.0), (0.4, -0.3), (-1.5, 1.2)])
def test_a_mast_that_is_not_where_its_label_says_does_not_hide_the_chart(off):
    painter = Painter(off_deg=off)
    seen = chart_in(painter.frame())
    assert seen.corners == pytest.approx(true_corners(painter), abs=2.0)  # pixels, of 27 to a patch
    assert list(seen.number) == list(range(24))


def test_a_chart_that_is_further_off_than_any_mast_errs_is_refused_or_found_never_mistaken():
    for off in ((4.0, 0.0), (0.0, 3.5), (-5.0, 2.0), (2.6, 2.6)):
        painter = Painter(off_deg=off)
        try:
            seen = chart_in(painter.frame())
        except BadInput as error:
            assert error.field == "chart"
            continue
        assert seen.corners == pytest.approx(true_corners(painter), abs=3.0)


def test_two_frames_that_each_cut_the_chart_tell_of_all_its_patches():
    parts = [chart_in(Painter(aside_deg=(aside, 0.0)).frame()) for aside in (9.5, -9.5)]
    assert all(8 <= len(part.number) < 24 for part in parts)
    found = colours_by(parts, "tcam")
    assert len(found.number) == 24
    assert found.balance == pytest.approx(np.ones(3), abs=0.01)


def test_no_chart_is_looked_for_where_the_camera_looks_elsewhere_or_stands_on_another_vehicle():
    assert chart_in(Painter(aside_deg=(60.0, 0.0)).frame()) is None
    frame = Painter().frame()
    assert chart_in(frame.assign_attrs(reference_frame="ROVER_COORDINATE_SYSTEM")) is None


SHADOW = tuple(np.where(np.arange(24) % 6 < 3, 0.04, 1.0))


@pytest.mark.parametrize(
    ("painter", "why"),
    [
        (Painter(shows=False), "no chart is here|in one light"),
        (Painter(order=tuple(np.random.default_rng(5).permutation(24))), "no chart is here|in one light"),
        (Painter(order=tuple(np.arange(24)[::-1])), "no chart is here|in one light"),
        (Painter(lit=(0.3,) * 24), "one in the Sun"),
        (Painter(lit=(0.04,) * 24), "no chart is here|one in the Sun"),
        (Painter(lit=SHADOW), "in one light|no chart is here"),
        (Painter(binning=48), "pixels a patch"),
    ],
)
def test_what_is_not_the_chart_in_the_sun_is_refused(painter, why):
    with pytest.raises(BadInput) as error:
        chart_in(painter.frame())
    assert error.value.field == "chart"
    assert re.search(why, str(error.value))


def test_patches_in_a_shadow_are_left_out_and_spoil_nothing():
    lit = np.ones(24)
    lit[[0, 6, 12]] = 0.05
    painter = Painter(lit=tuple(lit), gains=(1.1, 1.0, 0.85))
    seen = chart_in(painter.frame())
    assert seen.left_out == 3
    assert not {0, 6, 12} & set(seen.number.tolist())
    assert colours_by([seen], "tcam").balance == pytest.approx((1.1, 1.0, 0.85), rel=0.01)


def test_white_that_is_burnt_out_is_left_out_and_spoils_nothing():
    frame = Painter().frame()
    frame["dn"][:] = np.minimum(np.rint(frame["dn"] * 1.7), 255)
    seen = chart_in(frame)
    white = CHART.patches.index("white")
    assert white not in seen.number and len(seen.number) > 16
    assert colours_by([seen], "tcam").balance == pytest.approx(np.ones(3), abs=0.01)


@pytest.mark.parametrize("turn", range(4))
def test_corners_given_by_hand_find_the_chart_whichever_way_it_is_up(turn):
    frame, corners = Painter(gains=(1.1, 1.0, 0.85)).frame(), true_corners(Painter())
    dn = np.rot90(frame["dn"].to_numpy(), -turn, axes=(0, 1))
    lines, samples = frame["dn"].shape[:2]
    for _ in range(turn):  # clockwise
        corners = np.stack([lines - 1 - corners[:, 1], corners[:, 0]], axis=1)
        lines, samples = samples, lines
    turned = frame.drop_vars("dn").assign(dn=(("line", "sample", "band"), dn))
    told = np.add(corners, [[1.0, -2.0], [-1.0, 1.0], [2.0, 1.0], [0.0, 2.0]])
    seen = chart_in(turned.assign_attrs(reference_frame="SOMEWHERE", chart_corners=told.ravel().tolist()))
    assert seen.corners == pytest.approx(corners, abs=4.5)
    assert len(seen.number) == 24
    assert colours_by([seen], "tcam").balance == pytest.approx((1.1, 1.0, 0.85), rel=0.01)


def test_corners_where_no_chart_is_are_refused():
    corners = [10.0, 10.0, 130.0, 10.0, 130.0, 90.0, 10.0, 90.0]
    with pytest.raises(BadInput, match="chart"):
        chart_in(Painter().frame().assign_attrs(chart_corners=corners))


def test_a_frame_as_large_as_the_camera_takes_it_says_the_same():
    small, large = (colours_by([chart_in(Painter(gains=(1.1, 1.0, 0.85), binning=b).frame())], "tcam") for b in (8, 3))
    assert large.balance == pytest.approx(small.balance, abs=0.004)
    assert BINNING == 8


def test_ground_of_known_soil_says_that_nothing_is_wrong_and_shows_a_wrong_band():
    seen = known(soils(), "tcam")[0][:1].repeat(50, axis=0) * sunlight("tcam")
    assert ground_balance(seen, "tcam") == pytest.approx(np.ones(3), abs=0.02)
    assert ground_balance(seen * (1.2, 1.0, 1.0), "tcam")[0] == pytest.approx(1.2, rel=0.02)


def test_ciede2000_is_the_librarys():
    a = np.random.default_rng(3).uniform(0.05, 0.9, (20, 3))
    b = a * (1.05, 1.0, 0.93)
    assert difference(a, b) == pytest.approx(colour.delta_E(lab(a), lab(b), method="CIE 2000"), abs=1e-6)
