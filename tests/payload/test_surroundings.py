"""Light that the sunlit surroundings send into shadows."""

import numpy as np
from small_ground import Grids, looking, nested, sun_at

from farside.payload import Scene
from farside.payload.camera.fill import cells
from farside.payload.camera.render import first_look, render


def pebbles(x, y):
    """Roughness that the finest grid has, and none so coarse that it would reflect light from afar."""
    return np.sin(23.0 * x) * np.sin(19.0 * y + 2.0) * 0.02


COARSER = nested(pebbles, cells=256, levels=4, finest_m=0.05)
ALONE = Grids(COARSER.heights[:1], COARSER.posts_m[:1], COARSER.albedo[:1])


def gathered(grids, view):
    """Light of the surroundings, first band, and range of each cell, metres."""
    scene = Scene.of(grids, {})
    frame = scene.frame(view)
    fill = cells(*frame.shape, frame.light.flux.size, True)
    out, seen = np.empty(frame.shape, np.float32), first_look(*frame.shape)
    render(scene.ground, frame.bodies, frame.light, frame.camera, frame.finest, frame.masks, fill, seen, True, out)
    return fill.light[..., 0], fill.distance


def test_the_ground_is_lit_by_ground_as_rough_as_itself():
    """Pebbles that only the finest grid has light each other, whatever coarser grids lie around it."""
    view = looking(mast_deg=(0.0, -60.0), sun=sun_at(140.0, 20.0))
    (light, distance), (alone, _) = gathered(COARSER, view), gathered(ALONE, view)
    assert distance.max() < 4.0  # far inside the finest grid, 6.4 m to each side
    assert alone.mean() > 3e-4
    np.testing.assert_allclose(light.mean(), alone.mean(), rtol=0.02)
