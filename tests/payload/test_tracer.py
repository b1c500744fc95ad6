"""Rays against relief and meshes: nothing leaks, and an independent tracer sees the same."""

import numpy as np
import pytest
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ground import bumps, looking, nadir, nested

from farside.instruments import load
from farside.payload import Rocks, Scene, truth_planes
from farside.payload.camera.bvh import STACK
from farside.payload.camera.ground import clear_heights, hit_ground, make_ground
from farside.payload.camera.instances import hit_instances

CELLS, LEVELS, FINEST = 64, 3, 0.1
GRIDS = nested(bumps, CELLS, LEVELS, FINEST)
GROUND = make_ground(np.stack(GRIDS.heights), np.stack(GRIDS.albedo), np.array(GRIDS.posts_m))
UNKNOWN = np.full(LEVELS, np.inf)
EDGE = CELLS / 2 * GRIDS.posts_m[-1]


def surface(x, y):
    """Height of the triangles at a point, by hand."""
    level = next(k for k, p in enumerate(GRIDS.posts_m) if max(abs(x), abs(y)) <= CELLS / 2 * p)
    z, post = GRIDS.heights[level].astype(float), GRIDS.posts_m[level]
    u, v = x / post + CELLS / 2, y / post + CELLS / 2
    j, i = min(int(u), CELLS - 1), min(int(v), CELLS - 1)
    u, v = u - j, v - i
    if u >= v:
        return z[i, j] + (z[i, j + 1] - z[i, j]) * u + (z[i + 1, j + 1] - z[i, j + 1]) * v
    return z[i, j] + (z[i + 1, j + 1] - z[i + 1, j]) * u + (z[i + 1, j] - z[i, j]) * v


def triangles():
    """The same surface as a mesh: every level without the square that the next finer one fills."""
    vertices, faces, count = [], [], 0
    for k, (z, post) in enumerate(zip(GRIDS.heights, GRIDS.posts_m, strict=True)):
        axis = (np.arange(CELLS + 1) - CELLS / 2) * post
        x, y = np.meshgrid(axis, axis)
        i, j = (g.ravel() for g in np.meshgrid(np.arange(CELLS), np.arange(CELLS), indexing="ij"))
        inside = (np.abs(i - CELLS / 2 + 0.5) < CELLS / 4) & (np.abs(j - CELLS / 2 + 0.5) < CELLS / 4)
        keep = ~inside if k > 0 else np.ones_like(inside)
        sw = (i * (CELLS + 1) + j)[keep] + count
        se, nw, ne = sw + 1, sw + CELLS + 1, sw + CELLS + 2
        vertices.append(np.column_stack([x.ravel(), y.ravel(), z.ravel()]))
        faces += [np.column_stack([sw, se, ne]), np.column_stack([sw, ne, nw])]
        count += (CELLS + 1) ** 2
    return np.concatenate(vertices), np.concatenate(faces)


inside = st.floats(-EDGE * 0.999, EDGE * 0.999)


@settings(max_examples=200, deadline=None)
@given(inside, inside)
def test_a_plumb_line_meets_the_surface_under_it(x, y):
    t, _ = hit_ground(GROUND, 0, UNKNOWN, x, y, 50.0, 0.0, 0.0, -1.0, 1e6)
    assert 50.0 - t == pytest.approx(surface(x, y), abs=1e-8)  # levels meet to single precision


def test_no_ray_leaks_through_posts_edges_diagonals_or_level_borders():
    rng = np.random.default_rng(2)
    leaks = 0
    for n in range(6000):
        post = GRIDS.posts_m[n % LEVELS]
        target = rng.integers(-CELLS // 2 + 1, CELLS // 2, 2) * post
        if n % 3 == 1:
            target = target + post * rng.random() * np.array([1.0, 1.0])  # on a diagonal
        if n % 3 == 2:
            target = np.array([CELLS / 2 * GRIDS.posts_m[rng.integers(0, 2)], target[1]])  # on a border between levels
        way = rng.normal(size=2) * (0.0 if n % 5 == 0 else 2.0)
        if n % 7 == 0:
            way[0] = 0.0  # along the posts
        d = np.array([*way, -1.0]) / np.sqrt(way @ way + 1.0)
        # a millimetre under the surface, so that the ray has to come through it
        start = np.array([*target, surface(*target) - 1e-3]) - 30.0 * d
        t, _ = hit_ground(GROUND, 0, UNKNOWN, *start, *d, 1e6)
        leaks += not 0.0 <= t <= 30.0
    assert leaks == 0


def test_a_finest_level_can_be_left_out():
    x, y = 0.33, -0.47
    t, level = hit_ground(GROUND, 2, UNKNOWN, x, y, 50.0, 0.0, 0.0, -1.0, 1e6)
    assert level == 2
    assert 50.0 - t != pytest.approx(surface(x, y), abs=1e-6)


def test_rays_declared_clear_are_clear():
    slope = np.tan(np.radians(12.0))
    clear = clear_heights(GROUND, slope)
    rng = np.random.default_rng(5)
    for azimuth in rng.uniform(0, 2 * np.pi, 2000):
        x, y = rng.uniform(-EDGE, EDGE, 2)
        d = np.array([np.cos(azimuth), np.sin(azimuth), slope]) / np.sqrt(1 + slope**2)
        start = (x, y, surface(x, y) + 1e-4)
        assert hit_ground(GROUND, 0, clear, *start, *d, 1e6) == hit_ground(GROUND, 0, UNKNOWN, *start, *d, 1e6)


def embree_scene(extra=()):
    scene = EmbreeScene()
    for vertices, faces in (triangles(), *extra):
        TriangleMesh(scene, np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32))
    return scene


STONES = Rocks.lying(
    np.array([[0.0, 5.0, 0.0], [1.5, 4.0, 0.0], [-2.0, 6.0, 0.0]]),
    np.array([1.2, 0.5, 0.8]), np.array([0.7, 0.3, 0.5]), np.array([0.0, 1.0, 2.0]), np.arange(3),
)  # fmt: skip


@pytest.mark.parametrize("view", [looking(mast_deg=(0.0, -15.0), binning=8), nadir(12.0)])
def test_ranges_and_bodies_agree_with_embree(view):
    truth = truth_planes(Scene.of(GRIDS, {}, STONES), view)
    pose = view.camera()
    camera = load(view.instrument).camera(view.binning)
    i, j = np.meshgrid(np.arange(camera.width) + 1, np.arange(camera.height) + 1)
    d = (camera.rays(i, j) @ pose.r.T).reshape(-1, 3).astype(np.float32)
    o = np.broadcast_to(pose.p.astype(np.float32), d.shape).copy()
    theirs = embree_scene([(STONES.mesh().vertices, STONES.mesh().faces)]).run(o, d, query="DISTANCE", dists=None)
    ours = truth.range_m.to_numpy().ravel()
    hit = theirs < 1e30
    assert np.mean(hit != np.isfinite(ours)) < 1e-4
    both = hit & np.isfinite(ours)
    # grazing pixels on silhouettes may see either side
    assert np.quantile(np.abs(theirs - ours)[both], 0.999) < 1e-4
    assert (truth.body == 2).sum() > (50 if view.instrument == "tcam" else 10)


def test_shadows_agree_with_embree():
    scene = Scene.of(GRIDS, {}, STONES)
    rng = np.random.default_rng(8)
    x, y = rng.uniform(-8, 8, (2, 6000))
    z = np.array([surface(*p) for p in zip(x, y, strict=True)]) + 2e-3
    # a low Sun, so that the hills cast shadows too
    sun = np.array([0.3, -0.9, 0.25])
    sun /= np.linalg.norm(sun)
    stack = np.empty(STACK, np.int32)
    ours = np.array(
        [
            hit_ground(GROUND, 0, UNKNOWN, *p, *sun, 1e6)[0] >= 0
            or hit_instances(scene.shapes, scene.rocks, stack, *p, *sun, 1e6, True)[1] >= 0
            for p in zip(x, y, z, strict=True)
        ]
    )
    o = np.column_stack([x, y, z]).astype(np.float32)
    d = np.broadcast_to(sun.astype(np.float32), o.shape).copy()
    theirs = (
        embree_scene([(STONES.mesh().vertices, STONES.mesh().faces)]).run(o, d, query="DISTANCE", dists=None) < 1e30
    )
    assert 0.05 < theirs.mean() < 0.95
    assert np.mean(ours != theirs) < 2e-3


def test_truth_lies_on_the_ground_and_along_the_ray():
    truth = truth_planes(Scene.of(GRIDS, {}), nadir(9.0))
    xyz = truth.xyz_m.to_numpy().reshape(-1, 3)
    for p in xyz[:: len(xyz) // 300]:
        assert p[2] == pytest.approx(surface(p[0], p[1]), abs=1e-6)
    assert truth.attrs["bodies"] == ["sky", "ground"]
