"""Seams of a panorama: what stands near, where no surface tells, is shown once, and by the frame that is named."""

import itertools

import numpy as np
import painted_world as world
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.instruments import pinhole
from farside.products import calibrate, panorama
from farside.products.panorama.blend import UNKNOWN
from farside.products.panorama.cells import CELL_PX, Cells, Look
from farside.products.panorama.cut import _cut
from farside.products.panorama.placing import Placing
from farside.products.panorama.seams import shares
from farside.work import Pool

GROUND, THING = 80, 200
"""Counts."""
HALF_WIDE, HALF_HIGH, APART = 8, 12, 6
"""Pixels: half the thing's size, and how far it is from its place in either frame."""


def even(n):
    """A level-2 frame of even ground, neighbour of the one before."""
    frame = calibrate(world.raw_frame(20 + n), world.LANDER)
    return frame.copy(data={"dn": np.full_like(frame["dn"].to_numpy(), GROUND)})


def with_thing(frames, counts=THING):
    """Two frames that show a thing between them, each to the other's side of its place."""
    placing = Placing.of_labels(frames, pinhole(frames[0]))
    middle = -placing.rotations[:, :, 2].sum(axis=0)
    out = [frame.copy(deep=True) for frame in frames]
    for k, frame in enumerate(out):
        i, j = (round(float(v)) for v in placing.pixel(k, middle / np.linalg.norm(middle)))
        left = i + (APART if k else -APART)
        frame["dn"][j - HALF_HIGH : j + HALF_HIGH, left - HALF_WIDE : left + HALF_WIDE] = counts
    return out


def relative(mosaic):
    """Green light over that of the ground, and where there is any."""
    green = mosaic["image"].to_numpy()[..., 1].astype(float)
    seen = mosaic["weight"].to_numpy() > 0
    return green / np.median(green[seen]), seen


@pytest.fixture(scope="module")
def pair():
    return [even(0), even(1)]


@pytest.fixture(scope="module")
def mosaic(pair):
    return panorama(with_thing(pair))


def test_a_thing_that_lies_elsewhere_in_two_frames_is_shown_once(mosaic):
    light, _ = relative(mosaic)
    brightness = THING / GROUND
    size = 4 * HALF_WIDE * HALF_HIGH
    assert np.count_nonzero(light > 0.5 * (1.0 + brightness)) == pytest.approx(size, rel=0.1)
    # a mean of both would show ground through it where they lie apart, twice 12 x 24 pixels; edges are a little soft
    pale = (light > 1.2) & (light < 0.9 * brightness)
    assert np.count_nonzero(pale) < 8 * (HALF_WIDE + HALF_HIGH)


def test_the_frame_that_is_named_is_the_one_that_is_shown(pair):
    thing = with_thing(pair)
    for k in range(2):
        only = panorama([thing[k] if k == n else pair[n] for n in range(2)])
        light, _ = relative(only)
        number = only["frame"].to_numpy()
        bright = light > 0.9 * THING / GROUND
        assert set(np.unique(number[bright])) <= {k}


def test_a_frame_alone_is_as_sure_as_one_and_frames_that_agree_are_surer(mosaic, pair):
    sigma, single = (m["sigma"].to_numpy()[..., 1].astype(float) * m["sigma"].scale for m in (mosaic, panorama(pair)))
    light, seen = relative(mosaic)
    inside = light > 0.98 * THING / GROUND
    outside = seen & (light < 1.02) & (mosaic["weight"].to_numpy() > 128)
    # photons and reading: the variance of a count grows with it
    electrons = 25.2 * (1023 - 32) / 255.0
    variance = [dn / electrons + (20.0 / electrons) ** 2 + 144.0 / 12.0 for dn in (THING, GROUND)]
    assert np.median(sigma[inside]) / np.median(sigma[outside]) == pytest.approx(
        np.sqrt(variance[0] / variance[1]), 0.1
    )
    assert np.median(sigma[outside]) == pytest.approx(np.median(single[outside]), rel=1e-3)


def test_every_pixel_that_a_frame_sees_is_somebody_s(mosaic, pair):
    whole = panorama(pair)
    assert np.array_equal(mosaic["weight"] == 0, whole["weight"] == 0)
    assert np.array_equal(mosaic["frame"] == -1, whole["frame"] == -1)
    assert ((mosaic["sigma"] == UNKNOWN).all("band") == (mosaic["frame"] == -1)).all()


def test_frames_that_agree_have_no_seam(pair):
    one, two = panorama(pair), panorama([pair[0], *pair[1:], pair[1]])
    shown = [relative(m)[0][relative(m)[1]] for m in (one, two)]
    assert max(np.abs(light - 1.0).max() for light in shown) < 1e-3


def test_workers_change_nothing_where_frames_contradict_each_other(mosaic, pair):
    with Pool(2) as pool:
        assert panorama(with_thing(pair), pool=pool).identical(mosaic)


def test_a_burnt_frame_gives_way_to_a_good_one_all_over_the_overlap(pair):
    burnt = pair[0].copy(deep=True)
    burnt["dn"][:] = 255
    both = panorama([burnt, pair[1]])
    alone = panorama([pair[1]])
    edge = (both["frame"].to_numpy() == 1).sum() / (alone["frame"].to_numpy() == 0).sum()
    assert edge > 0.9


# what cells say


def look(light, weight, left):
    """A look at all rows of a map from a column on."""
    light = np.repeat(np.asarray(light, np.float32)[..., None], 3, axis=2)
    return Look(light, np.full(weight.shape, 0.01, np.float32), weight.astype(np.float32), weight < 0, 0, left)


class Ring:
    """A map of so many cells all around."""

    def __init__(self, rows, columns):
        self.height, self.width, self.turn = rows * CELL_PX, columns * CELL_PX, columns * CELL_PX


def test_a_seam_runs_where_frames_differ_least_and_over_the_end_of_the_map():
    rows, columns, overlap = 12, 30, 10
    cells = Cells.of(Ring(rows, columns))
    draw = np.random.default_rng(1)
    # frames of 20 cells that overlap over both ends; over the end of the map they agree in one crooked path only
    path = overlap // 2 + np.cumsum(draw.integers(-1, 2, rows)).clip(-3, 3)
    first, second = np.zeros((rows, 20)), np.zeros((rows, 20))
    second[:, :overlap] = 0.5
    for row, column in enumerate(path):
        second[row, column - 1 : column + 1] = 0.0
    ones = np.ones((rows, 20))
    found = shares([look(first, ones, -10), look(second, ones, 0)], 0.005, cells)
    one, two = found[0][:, 10:], found[1][:, :overlap]
    # the first frame ends with column 9, the second begins with column 0
    for row, column in enumerate(path):
        assert (one[row, : column - 1] == 1).all() or (two[row, column + 1 :] == 1).all()
    assert (np.maximum(one, two) == 1).all()


@given(
    st.lists(st.integers(-9, 9), min_size=7, max_size=7),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9)), max_size=12),
)
def test_the_cut_costs_as_little_as_the_best_of_all_choices(more, edges):
    edges = [(a, b, c) for a, b, c in edges if a != b]
    pairs, costs = np.array([e[:2] for e in edges], int).reshape(-1, 2), np.array([float(e[2]) for e in edges])

    def cost(change):
        return sum(m for m, c in zip(more, change, strict=True) if c) + sum(
            c for a, b, c in edges if change[b] and not change[a]
        )

    found = _cut(np.array(more, float), pairs, costs)
    assert cost(found) == min(cost(choice) for choice in itertools.product((False, True), repeat=7))
