"""Mesh tiles of the globe."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.geometry import MOON_RADIUS_M
from farside.moon.tile import POSTS


def me(tile):
    return tile.site.from_enu(tile.position.astype(float))


@pytest.mark.parametrize(("level", "row", "column"), [(0, 0, 0), (3, 4, 5), (13, 4000, 5011)])
def test_neighbours_share_their_edge_bit_for_bit(moon, level, row, column):
    a = moon.tile(5, level, row, column)
    if level:
        b = moon.tile(5, level, row, column - 1)
        assert np.array_equal(a.elevation[:, 0], b.elevation[:, -1])
        c = moon.tile(5, level, row - 1, column)
        assert np.array_equal(a.elevation[0], c.elevation[-1])
        np.testing.assert_allclose(me(a)[:, 0], me(b)[:, -1], atol=1e-6 * a.resolution_m * POSTS)


@pytest.mark.parametrize("level", [0, 4])
def test_neighbours_on_two_faces_share_their_edge_bit_for_bit(moon, level):
    last = 2**level - 1
    # +x meets +y where its first coordinate is 1: there +y has its second at 1
    a, b = moon.tile(0, level, 0, last), moon.tile(1, level, last, 0)
    assert np.array_equal(a.elevation[:, -1], b.elevation[-1])
    # -z meets -x
    c, d = moon.tile(5, level, 0, 0), moon.tile(3, level, 0, 0)
    assert np.array_equal(c.elevation[:, 0], d.elevation[0])


def test_vertices_are_the_ground_at_their_place(moon):
    tile = moon.tile(5, 12, 2000, 1900)
    p = me(tile)
    radius = np.linalg.norm(p, axis=-1)
    np.testing.assert_allclose(radius - MOON_RADIUS_M, tile.elevation, atol=1e-3)
    h, s = moon.at(p[::16, ::16], tile.resolution_m)
    np.testing.assert_allclose(h, tile.elevation[::16, ::16], atol=0.02)
    np.testing.assert_allclose(s, tile.albedo[::16, ::16], atol=1e-3)
    assert tile.resolution_m == pytest.approx(np.pi / 2 * MOON_RADIUS_M / (2**12 * POSTS))


@pytest.mark.parametrize("face", range(6))
def test_triangles_and_normals_look_outwards(moon, face):
    tile = moon.tile(face, 6, 20, 41)
    p, up = me(tile).reshape(-1, 3), tile.normal @ tile.site.axes
    assert (np.sum(up.reshape(-1, 3) * p, axis=1) > 0).all()
    a, b, c = (p[tile.triangles()[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    assert (np.sum(facing * a, axis=1) > 0).all()
    assert len(facing) == 2 * POSTS**2
    assert np.linalg.norm(tile.normal, axis=-1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("number", [(6, 0, 0, 0), (0, -1, 0, 0), (0, 2, 4, 0), (0, 2, 0, -1), (0, 60, 0, 0)])
def test_tiles_that_are_not_there_are_named(moon, number):
    with pytest.raises(BadInput, match="tile"):
        moon.tile(*number)
