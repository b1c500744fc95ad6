"""Scenes that all renderers get: the same triangles, cameras and Suns, in one .npz each.

Keys: <mesh>_vertices, <mesh>_faces and, where surfaces are smooth, <mesh>_normals of the vertices; poses (views, 4, 4)
of the camera, x right, y up, z backwards, in the site frame; camera: width, height, focal length, column and row of the
optical axis, in pixels from the centre of the first; suns (n, 3) unit vectors; sun_radius_rad; irradiance across the
Sun's rays, W m-2 um-1; albedo of the peers' Lambert surfaces. For farside alone: heights, posts_m and albedo_factors of
the nested grids whose triangles the mesh "ground" has; strewn_*: the rocks, whose triangles the mesh "rocks" has;
<mesh>_paint of meshes that are bodies of the scene; sun_distance_au.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Site
from farside.instruments import load
from farside.moon import Moon, Relief, build_relief
from farside.payload import Rocks, stone
from farside.payload.mesh import Shape, box, moved, turn
from farside.physics import solar_angular_radius, solar_irradiance

Array = NDArray[np.float64]

SEED = 20190103
SITE = Site(-45.4446, 177.5991, -5935.0)
CELLS, POST_M, REACH_M = 1024, 0.25, 256.0
"""Two levels: posts of 0.25 m to 128 m, of 0.5 m to 256 m; 3.7 million triangles (scene A of the sheet: 4.2)."""
ROCKS, SHAPES, DETAIL, ROCKS_M, ROCK_M = 2000, 20, 3, 181.0, 0.1
"""The largest rocks within a square of 362 m, 1280 triangles each."""
NADIR_M, EYE_M, PITCH_DEG = 300.0, 2.5, 7.0
"""Looking down by so much, two thirds of the ground view are ground, as in the sheet's."""
SUN_DEG = (50.7, 5.0)
SUN_AU = 0.9833
ALBEDO = 0.2
STONE_SUN_DEG, STONE_M, STONE_NADIR_M = (50.7, 30.0), 6.0, 20.0
DOWN = np.eye(3)
AHEAD = turn("x", 90.0 - PITCH_DEG)
"""Camera axes in the site frame: straight down with north up, and northwards."""


def pose(rotation: Array, *centre: float) -> Array:
    """(4, 4) of a camera."""
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = rotation, centre
    return out


def suns(azimuth_deg: float, elevation_deg: float) -> Array:
    """Unit vectors (5, 3) east, north, up: the Sun's middle, and its limb above, below, left and right."""
    radius = np.degrees(solar_angular_radius(SUN_AU))
    aside = radius / np.cos(np.radians(elevation_deg))
    a, e = np.radians(
        np.array([azimuth_deg, elevation_deg])
        + np.array([(0.0, 0.0), (0.0, radius), (0.0, -radius), (-aside, 0.0), (aside, 0.0)])
    ).T
    return np.column_stack([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])


def common(sun_deg: tuple[float, float], poses: list[Array]) -> dict[str, Any]:
    """Light, camera and views."""
    lcam = load("lcam")
    model, band = lcam.camera(1), lcam.bands[0]
    column, row = model.principal_pixel
    return {
        "poses": np.stack(poses),
        "camera": np.array([model.width, model.height, 1.0 / model.pixel_rad, column - 1.0, row - 1.0]),
        "suns": suns(*sun_deg),
        "sun_radius_rad": solar_angular_radius(SUN_AU),
        "sun_distance_au": SUN_AU,
        "irradiance": float(solar_irradiance(band.centre_nm, SUN_AU, band.width_nm)),
        "irradiance_of_middle": float(solar_irradiance(band.centre_nm, SUN_AU)),
        "albedo": ALBEDO,
    }


def triangles(relief: Relief) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The relief as one mesh: every level without the square that the next finer one fills."""
    vertices, faces, count = [], [], 0
    for k, (z, post) in enumerate(zip(relief.heights, relief.posts_m, strict=True)):
        n = z.shape[0] - 1
        axis = ((np.arange(n + 1) - n / 2) * post).astype(np.float32)
        x, y = np.meshgrid(axis, axis)
        i, j = (g.ravel() for g in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
        inside = (np.abs(i - n / 2 + 0.5) < n / 4) & (np.abs(j - n / 2 + 0.5) < n / 4)
        sw = (i * (n + 1) + j)[~inside if k else slice(None)].astype(np.int32) + np.int32(count)
        se, nw, ne = sw + 1, sw + n + 1, sw + n + 2
        vertices.append(np.column_stack([x.ravel(), y.ravel(), z.ravel()]))
        faces += [np.column_stack([sw, se, ne]), np.column_stack([sw, ne, nw])]
        count += (n + 1) ** 2
    return np.concatenate(vertices), np.concatenate(faces).astype(np.int32)


def normals(relief: Relief) -> NDArray[np.float32]:
    """Of the posts of all levels, (n, 3), from central differences, in the order of ``triangles``."""
    out = []
    for z, post in zip(relief.heights, relief.posts_m, strict=True):
        north, east = np.gradient(z.astype(float), post)
        n = np.stack([-east, -north, np.ones_like(east)], axis=-1)
        out.append((n / np.linalg.norm(n, axis=-1, keepdims=True)).reshape(-1, 3).astype(np.float32))
    return np.concatenate(out)


def rocks(relief: Relief) -> Rocks:
    """The largest rocks around the site, a third of each under the ground."""
    found = Moon(SEED).rocks(relief.site, ROCKS_M, ROCK_M)
    found = found.where(np.argsort(-found.diameter, kind="stable")[:ROCKS])
    base = np.array(found.position, float)
    base[:, 2] = relief.height(base[:, 0], base[:, 1])
    lying = Rocks.lying(base, found.diameter, found.height, found.turn, found.shape.astype(np.int64) % SHAPES)
    return replace(lying, detail=np.full(ROCKS, DETAIL))


def mesh(name: str, shape: Shape) -> dict[str, Any]:
    return {f"{name}_vertices": shape[0].astype(np.float32), f"{name}_faces": shape[1].astype(np.int32)}


def write_site(path: Path) -> int:
    """Scene A: the ground of the landing site and its rocks, from 300 m and from the ground. Returns its triangles."""
    relief = build_relief(Moon(SEED), SITE, CELLS, POST_M, REACH_M)
    ground, strewn = triangles(relief), rocks(relief)
    stones = strewn.mesh()
    up = float(relief.height(0.0, 0.0))
    np.savez(
        path,
        **common(SUN_DEG, [pose(DOWN, 0.0, 0.0, up + NADIR_M), pose(AHEAD, 0.0, 0.0, up + EYE_M)]),
        **mesh("ground", ground),
        ground_normals=normals(relief),
        **mesh("rocks", (stones.vertices, stones.faces)),
        **{f"strewn_{key}": value for key, value in vars(strewn).items()},
        heights=np.stack(relief.heights),
        albedo_factors=np.stack(relief.albedo),
        posts_m=np.array(relief.posts_m),
    )
    return len(ground[1]) + len(stones.faces)


def write_stone(path: Path, shaded: bool) -> None:
    """A stone of eighty facets on a plate, all Lambert's, seen from above; or the same in the shadow of a wall."""
    shape, faces = stone(0, 1)
    axis = np.zeros((1, 17, 17), np.float32)
    bodies = {
        "stone": ((shape * STONE_M / 2 + [0.0, 0.0, 2.0], faces), ALBEDO),
        "plate": (box((400.0, 400.0, 1.0), (0.0, 0.0, 0.0)), ALBEDO),
    }
    if shaded:
        wall = moved(box((400.0, 1.0, 400.0), (0.0, 100.0, 0.0)), turn("z", -STONE_SUN_DEG[0]))
        bodies["wall"] = (wall, 0.0)
    scene = common(STONE_SUN_DEG, [pose(DOWN, 0.0, 0.0, STONE_NADIR_M)])
    for name, (made, paint) in bodies.items():
        scene |= mesh(name, made) | {f"{name}_paint": paint}
    np.savez(path, **scene, heights=axis, albedo_factors=axis + 1, posts_m=[32.0])
