"""Parts as vehicle files list them: a shape, what it is made of, where it sits, and its copies.

A part is built at the origin of its link, turned, put in place, repeated, and mirrored, in this order.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from farside.payload.mesh import Shape, box, join, lathe, mirrored, moved, prism, star, tube, turn
from farside.payload.vehicles.material import materials

Array = NDArray[np.float64]
Axis = Literal["x", "y", "z"]
Vector = tuple[float, float, float]
Size = Annotated[float, Field(gt=0)]
Sides = Annotated[int, Field(ge=3, le=200)]
Span = tuple[float, float]


def _known(name: str) -> str:
    if name not in materials():
        raise ValueError(f"one of {', '.join(materials())}")
    return name


MaterialName = Annotated[str, AfterValidator(_known)]


class Spec(BaseModel):
    """A piece of a vehicle file: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Box(Spec):
    """Edges along x, y and z; its middle is the origin."""

    size_m: tuple[Size, Size, Size]

    def build(self) -> Shape:
        """Triangles."""
        return box(self.size_m, (0.0, 0.0, 0.0))


class Prism(Spec):
    """An outline in x and y, counter-clockwise, from one height to another; the upper outline scaled by ``taper``."""

    outline_m: tuple[Span, ...] = Field(min_length=3)
    z_m: Span
    taper: Size = 1.0

    @model_validator(mode="after")
    def _solid(self) -> Prism:
        x, y = np.array(self.outline_m).T
        if not np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) > 0.0 or not self.z_m[0] < self.z_m[1]:
            raise ValueError("an outline_m listed counter-clockwise and z_m upwards")
        return self

    def build(self) -> Shape:
        """Triangles."""
        return prism(self.outline_m, *self.z_m, self.taper)


class Tube(Spec):
    """A round bar or cone between two points."""

    from_m: Vector
    to_m: Vector
    radius_m: Size
    end_radius_m: Size | None = None
    sides: Sides = 12

    @model_validator(mode="after")
    def _long(self) -> Tube:
        if self.from_m == self.to_m:
            raise ValueError("a to_m apart from from_m")
        return self

    def build(self) -> Shape:
        """Triangles."""
        return tube(self.from_m, self.to_m, self.radius_m, self.end_radius_m, self.sides)


class Lathe(Spec):
    """A profile of radius and height turned about z, listed upwards with the solid to its left; see ``mesh.lathe``."""

    profile_m: tuple[Span, ...] = Field(min_length=3)
    sides: Sides = 24

    @model_validator(mode="after")
    def _around(self) -> Lathe:
        if min(radius for radius, _ in self.profile_m) < 0.0:
            raise ValueError("a profile_m of radius (0 or more) and height")
        return self

    def build(self) -> Shape:
        """Triangles."""
        return lathe(self.profile_m, self.sides)


class Dish(Spec):
    """A paraboloid shell that opens along +z, its vertex at the origin."""

    radius_m: Size
    depth_m: Size
    thickness_m: Size = 0.006
    sides: Sides = 28

    def build(self) -> Shape:
        """Triangles."""
        r = np.linspace(0.0, self.radius_m, 7)
        z = self.depth_m * (r / self.radius_m) ** 2
        return lathe(np.vstack([np.column_stack([r, z - self.thickness_m]), np.column_stack([r, z])[::-1]]), self.sides)


STARS = ((5.0, 5.0, 3.0), (10.0, 2.0, 1.0), (12.0, 4.0, 1.0), (12.0, 7.0, 1.0), (10.0, 9.0, 1.0))
"""Stars of the flag of China: from the hoist, from the top, radius, in twentieths of its height (flag law, annex)."""
PAINT_M = 0.001
"""How far painted things stand out of what they are painted on."""


class Flag(Spec):
    """The flag of China, three to two, seen from +z with its top towards +y; its middle is the origin."""

    height_m: Size
    stars: MaterialName

    def build(self) -> Shape:
        """Triangles of the red field."""
        return box((1.5 * self.height_m, self.height_m, PAINT_M), (0.0, 0.0, -0.5 * PAINT_M))

    def inlay(self) -> list[tuple[str, Shape]]:
        """Triangles of the stars; a point of each small one is towards the middle of the big one."""
        unit, (middle_x, middle_y, _) = self.height_m / 20.0, STARS[0]
        out = []
        for x, y, radius in STARS:
            made = star(radius * unit, 0.0, PAINT_M, float(np.arctan2(x - middle_x, y - middle_y)))
            out.append((self.stars, moved(made, by=((x - 15.0) * unit, (10.0 - y) * unit, 0.0))))
        return out


class Chart(Spec):
    """A board of colour patches seen from +z, row by row from the upper left; its middle is the origin."""

    columns: int = Field(ge=1)
    patch_m: Size
    gap_m: Size
    thickness_m: Size
    patches: tuple[MaterialName, ...] = Field(min_length=1)

    @property
    def _rows(self) -> int:
        return -(-len(self.patches) // self.columns)

    def build(self) -> Shape:
        """Triangles of the board."""
        wide, high = (n * (self.patch_m + self.gap_m) + self.gap_m for n in (self.columns, self._rows))
        return box((wide, high, self.thickness_m), (0.0, 0.0, -0.5 * self.thickness_m))

    def inlay(self) -> list[tuple[str, Shape]]:
        """Triangles of the patches."""
        step, out = self.patch_m + self.gap_m, []
        for k, name in enumerate(self.patches):
            x = (k % self.columns - 0.5 * (self.columns - 1)) * step
            y = (0.5 * (self._rows - 1) - k // self.columns) * step
            out.append((name, box((self.patch_m, self.patch_m, PAINT_M), (x, y, 0.5 * PAINT_M))))
        return out


class Repeat(Spec):
    """``count`` copies, each a step further, or evenly (or by ``each_deg``) around an axis of the link."""

    count: int = Field(ge=2, le=500)
    step_m: Vector | None = None
    around: Axis | None = None
    each_deg: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Repeat:
        if (self.step_m is None) == (self.around is None):
            raise ValueError("either step_m or around")
        return self

    def copies(self, shape: Shape) -> Shape:
        """All of them as one shape."""
        if self.step_m is not None:
            return join([moved(shape, by=k * np.array(self.step_m)) for k in range(self.count)])
        each = 360.0 / self.count if self.each_deg is None else self.each_deg
        return join([moved(shape, turn(str(self.around), k * each)) for k in range(self.count)])


Solid = Box | Prism | Tube | Lathe | Dish | Flag | Chart
SOLIDS = ("box", "prism", "tube", "lathe", "dish", "flag", "chart")


class Part(Spec):
    """One part of a link. turn_deg: about the link's axes, in the order written."""

    name: str
    material: MaterialName
    box: Box | None = None
    prism: Prism | None = None
    tube: Tube | None = None
    lathe: Lathe | None = None
    dish: Dish | None = None
    flag: Flag | None = None
    chart: Chart | None = None
    turn_deg: dict[Axis, float] = Field(default_factory=dict)
    at_m: Vector = (0.0, 0.0, 0.0)
    repeat: tuple[Repeat, ...] = ()
    mirror: tuple[Axis, ...] = ()

    @model_validator(mode="after")
    def _one_shape(self) -> Part:
        given = [name for name in SOLIDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"one of {', '.join(SOLIDS)}, got {' and '.join(given) or 'none'}")
        return self

    @property
    def solid(self) -> Solid:
        """Its shape."""
        return next(s for name in SOLIDS if (s := getattr(self, name)) is not None)

    def pieces(self) -> list[tuple[str, Array, NDArray[np.int64]]]:
        """Material, vertices (n, 3) in the link's frame and faces (m, 3) of the part and all its copies."""
        solid = self.solid
        inlay = solid.inlay() if isinstance(solid, Flag | Chart) else []
        return [(material, *self._placed(shape)) for material, shape in [(self.material, solid.build()), *inlay]]

    def _placed(self, shape: Shape) -> Shape:
        shape = moved(shape, rotation(self.turn_deg), self.at_m)
        for repeat in self.repeat:
            shape = repeat.copies(shape)
        for axis in self.mirror:
            shape = join([shape, mirrored(shape, axis)])
        return shape


def rotation(turn_deg: dict[Axis, float]) -> Array:
    """Rotation (3, 3) by turns about the fixed axes in the order given."""
    out = np.eye(3)
    for axis, angle in turn_deg.items():
        out = turn(axis, angle) @ out
    return out
