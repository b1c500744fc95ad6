"""The Sun's disc behind horizons and bodies: against pixels, closed forms and the published law."""

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.physics import COLUMN_X, even_disc, light_above, light_past, limb_darkening

AU, SUN = 149_597_870.7, 695_700.0
SEMI = np.arcsin(SUN / AU)
POLE = np.array([[0.0, 0.0, 1.0]])


def pixels(covered, law, n=1500):
    """Share of the disc's light outside ``covered(x, y)``, counted on a fine raster."""
    g = (np.arange(n) + 0.5) / n * 2.0 - 1.0
    x, y = np.meshgrid(g, g)
    mu2 = 1.0 - x * x - y * y
    mu = np.sqrt(np.maximum(mu2, 0.0))
    light = np.where(mu2 > 0.0, np.polynomial.polynomial.polyval(mu, law), 0.0)
    return float((light * ~covered(x, y)).sum() / light.sum())


def past(separation, radius, distance, law, flat=1.0, turn=0.0):
    """light_past for a body ``separation`` radians off the Sun's middle, its pole turned in the plane of the sky."""
    body = distance * np.array([[np.cos(separation), np.sin(separation), 0.0]])
    pole = np.array([[0.0, np.sin(turn), np.cos(turn)]])
    return float(light_past(np.array([[AU, 0.0, 0.0]]), body, SUN, (radius, radius * flat), pole, law)[0])


def covered_by(separation, radius, distance, flat=1.0, turn=0.0):
    """The same by rays: does a sight line pass through the body?"""
    o = distance * np.array([np.cos(separation), np.sin(separation), 0.0])
    squash = np.eye(3) + (1.0 / flat - 1.0) * np.outer(p := np.array([0.0, np.sin(turn), np.cos(turn)]), p)

    def inside(x, y):
        u = np.stack([np.ones_like(x), y * np.tan(SEMI), x * np.tan(SEMI)], axis=-1) @ squash
        c = squash @ o
        along = u @ c
        return (along**2 >= (u * u).sum(-1) * (c @ c - radius**2)) & (along > 0.0)

    return inside


def test_each_published_law_is_one_at_the_middle_and_has_its_published_mean():
    from importlib.resources import files

    rows = np.array(yaml.safe_load((files("farside.physics") / "limb.yaml").read_text(encoding="utf-8"))["rows"])
    np.testing.assert_allclose(rows[:, 1:7].sum(axis=1), 1.0, atol=3e-5)
    np.testing.assert_allclose(rows[:, 1:7] @ (2.0 / (np.arange(6) + 2.0)), rows[:, 7], atol=6e-5)
    np.testing.assert_allclose(limb_darkening(559.95), rows[18, 1:7])


def test_the_limb_is_darker_in_the_blue_and_all_sunlight_lies_between():
    limb = [limb_darkening(nm).sum() and limb_darkening(nm)[0] for nm in (415.0, 550.0, 1000.0)]
    assert limb == sorted(limb)
    assert limb[0] < limb_darkening()[0] < limb[2]
    assert limb_darkening().sum() == pytest.approx(1.0)


@pytest.mark.parametrize("height", [-0.95, -0.5, -0.1, 0.0, 0.2, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("nm", [450.0, None])
def test_light_above_a_level_horizon_is_what_the_pixels_count(height, nm):
    law = limb_darkening(nm)
    share, _ = light_above(np.full((1, COLUMN_X.size), height), law)
    assert share[0] == pytest.approx(pixels(lambda x, y: y < height, law), abs=6e-4)


@pytest.mark.parametrize("height", [-0.7, 0.0, 0.4])
def test_an_even_disc_is_the_segment_of_a_circle(height):
    share, middle = light_above(np.full((1, COLUMN_X.size), height), even_disc())
    area = np.arccos(height) - height * np.sqrt(1.0 - height**2)
    assert share[0] == pytest.approx(area / np.pi, abs=6e-4)
    assert middle[0] == pytest.approx(2.0 / 3.0 * (1.0 - height**2) ** 1.5 / area, abs=1e-3)


@pytest.mark.parametrize(
    "shape", [lambda x: 0.4 * np.sin(4.0 * x), lambda x: -0.3 + 0.9 * x, lambda x: 1.5 - 3.0 * x**2]
)
def test_light_above_a_bent_horizon_is_what_the_pixels_count(shape):
    law = limb_darkening(550.0)
    share, _ = light_above(shape(COLUMN_X)[None], law)
    assert share[0] == pytest.approx(pixels(lambda x, y: y < shape(x), law), abs=1.5e-3)


def test_a_sun_that_is_up_or_down_is_whole_or_gone():
    share, middle = light_above(np.array([[-1.0], [1.0], [-50.0], [50.0]]) * np.ones(COLUMN_X.size), limb_darkening())
    np.testing.assert_allclose(share, [1.0, 0.0, 1.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(middle, 0.0, atol=1e-15)


# the Earth from the Moon, the Moon from the relay, the Moon from the Earth at its smallest, a small Moon
BODIES = [(6378.1, 384_400.0), (1737.4, 60_000.0), (1737.4, 405_000.0), (900.0, 384_400.0)]


@pytest.mark.parametrize(("radius", "distance"), BODIES)
@pytest.mark.parametrize("place", [0.05, 0.3, 0.55, 0.8, 0.97])
def test_light_past_a_sphere_is_what_the_pixels_count(radius, distance, place):
    rho, law = np.arcsin(radius / distance), limb_darkening()
    separation = max(rho - SEMI, 0.0) + place * (rho + SEMI - max(rho - SEMI, 0.0))
    true = pixels(covered_by(separation, radius, distance), law)
    assert past(separation, radius, distance, law) == pytest.approx(true, abs=1.2e-3)


@pytest.mark.parametrize("turn", [0.0, 0.7, np.pi / 2])
def test_light_past_a_flattened_body_is_what_the_pixels_count(turn):
    # ten times the Earth's flattening, so that it shows
    rho, law = np.arcsin(6378.1 / 384_400.0), limb_darkening()
    found, sphere = (past(rho, 6378.1, 384_400.0, law, flat, turn) for flat in (0.9665, 1.0))
    assert found == pytest.approx(pixels(covered_by(rho, 6378.1, 384_400.0, 0.9665, turn), law), abs=8e-4)
    assert (found - sphere > 0.01) == (
        turn > 0.0
    )  # at first its equator points to the Sun, then more and more its pole


def test_light_past_a_body_that_fills_most_of_the_sky():
    # 100 km above the Moon, which is 142 degrees wide: its edge is nearly straight over the disc
    law, height = limb_darkening(), 0.3
    rho = np.arcsin(1737.4 / 1837.4)
    straight, _ = light_above(np.full((1, COLUMN_X.size), height), law)
    assert past(rho - height * SEMI, 1737.4, 1837.4, law) == pytest.approx(straight[0], abs=1e-3)


def test_a_body_behind_the_sun_or_the_observer_hides_nothing():
    law = limb_darkening()
    assert past(0.0, 1e5, 2.0 * AU, law) == 1.0
    assert past(np.pi, 6378.1, 384_400.0, law) == 1.0


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 3.0), st.floats(0.001, 0.2), st.sampled_from(BODIES))
def test_light_returns_as_the_body_moves_off(start, step, body):
    radius, distance = body
    law, rho = limb_darkening(), np.arcsin(radius / distance)
    near, far = (past(s * (rho + SEMI) / 3.0, radius, distance, law) for s in (start, start + step))
    assert 0.0 <= near <= far + 1e-3
    assert far <= 1.0


def test_a_time_has_the_same_light_alone_as_among_others():
    rng = np.random.default_rng(3)
    law, heights = limb_darkening(), rng.uniform(-1.2, 1.2, (50, COLUMN_X.size))
    bodies = 384_400.0 * np.array([[np.cos(a), np.sin(a), 0.0] for a in rng.uniform(0.0, 0.025, 50)])
    suns, poles = np.tile([AU, 0.0, 0.0], (50, 1)), np.tile(POLE, (50, 1))
    together = light_past(suns, bodies, SUN, (6378.1, 6356.8), poles, law)
    alone = [light_past(suns[:1], b[None], SUN, (6378.1, 6356.8), POLE, law)[0] for b in bodies]
    assert together.tolist() == alone
    assert light_above(heights, law)[0].tolist() == [light_above(h[None], law)[0][0] for h in heights]
