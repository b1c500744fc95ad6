"""Vehicles: rigid links that joints turn and slide against each other, read from a list of parts.

Each link has a frame of its own. Its file says where that frame is in the vehicle's frame while all joints are at
zero; a joint then moves the link, and all that hangs on it, in the link's frame::

    pose of a link = pose of its parent x (zero pose of parent)^-1 x zero pose x motion of its joint
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from farside.errors import BadInput, first_wrong
from farside.geometry import Pose
from farside.payload.mesh import Mesh, merge
from farside.payload.vehicles.part import Axis, Part, Span, Spec, Vector, rotation

Array = NDArray[np.float64]
HERE = Pose.of(np.zeros(3), np.eye(3))


@dataclass(frozen=True)
class Link:
    """A rigid group of parts that moves as one. mesh: in the link's own frame; its parts are names of materials."""

    name: str
    mesh: Mesh


@dataclass(frozen=True)
class Joint:
    """What moves a link against its parent.

    origin: (3,) metres, and zero: pose of the link's frame at zero, both in the vehicle's frame with all joints at
    zero. axis: (3,) unit vector in the link's frame, about which the joint turns (radians, right-handed) or along which
    it slides (metres). low, high: its range. rest: where it is if nothing is said. follows: the joint whose value it
    takes, itself as a rule.
    """

    name: str
    link: str
    parent: str
    zero: Pose
    axis: tuple[float, float, float]
    kind: Literal["turns", "slides"]
    low: float
    high: float
    rest: float
    follows: str

    @property
    def origin(self) -> Array:
        """Where it sits."""
        return self.zero.p

    def motion(self, value: float) -> Pose:
        """What it does to its link, in the link's frame."""
        axis = np.array(self.axis)
        if self.kind == "slides":
            return Pose.of(value * axis, np.eye(3))
        return Pose.of(np.zeros(3), _about(axis, value))


@dataclass(frozen=True)
class Vehicle:
    """Links and joints. Links come after the link that they hang on; the first one is the vehicle's body."""

    name: str
    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    hung: tuple[tuple[int, Pose, Joint | None], ...]
    """Of each link: the number of its parent (its own: none), its pose at zero, the joint that moves it."""

    def poses(self, joints: Mapping[str, float]) -> tuple[Pose, ...]:
        """Pose of each link in the vehicle's frame for values of joints (radians, metres); those missing are at rest.

        Raises BadInput for a joint that is not the vehicle's, or a value out of its range.
        """
        own = {joint.name: joint for joint in self.joints if joint.follows == joint.name}
        for name, value in joints.items():
            if name not in own:
                raise BadInput(self.name, "joints", name, f"one of {', '.join(own)}")
            if not own[name].low <= value <= own[name].high:
                raise BadInput(self.name, name, value, f"from {own[name].low:.4g} to {own[name].high:.4g}")
        out: list[Pose] = []
        for parent, zero, joint in self.hung:
            if parent < len(out):
                here = out[parent] @ _inverse(self.hung[parent][1]) @ zero
            else:
                here = zero
            if joint is not None:
                here = here @ joint.motion(joints.get(joint.follows, own[joint.follows].rest))
            out.append(here)
        return tuple(out)

    def mesh(self, joints: Mapping[str, float] | None = None) -> Mesh:
        """All links in one mesh in the vehicle's frame, for values of joints."""
        return self.of([link.name for link in self.links], joints)

    def of(self, links: list[str], joints: Mapping[str, float] | None = None) -> Mesh:
        """Some links in one mesh in the vehicle's frame, for values of joints."""
        pieces = []
        for link, pose in zip(self.links, self.poses(joints or {}), strict=True):
            if link.name in links:
                mesh = link.mesh
                placed = pose.apply(mesh.vertices)
                pieces += [(name, placed, mesh.faces[mesh.part == k]) for k, name in enumerate(mesh.parts)]
        return merge(pieces)


class JointSpec(Spec):
    """A joint as its file has it: degrees or metres; no range: it turns on and on."""

    name: str
    kind: Literal["turns", "slides"] = "turns"
    axis: Axis | Vector
    range_deg: Span | None = None
    range_m: Span | None = None
    rest_deg: float = 0.0
    rest_m: float = 0.0
    follows: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> JointSpec:
        if self.axis == (0.0, 0.0, 0.0):
            raise ValueError("an axis that has a direction")
        if self.kind == "slides" and (self.range_m is None or self.range_deg is not None or self.rest_deg):
            raise ValueError("range_m, and rest_m in metres, for a joint that slides")
        if self.kind == "turns" and (self.range_m is not None or self.rest_m):
            raise ValueError("range_deg, and rest_deg in degrees, for a joint that turns")
        if not self.low <= self.rest <= self.high:
            raise ValueError("a rest value within the range, the lower end of which comes first")
        return self

    @property
    def low(self) -> float:
        """Radians or metres."""
        return self._ends[0]

    @property
    def high(self) -> float:
        """Radians or metres."""
        return self._ends[1]

    @property
    def rest(self) -> float:
        """Radians or metres."""
        return self.rest_m if self.kind == "slides" else float(np.radians(self.rest_deg))

    @property
    def _ends(self) -> Span:
        if self.range_m is not None:
            return self.range_m
        low, high = np.radians(self.range_deg or (-np.inf, np.inf))
        return float(low), float(high)


class LinkSpec(Spec):
    """A link as its file has it. like: a link before it whose parts it has, too."""

    name: str
    parent: str | None = None
    at_m: Vector = (0.0, 0.0, 0.0)
    turn_deg: dict[Axis, float] = Field(default_factory=dict)
    joint: JointSpec | None = None
    like: str | None = None
    parts: tuple[Part, ...] = ()


class VehicleSpec(Spec):
    """A whole vehicle file."""

    name: str
    links: tuple[LinkSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> VehicleSpec:
        known: dict[str, LinkSpec] = {}
        joints: set[str] = set()
        for link in self.links:
            if link.name in known:
                raise ValueError(f"a name of its own for every link, got {link.name} twice")
            if (link.parent is None) != (not known):
                raise ValueError(f"a parent for every link but the first, got {link.parent!r} for {link.name}")
            for field, other in (("parent", link.parent), ("like", link.like)):
                if other is not None and other not in known:
                    raise ValueError(f"{field} of {link.name} among the links before it, got {other!r}")
            if not link.parts and not (link.like and known[link.like].parts):
                raise ValueError(f"parts, or a link with parts to be like, for {link.name}")
            if link.joint is not None:
                if link.joint.name in joints:
                    raise ValueError(f"a name of its own for every joint, got {link.joint.name} twice")
                if link.joint.follows is not None and link.joint.follows not in joints:
                    raise ValueError(f"{link.joint.name} to follow a joint before it, got {link.joint.follows!r}")
                joints.add(link.joint.name)
            known[link.name] = link
        return self


@cache
def load_vehicle(name: str) -> Vehicle:
    """The vehicle called ``name``, "lander" or "rover"."""
    if name not in ("lander", "rover"):
        raise BadInput("vehicles", "name", name, "lander or rover")
    return read_vehicle(Path(str(files("farside.payload.vehicles") / f"{name}.yaml")))


def read_vehicle(path: Path) -> Vehicle:
    """Read a vehicle's list of parts. Raises BadInput naming file, field, value and expectation."""
    try:
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise BadInput(path, "", "no text", "a vehicle file in YAML, UTF-8") from None
    except yaml.YAMLError as error:
        raise BadInput(path, "", " ".join(str(error).split()), "valid YAML") from None
    if not isinstance(spec, dict):
        raise BadInput(path, "", spec, "a mapping with name and links")
    try:
        return _built(VehicleSpec.model_validate(spec))
    except ValidationError as error:
        place, value, expected = first_wrong(error.errors(), "a vehicle file")
        if isinstance(value, dict):  # a whole part says less than its name
            value = value.get("name", value)
        raise BadInput(path, ".".join(_place(spec, place)), value, expected) from None


def _place(spec: object, loc: tuple[int | str, ...]) -> list[str]:
    """Where an error is: items of lists by their name where they have one."""
    out = []
    for step in loc:
        try:
            spec = spec[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            spec = None
        named = isinstance(step, int) and isinstance(spec, dict) and "name" in spec
        out.append(str(spec["name"]) if named else str(step))  # type: ignore[index]
    return out


def _built(spec: VehicleSpec) -> Vehicle:
    number = {link.name: k for k, link in enumerate(spec.links)}
    parts: dict[str, tuple[Part, ...]] = {}
    links, joints, hung = [], [], []
    for k, link in enumerate(spec.links):
        parts[link.name] = (*(parts[link.like] if link.like else ()), *link.parts)
        links.append(Link(link.name, merge([piece for part in parts[link.name] for piece in part.pieces()])))
        zero, joint = Pose.of(np.array(link.at_m), rotation(link.turn_deg)), None
        if link.joint is not None:
            j = link.joint
            axis = np.eye(3)["xyz".index(j.axis)] if isinstance(j.axis, str) else np.array(j.axis)
            axis = axis / np.linalg.norm(axis)
            joint = Joint(
                j.name, link.name, link.parent or "", zero, (float(axis[0]), float(axis[1]), float(axis[2])),
                j.kind, j.low, j.high, j.rest, j.follows or j.name,
            )  # fmt: skip
            joints.append(joint)
        hung.append((number[link.parent] if link.parent else k, zero, joint))
    return Vehicle(spec.name, tuple(links), tuple(joints), tuple(hung))


def _inverse(pose: Pose) -> Pose:
    return Pose.of(-pose.r.T @ pose.p, pose.r.T)


def _about(axis: Array, angle: float) -> Array:
    """Rotation (3, 3) about a unit vector, right-handed (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * (k @ k)
