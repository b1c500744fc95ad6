"""What the cameras look at: the relief, its rocks, vehicles and other bodies, built once and shared by all frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.geometry import Pinhole, Pose
from farside.instruments import Instrument
from farside.payload.camera.bvh import build_bvh
from farside.payload.camera.cull import screen_mask, shadow_masks
from farside.payload.camera.ground import Ground, clear_heights, hit_ground, make_ground
from farside.payload.camera.instances import Instances, Placed, Shapes, join_shapes, place
from farside.payload.camera.light import FAR_M, Light
from farside.payload.camera.render import Bodies, Camera, Masks
from farside.payload.camera.sunlight import band_means, sunlight
from farside.payload.camera.surface import REGOLITH
from farside.payload.camera.view import View
from farside.payload.mesh import Mesh
from farside.payload.rocks import SHAPES, Rocks, stone
from farside.payload.vehicles import SPECTRUM_NM, Material, Vehicle, load_vehicle, materials

Array = NDArray[np.float64]

GRAZING = 1.0 / 60.0
"""Sine of the lowest solar elevation for which penumbrae are followed to their end."""
LOWEST_M = 0.2
"""Cameras that are lower count as so high where resolution depends on it."""
HERE = Pose.of(np.zeros(3), np.eye(3))
FIRST_BODY = 2
"""Body ids below it are sky and ground."""


class NestedGrids(Protocol):
    """What a scene needs of the relief: grids finest first, each twice as wide as the one before."""

    @property
    def heights(self) -> Sequence[NDArray[np.float32]] | NDArray[np.float32]: ...  # noqa: D102
    @property
    def albedo(self) -> Sequence[NDArray[np.float32]] | NDArray[np.float32]: ...  # noqa: D102
    @property
    def posts_m(self) -> Sequence[float]: ...  # noqa: D102


@dataclass(frozen=True)
class Body:
    """A mesh, what its parts are made of (parts missing in ``paint`` reflect like the ground), and where it stands."""

    mesh: Mesh
    paint: Mapping[str, Material]
    pose: Pose = HERE


class Palette(NamedTuple):
    """Per material: Lambert albedo (m, n) at SPECTRUM_NM, coat (m, 3) at PAINT_NM, and (m, 2) crumple, radians, and
    roughness.
    """

    paint: Array
    coat: Array
    finish: Array


class Mover(NamedTuple):
    """One shape that is placed anew for every view: body id, number of the body's, and the fixed pose or None."""

    shape: int
    body: int
    number: int
    pose: Pose | None


@dataclass(frozen=True)
class Frame:
    """Kernel arguments of one view; masks as in ``render``, shape (lines, samples), blind where the lens has no image.

    height_m: of the camera over the ground below it.
    """

    bodies: Bodies
    light: Light
    camera: Camera
    finest: int
    masks: Masks
    shape: tuple[int, int]
    blind: NDArray[np.bool_] | None
    height_m: float


@dataclass(frozen=True)
class Scene:
    """Ground and bodies as the kernels take them; poses, joints, Sun and camera come with each view.

    names: of the bodies, in the order of their ids, which start at 2: rocks first where there are any, then vehicles,
    then others. links: what a body's numbers stand for, where they are parts.
    """

    ground: Ground
    shapes: Shapes
    ranges: NDArray[np.int64]
    rocks: Instances
    movers: tuple[Mover, ...]
    vehicles: tuple[Vehicle, ...]
    palette: Palette
    names: tuple[str, ...]
    links: dict[str, tuple[str, ...]]

    @classmethod
    def build(cls, relief: NestedGrids, rocks: Rocks | None = None, models: Mapping[str, Body] | None = None) -> Self:
        """Scene of a relief, rocks, the lander, the rover and models of the user's."""
        return cls.of(relief, models or {}, rocks, (load_vehicle("lander"), load_vehicle("rover")))

    @classmethod
    def of(
        cls,
        relief: NestedGrids,
        bodies: Mapping[str, Body],
        rocks: Rocks | None = None,
        vehicles: tuple[Vehicle, ...] = (),
    ) -> Self:
        """Scene of a relief and named bodies; vehicles stand where views put them.

        Raises BadInput for a body whose name is taken, without triangles, or with a vertex that is nowhere.
        """
        for name, each in bodies.items():
            _check(name, each, [v.name for v in vehicles])
        workshop = _Workshop()
        strewn = None if rocks is None or not len(rocks.shape) else workshop.strew(rocks, FIRST_BODY)
        names = (["rocks"] if strewn else []) + [v.name for v in vehicles] + list(bodies)
        links, movers = {}, []
        for vehicle in vehicles:
            links[vehicle.name] = tuple(link.name for link in vehicle.links)
            body = FIRST_BODY + names.index(vehicle.name)
            movers += [
                Mover(workshop.shape(link.mesh, materials()), body, k, None) for k, link in enumerate(vehicle.links)
            ]
        for name, each in bodies.items():
            body = FIRST_BODY + names.index(name)
            movers.append(Mover(workshop.shape(each.mesh, each.paint), body, 0, each.pose))
        shapes, ranges = workshop.join()
        return cls(
            _ground(relief), shapes, ranges, place(shapes, ranges, strewn or _nowhere()), tuple(movers), vehicles,
            workshop.palette(), tuple(names), links,
        )  # fmt: skip

    def on(self, relief: NestedGrids) -> Self:
        """The same bodies on other ground."""
        return replace(self, ground=_ground(relief))

    def frame(self, view: View) -> Frame:
        """What the kernels need for one view: bodies in place, Sun, camera, relief level, masks.

        Raises BadInput for a camera below the ground.
        """
        instrument = view.numbers()
        model = instrument.camera(view.binning)
        camera, blind = _camera(instrument, view.binning, view.camera())
        bodies, light = self._placed(view), self._light(instrument, view)
        groups = bodies[1], bodies[2]
        per_height = 1.0 / max(view.sun[2], GRAZING)
        floors = [self._floor(group, per_height) for group in groups]
        screen = screen_mask(self.shapes, groups, camera, model.height, model.width)
        height = self._height(camera, view)
        foot = camera.centre - np.array([0.0, 0.0, height])
        shadow, grid = shadow_masks(self.shapes, groups, light, foot, max(height, LOWEST_M), floors, per_height)
        # first level whose posts are at least half a pixel apart on the ground below the camera
        finest = min(
            np.searchsorted(self.ground.posts, 0.5 * height / camera.intrinsics[0]), len(self.ground.posts) - 1
        )
        shape = model.height, model.width
        return Frame(bodies, light, camera, int(finest), (screen, shadow, grid), shape, blind, height)

    def _placed(self, view: View) -> Bodies:
        """Rocks where they lie, and the bodies of this view where they stand; the others are left out."""
        stand = {"lander": view.lander, "rover": view.rover}
        poses = {
            FIRST_BODY + self.names.index(v.name): [pose @ link for link in v.poses(view.joint_values(v.name))]
            for v in self.vehicles
            if (pose := stand.get(v.name)) is not None
        }
        here = [
            (mover, mover.pose or poses[mover.body][mover.number])
            for mover in self.movers
            if mover.pose is not None or mover.body in poses
        ]
        if not here:
            return self.shapes, self.rocks, place(self.shapes, self.ranges, _nowhere())
        placed = Placed(
            np.array([m.shape for m, _ in here], np.int32),
            np.array([m.body for m, _ in here], np.int32),
            np.array([m.number for m, _ in here], np.int32),
            np.array([p.r for _, p in here]),
            np.array([p.p for _, p in here]),
        )
        return self.shapes, self.rocks, place(self.shapes, self.ranges, placed)

    def _floor(self, group: Instances, per_height: float) -> float:
        """Lowest ground that the shadows of a group fall on."""
        if not group.link.size:
            return 0.0
        box = group.boxes[0].astype(float)
        reach = np.abs(box[[0, 1, 3, 4]]).max() + max(box[5], 0.0) * per_height
        level = np.searchsorted(self.ground.half_widths, reach)
        return float(self.ground.bottom[min(int(level), len(self.ground.bottom) - 1)])

    def _light(self, instrument: Instrument, view: View) -> Light:
        paint, coat, finish = self.palette
        light, lowest = sunlight(instrument, view)
        return light._replace(
            clear=clear_heights(self.ground, max(lowest, 0.0)),
            paint=band_means(instrument, paint, SPECTRUM_NM),
            gloss=band_means(instrument, coat),
            finish=finish,
        )

    def _height(self, camera: Camera, view: View) -> float:
        """Metres from the camera down to the ground; 0 beyond the relief's edge."""
        x, y, z = (float(c) for c in camera.centre)
        clear = self.ground.clear
        below, _ = hit_ground(self.ground, 0, clear, x, y, z, 0.0, 0.0, -1.0, FAR_M)
        if below > 0.0:
            return float(below)
        down, _ = hit_ground(self.ground, 0, clear, x, y, z + FAR_M / 2, 0.0, 0.0, -1.0, FAR_M)
        if down >= 0.0:
            what = f"a camera {FAR_M / 2 - down:.2f} m below the ground"
            raise BadInput(f"{view.instrument} at {view.start_utc}", "position", what, "one above it")
        return 0.0


class _Workshop:
    """Collects shapes and materials while a scene is built."""

    def __init__(self) -> None:
        self._trees: list[tuple[Mesh, NDArray[np.int64]]] = []
        # row 0 keeps the tables from being empty
        self._rows: list[Material] = [Material((0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0), 1.0)]

    def shape(self, mesh: Mesh, paint: Mapping[str, Material]) -> int:
        """Number of the shape of a mesh."""
        rows = np.full(len(mesh.parts), REGOLITH)
        for k, part in enumerate(mesh.parts):
            if part in paint:
                if paint[part] not in self._rows:
                    self._rows.append(paint[part])
                rows[k] = self._rows.index(paint[part])
        self._trees.append((mesh, rows[mesh.part]))
        return len(self._trees) - 1

    def strew(self, rocks: Rocks, body: int) -> Placed:
        """Rocks as instances of as many shapes as are needed."""
        kinds, which = np.unique(rocks.detail * SHAPES + rocks.shape, return_inverse=True)
        first = len(self._trees)
        for kind in kinds:
            vertices, faces = stone(int(kind) % SHAPES, int(kind) // SHAPES)
            self.shape(Mesh(vertices, faces, np.zeros(len(faces), np.int64), ("rock",)), {})
        n = len(which)
        return Placed(
            (first + which).astype(np.int32), np.full(n, body, np.int32), np.arange(n, dtype=np.int32),
            rocks.forward(), rocks.position,
        )  # fmt: skip

    def join(self) -> tuple[Shapes, NDArray[np.int64]]:
        trees = [build_bvh(mesh.vertices, mesh.faces) for mesh, _ in self._trees]
        normals = [mesh.normals()[t.order].astype(np.float32) for (mesh, _), t in zip(self._trees, trees, strict=True)]
        rows = [row[t.order].astype(np.int32) for (_, row), t in zip(self._trees, trees, strict=True)]
        return join_shapes(trees, normals, rows)

    def palette(self) -> Palette:
        return Palette(
            np.array([m.spectrum for m in self._rows]),
            np.array([m.specular for m in self._rows]),
            np.array([(np.radians(m.crumple_deg), m.roughness) for m in self._rows]),
        )


def _check(name: str, body: Body, vehicles: list[str]) -> None:
    """Raise BadInput for a body that the kernels could not stand, or that could not be told from another."""
    taken = ["sky", "ground", "rocks", *vehicles]
    if name in taken:
        raise BadInput("scene", "bodies", name, f"a name other than {', '.join(taken)}")
    if not len(body.mesh.faces):
        raise BadInput("scene", f"bodies.{name}", "no triangles", "a mesh of triangles")
    if not np.isfinite(body.pose.apply(body.mesh.vertices)).all():
        raise BadInput("scene", f"bodies.{name}", "NaN or infinity", "vertices and a pose of finite numbers")


def _nowhere() -> Placed:
    none = np.zeros(0, np.int32)
    return Placed(none, none, none, np.zeros((0, 3, 3)), np.zeros((0, 3)))


def _ground(relief: NestedGrids) -> Ground:
    # one array over all levels, which the kernels index; every other post is enough for the albedo
    heights = relief.heights
    if not isinstance(heights, np.ndarray):
        heights = np.stack(list(heights))
    albedo = np.stack([a[::2, ::2] for a in relief.albedo])
    return make_ground(
        np.asarray(heights).astype(np.float32, copy=False), albedo.astype(np.float32, copy=False),
        np.asarray(relief.posts_m, float),
    )  # fmt: skip


def _camera(instrument: Instrument, binning: int, pose: Pose) -> tuple[Camera, NDArray[np.bool_] | None]:
    model = instrument.camera(binning)
    column, row = model.principal_pixel
    # rays at +-a and +-3a pass (cos(pi a) + cos(3 pi a)) / 2 = 2 c^3 - c of the contrast of the finest pattern, c the
    # cosine of pi a; pixel and point spread together so much:
    contrast = np.sinc(0.5) * np.exp(-0.5 * (np.pi * instrument.optics.psf_sigma_px / binning) ** 2)
    spread = np.arccos(np.roots([2.0, 0.0, -1.0, -contrast]).real.max()) / np.pi
    ways, blind = np.zeros((0, 0, 3)), None
    if not isinstance(model, Pinhole):
        i, j = np.meshgrid(np.arange(model.width + 1) + 0.5, np.arange(model.height + 1) + 0.5)
        ways = model.rays(i, j)
        none = np.isnan(ways[..., 0])
        blind = none[:-1, :-1] | none[1:, :-1] | none[:-1, 1:] | none[1:, 1:]
        ways[none] = (0.0, 0.0, -1.0)
    return Camera(
        pose.p, pose.r, np.array([1.0 / model.pixel_rad, column - 1.0, row - 1.0]), float(spread), ways
    ), blind
