"""What the cameras look at: the relief, its rocks and the vehicles, built once and shared by all frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from farside.geometry import Pose
from farside.instruments import Instrument
from farside.payload.camera.bvh import Bvh, build_bvh
from farside.payload.camera.cull import screen_mask, shadow_mask
from farside.payload.camera.ground import Ground, clear_heights, hit_ground, make_ground
from farside.payload.camera.light import Light, sun_disc, sun_plane
from farside.payload.camera.optics import band_pattern
from farside.payload.camera.render import FAR_M, REGOLITH, Camera, Meshes
from farside.payload.camera.view import View
from farside.payload.mesh import Mesh
from farside.payload.vehicles import Paint, lander_mesh, paints, rover_head_mesh, rover_mesh
from farside.physics import diffusive_reflectance, solar_angular_radius, solar_irradiance, von_karman_regolith

Array = NDArray[np.float64]

PAINT_NM = (460.0, 545.0, 620.0)
GRAZING = 1.0 / 60.0
"""Sine of the lowest solar elevation for which penumbrae are followed to their end."""
BODY_M = 200.0
"""Farthest that parts of a body (the rocks around the site) are from its origin."""
HERE = Pose.of(np.zeros(3), np.eye(3))


class NestedGrids(Protocol):
    """What a scene needs of the relief: grids finest first, each twice as wide as the one before."""

    @property
    def heights(self) -> Sequence[NDArray[np.float32]]: ...  # noqa: D102
    @property
    def albedo(self) -> Sequence[NDArray[np.float32]]: ...  # noqa: D102
    @property
    def posts_m(self) -> Sequence[float]: ...  # noqa: D102


@dataclass(frozen=True)
class Body:
    """A mesh ready for rays, and what it is painted with (parts missing in ``paint`` reflect like the ground)."""

    mesh: Mesh
    paint: dict[str, Paint]


@dataclass(frozen=True)
class Frame:
    """Kernel arguments of one view; masks as in ``render``, shape (lines, samples)."""

    meshes: Meshes
    light: Light
    camera: Camera
    finest: int
    masks: tuple[NDArray[np.uint8], NDArray[np.uint8], Array]
    shape: tuple[int, int]


@dataclass(frozen=True)
class Scene:
    """Ground and bodies as the kernels take them; poses, Sun and camera come with each view.

    Bodies are numbered in the order rocks, lander, rover, head; without rocks the lander comes first.
    """

    ground: Ground
    meshes: Meshes
    paint: Array
    crumple: Array
    names: tuple[str, ...]

    @classmethod
    def build(cls, relief: NestedGrids, rocks: Mesh | None = None) -> Self:
        """Scene of a relief, rocks in the site frame (or none), the lander, the rover and the head of its mast."""
        bodies = {"lander": lander_mesh(), "rover": rover_mesh(), "head": rover_head_mesh()}
        vehicles = {name: Body(mesh, paints()) for name, mesh in bodies.items()}
        return cls.of(relief, ({"rocks": Body(rocks, {})} if rocks else {}) | vehicles)

    @classmethod
    def of(cls, relief: NestedGrids, bodies: dict[str, Body]) -> Self:
        """Scene of a relief and named bodies; vehicles stand where views put them, others at the origin."""
        return cls(_ground(relief), *_meshes(bodies), tuple(bodies))

    def on(self, relief: NestedGrids) -> Self:
        """The same bodies on other ground."""
        return replace(self, ground=_ground(relief))

    def frame(self, view: View) -> Frame:
        """What the kernels need for one view: bodies in place, Sun, camera, relief level, masks."""
        instrument = view.numbers()
        camera = _camera(instrument, view.binning, view.camera())
        meshes, light = self._placed(view), self._light(instrument, view)
        model = instrument.camera(view.binning)
        screen = screen_mask(meshes, camera, model.height, model.width)
        per_height = 1.0 / max(view.sun[2], GRAZING)
        low = np.array([self._floor(p, per_height) for p in meshes.positions])
        shadow, grid = shadow_mask(meshes, light.across, light.up, light.radius, low, per_height)
        return Frame(meshes, light, camera, self._finest(camera), (screen, shadow, grid), (model.height, model.width))

    def _placed(self, view: View) -> Meshes:
        """Bodies of this view where they stand; the others left out."""
        places = {"lander": view.lander, "rover": view.rover, "head": view.head()}
        standing = [(k, pose) for k, name in enumerate(self.names) if (pose := places.get(name, HERE)) is not None]
        here = np.array([k for k, _ in standing], np.int64)
        m = self.meshes
        return m._replace(
            roots=m.roots[here], bases=m.bases[here], ends=m.ends[here], ids=m.ids[here],
            rotations=np.array([p.r for _, p in standing]).reshape(-1, 3, 3),
            positions=np.array([p.p for _, p in standing]).reshape(-1, 3),
        )  # fmt: skip

    def _floor(self, position: Array, per_height: float) -> float:
        """Lowest ground that the shadow of a body at ``position`` falls on."""
        reach = np.abs(position[:2]).max() + BODY_M + max(position[2], 0.0) * per_height
        level = np.searchsorted(self.ground.half_widths, reach)
        return float(self.ground.bottom[min(int(level), len(self.ground.bottom) - 1)])

    def _light(self, instrument: Instrument, view: View) -> Light:
        sun = np.array(view.sun, float)
        nm = np.array([band.centre_nm for band in instrument.bands])
        soils = [von_karman_regolith(float(n)) for n in nm]
        rows = [(s.w, s.b, s.c, s.bs0, s.hs, np.tan(s.roughness)) for s in soils]
        paint = np.stack([np.interp(nm, PAINT_NM, rgb[::-1]) for rgb in self.paint])
        radius = solar_angular_radius(view.sun_distance_au)
        across, up = sun_plane(sun)
        lowest = np.tan(np.arcsin(sun[2]) - radius)
        return Light(
            sun,
            sun_disc(sun, radius),
            across,
            up,
            float(np.tan(radius)),
            clear_heights(self.ground, lowest) if lowest > 0.0 else np.full(len(self.ground.posts), np.inf),
            solar_irradiance(nm, view.sun_distance_au) / np.pi,
            np.array(rows),
            max(float(sun[2]), 0.0) * diffusive_reflectance([s.w for s in soils]),
            np.ascontiguousarray(paint),
            self.crumple,
            band_pattern(instrument),
        )

    def _finest(self, camera: Camera) -> int:
        """First level whose posts are at least half a pixel apart on the ground below the camera."""
        x, y, z = camera.centre
        unknown = np.full(len(self.ground.posts), np.inf)
        below, _ = hit_ground(self.ground, 0, unknown, float(x), float(y), float(z), 0.0, 0.0, -1.0, FAR_M)
        pixel = max(below, 0.0) / camera.intrinsics[0]
        return int(min(np.searchsorted(self.ground.posts, 0.5 * pixel), len(self.ground.posts) - 1))


def _ground(relief: NestedGrids) -> Ground:
    # one array over all levels: the kernels index it, and read-only maps would compile them a second time
    heights = np.stack(list(relief.heights)).astype(np.float32, copy=False)
    albedo = np.stack(list(relief.albedo)).astype(np.float32, copy=False)
    return make_ground(heights, albedo, np.asarray(relief.posts_m, float))


def _camera(instrument: Instrument, binning: int, pose: Pose) -> Camera:
    model = instrument.camera(binning)
    column, row = model.principal_pixel
    # four rays at +-a have the variance a^2 of pixel (1/12) and point spread together
    spread = np.sqrt(1.0 / 12.0 + (instrument.optics.psf_sigma_px / binning) ** 2)
    return Camera(pose.p, pose.r, np.array([1.0 / model.pixel_rad, column - 1.0, row - 1.0]), float(spread))


def _meshes(bodies: dict[str, Body]) -> tuple[Meshes, Array, Array]:
    """All trees end to end, and per material that triangles point to its reflectance (m, 3) and crumple (m,), rad."""
    trees: list[Bvh] = []
    normals, materials = [], []
    # row 0 keeps the tables from being empty
    rgb, crumple = [(0.0, 0.0, 0.0)], [0.0]
    for body in bodies.values():
        tree = build_bvh(body.mesh.vertices, body.mesh.faces)
        rows = np.full(len(body.mesh.parts), REGOLITH)
        for k, part in enumerate(body.mesh.parts):
            if part in body.paint:
                rows[k] = len(rgb)
                rgb.append(body.paint[part].rgb)
                crumple.append(np.radians(body.paint[part].crumple_deg))
        trees.append(tree)
        normals.append(body.mesh.normals()[tree.order])
        materials.append(rows[body.mesh.part][tree.order])
    if not trees:
        return _no_meshes(), np.array(rgb), np.array(crumple)
    nodes = np.cumsum([0] + [len(t.link) for t in trees])[:-1]
    triangles = np.cumsum([0] + [len(t.order) for t in trees])
    return (
        Meshes(
            np.concatenate([t.boxes for t in trees]),
            np.concatenate([t.link for t in trees]),
            np.concatenate([t.held for t in trees]),
            np.concatenate([t.corners for t in trees]),
            np.concatenate(normals).astype(np.float32),
            np.concatenate(materials).astype(np.int32),
            nodes.astype(np.int64),
            triangles[:-1].astype(np.int64),
            triangles[1:].astype(np.int64),
            np.arange(len(trees)) + 2,
            np.tile(np.eye(3), (len(trees), 1, 1)),
            np.zeros((len(trees), 3)),
        ),
        np.array(rgb),
        np.array(crumple),
    )


def _no_meshes() -> Meshes:
    ints, rows = np.zeros(0, np.int32), np.zeros(0, np.int64)
    return Meshes(
        np.zeros((0, 6), np.float32), ints, ints, np.zeros((0, 9), np.float32), np.zeros((0, 3), np.float32), ints,
        rows, rows, rows, rows, np.zeros((0, 3, 3)), np.zeros((0, 3)),
    )  # fmt: skip
