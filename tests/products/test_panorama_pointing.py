"""Panoramas whose labels are wrong, and sets that no right panorama can be made of."""

import numpy as np
import pytest
import rough_world as world
from scipy.spatial.transform import Rotation

from farside.errors import BadInput
from farside.products import panorama
from farside.products.panorama.gains import balance
from farside.products.panorama.placing import Placing, from_eye
from farside.products.panorama.pointing import point
from farside.products.panorama.surface import Surface

SIGMA_DEG = 0.1
N = len(world.POINTINGS)
SIDE_DEG = -(170.0 - 18.0 * 7)
"""Azimuth of the eighth pointing of each ring, clockwise from ahead."""
WELL_DEG = 0.25 * np.degrees(world.camera().pixel_rad)
"""A quarter of a pixel of these small frames, whose ground is to be found as well."""


@pytest.fixture(scope="module")
def errors():
    return np.random.default_rng(5).normal(0.0, SIGMA_DEG, (N, 2))


@pytest.fixture(scope="module")
def frames(errors):
    """Two rings; every third exposure is longer than its label says."""
    out = [world.frame(n, tuple(errors[n]), exposure_ms=6.0 + 0.5 * (n % 3 == 0)) for n in range(N)]
    for frame in out:
        frame.attrs["exposure_ms"] = 6.0
    return out


@pytest.fixture(scope="module")
def pointing(frames):
    return point(frames, world.camera())


def off_deg(placing, errors):
    """Rotation vectors (n, 3), degrees, from the true rotations."""
    true = np.array([world.truth(n % N, error) for n, error in enumerate(errors)])
    return np.degrees(Rotation.from_matrix(placing.rotations @ true.transpose(0, 2, 1)).as_rotvec())


def rms(v):
    return np.sqrt((v**2).sum(axis=1).mean())


def test_mast_errors_are_found(frames, pointing, errors):
    told = off_deg(Placing.of_labels(frames, world.camera()), errors)
    off = off_deg(pointing.placing, errors)
    assert rms(told - told.mean(axis=0)) > 0.1
    assert rms(off - off.mean(axis=0)) < WELL_DEG
    assert pointing.by == "ties"
    assert not pointing.lost.any()


def test_the_whole_stays_where_the_labels_have_it(frames, pointing, errors):
    told = off_deg(Placing.of_labels(frames, world.camera()), errors).mean(axis=0)
    off = off_deg(pointing.placing, errors).mean(axis=0)
    assert np.linalg.norm(off - told) < 0.25 * SIGMA_DEG
    stated = pointing.label_sigma_deg * np.sqrt(3.0 / N)
    assert np.linalg.norm(off) < 3.0 * stated


def test_the_error_of_the_labels_is_told(pointing, errors):
    # yaw errors shrink with the cosine of pitch, and roll has none: (1 + cos^2 + 0) / 3 of the variance
    assert pointing.label_sigma_deg == pytest.approx(SIGMA_DEG * np.sqrt(2 / 3), rel=0.25)


def test_the_focal_length_is_told_by_the_closed_ring(pointing):
    assert abs(pointing.adjusted.focal - 1.0) < 1e-4


def test_exposures_that_labels_do_not_tell_are_balanced(frames, pointing):
    gains = balance(frames, pointing.ties, world.camera())
    true = np.array([1.0 + 0.5 / 6.0 * (n % 3 == 0) for n in range(N)])
    wrong = np.log(gains.gain / true)
    assert np.std(wrong) < 0.003


def test_ground_found_from_parallax_is_nearer_than_the_plane_where_it_rises():
    surface = Surface.plane(2.0)
    d = np.array([[0.0, np.cos(a), np.sin(a)] for a in np.radians([-20.0, -10.0])])
    np.testing.assert_allclose(surface.inverse_distance(d), np.sin(np.radians([20.0, 10.0])) / 2.0)
    raised = surface.changed(np.zeros(2), np.full(surface.excess.size, 0.05))
    np.testing.assert_allclose(raised.inverse_distance(d) - surface.inverse_distance(d), 0.05)


def test_a_camera_beside_the_eye_sees_the_same_point():
    surface, offset = Surface.plane(2.0), np.array([0.1, -0.05, 0.02])
    w = np.array([0.3, 0.8, -0.4]) / np.linalg.norm([0.3, 0.8, -0.4])
    d, r, q = from_eye(w, offset, surface)
    seen = offset + q / r * w
    np.testing.assert_allclose(d / r, seen, atol=1e-9)
    assert r == pytest.approx(surface.inverse_distance(d), rel=1e-6)


# The vehicle in view: its deck fills the lower ring.


@pytest.fixture(scope="module")
def on_deck(errors):
    return [world.frame(n, tuple(errors[n]), deck_m=2.0) for n in range(N)]


def test_frames_that_show_the_deck_are_found_as_well(on_deck, errors):
    found = point(on_deck, world.camera())
    off = off_deg(found.placing, errors)
    assert np.linalg.norm(off - off.mean(axis=0), axis=1).max() < 2.0 * WELL_DEG
    assert 1.0 / found.placing.deck == pytest.approx(world.world.DECK_M, rel=0.02)
    assert not found.lost.any()


def test_a_frame_of_the_lower_ring_that_shows_no_deck_is_left_out(on_deck, errors):
    bad = world.frame(27, tuple(errors[27]), seed=2)
    assert_left_out(panorama([*on_deck[:27], bad, *on_deck[28:]]), bad)


# Sets with something wrong: the right panorama without the bad frame, or a clear refusal.


def panorama_of(frames, **changed):
    return panorama([changed.get(str(n), f) for n, f in enumerate(frames)])


def assert_left_out(mosaic, bad):
    assert mosaic.attrs["refused"] == [bad.attrs["product_id"]]
    assert mosaic.attrs["pointing"] == "ties"
    assert mosaic.attrs["frames"] == N - 1


def test_a_label_that_is_half_a_turn_wrong(frames, errors):
    bad = world.frame(7, tuple(errors[7]), turned=180.0)
    assert_left_out(panorama([*frames[:7], bad, *frames[8:]]), bad)


def test_a_frame_from_another_day(frames, errors):
    bad = world.frame(7, tuple(errors[7]), seed=2)
    assert_left_out(panorama([*frames[:7], bad, *frames[8:]]), bad)


@pytest.mark.parametrize("count", [0, 255], ids=["black", "saturated"])
def test_a_frame_without_anything(frames, count):
    bad = frames[7].copy(deep=True)
    bad["dn"][:] = count
    assert_left_out(panorama([*frames[:7], bad, *frames[8:]]), bad)


def test_a_shadow_that_moves_between_the_rings(frames, errors):
    """The Sun moves by a degree; what the shadow's edge shows of it is seen from one ring to the next."""
    seen = list(frames)
    for n in [n for n in range(N) if n % 20 in (6, 7, 8)]:
        middle = SIDE_DEG + n / N
        seen[n] = world.frame(n, tuple(errors[n]), over=lambda paint, at=middle: world.shaded(paint, at))
    assert_all_found(seen, errors)


def test_a_rover_that_drives_through(frames, errors):
    """It stands elsewhere in each frame that shows it."""
    seen = list(frames)
    for n in [n for n in range(N) if n % 20 in (6, 7, 8)]:
        middle = SIDE_DEG + 3.0 * (n // 20) + 0.7 * (n % 20 - 7)
        seen[n] = world.frame(n, tuple(errors[n]), over=lambda paint, at=middle: world.driven_over(paint, at))
    assert_all_found(seen, errors)


def assert_all_found(frames, errors):
    found = point(frames, world.camera())
    off = off_deg(found.placing, errors)
    assert rms(off - off.mean(axis=0)) < WELL_DEG
    assert np.linalg.norm(off - off.mean(axis=0), axis=1).max() < 2.0 * WELL_DEG
    assert found.by == "ties"
    assert not found.lost.any()


def test_half_the_frames_are_as_sure_as_they_say(frames, errors):
    """An open ring may be a little too wide or narrow: the focal length is known to a few in ten thousand only."""
    kept = [n for n in range(N) if n % 20 < 10]
    pointing = point([frames[n] for n in kept], world.camera())
    true = np.array([world.truth(n, errors[n]) for n in kept])
    off = np.degrees(Rotation.from_matrix(pointing.placing.rotations @ true.transpose(0, 2, 1)).as_rotvec())
    assert rms(off - off.mean(axis=0)) < 0.05
    assert (np.linalg.norm(off, axis=1) < 3.0 * pointing.adjusted.sigma_deg).all()


def test_every_frame_twice(frames, errors):
    twice = point([*frames, *frames], world.camera())
    off = off_deg(twice.placing, np.concatenate([errors, errors]))
    assert rms(off - off.mean(axis=0)) < WELL_DEG
    assert not twice.lost.any()


def test_a_focal_length_that_is_not_the_cameras(frames):
    wrong = [f.copy() for f in frames]
    for frame in wrong:
        frame.attrs["focal_length_mm"] = frame.attrs["focal_length_mm"] * 1.01
    with pytest.raises(BadInput, match="focal_length"):
        panorama(wrong)


def test_labels_in_another_convention(frames):
    """Angles taken about the axes in another order: no frame shows what its label says."""
    wrong = [f.copy() for f in frames]
    for frame in wrong:
        roll, pitch, yaw = frame.attrs["camera_rotation_deg"]
        frame.attrs["camera_rotation_deg"] = [yaw, roll, pitch]
    with pytest.raises(BadInput, match="labels"):
        panorama(wrong)
