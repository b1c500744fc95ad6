"""Crumpled foil: its facets lie on its outside, whatever way they are tilted."""

import numpy as np
from small_ground import looking, sun_at

from farside.payload import Body, Scene, light_planes, materials, truth_planes
from farside.payload.mesh import box, merge


def test_foil_seen_at_a_grazing_angle_has_no_facets_that_look_into_it(plain):
    """A sunlit wall, 75 to 85 degrees off its normal: the facets that an eye sees there face it, and are lit."""
    wall = merge([("foil", *box((1.0, 8.0, 6.0), (-2.2, 10.0, 3.0)))])
    scene = Scene.of(plain, {"wall": Body(wall, {"foil": materials()["foil"]})})
    view = looking(mast_deg=(8.0, 0.0), sun=sun_at(100.0, 35.0))
    truth, light = truth_planes(scene, view), light_planes(scene, view)
    x, y, z = np.moveaxis(truth.xyz_m.to_numpy(), -1, 0)
    on_side = (np.abs(x + 1.7) < 1e-3) & (y > 6.1) & (y < 13.9) & (z > 0.1)
    assert on_side.sum() > 2000
    assert (truth.normal.to_numpy()[on_side][:, 0] > 0.0).all()
    assert light.emission_deg.to_numpy()[on_side].max() < 90.0
    assert light.sun.to_numpy()[on_side].mean() > 0.98
