"""What a scene is built from: files small enough to name, so that a frame can be made wherever they are seen."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight import BlastZone
from farside.flight.rover import imprint
from farside.instruments import pack
from farside.moon import Relief
from farside.payload import Body, Rocks, Scene, View, observe
from farside.twin.models import Standing

Array = NDArray[np.float64]

_BUILDING = threading.Lock()


@dataclass(frozen=True)
class Scenery:
    """The files behind a scene; each is named by the key of everything it depends on, and never changes.

    relief: folder of the bare ground. rocks: columns of `save_rocks`. tracks: polylines of `save_tracks`, None where
    nobody has driven yet. blast: what the landing did to the ground, None before it. models: of the user's, in their
    places.
    """

    relief: Path
    rocks: Path
    tracks: Path | None = None
    blast: BlastZone | None = None
    models: tuple[Standing, ...] = ()

    def scene(self) -> Scene:
        """The scene, built once in each process; kept until another is asked for and as long as somebody uses it.

        Raises BadInput where the files are not seen.
        """
        with _BUILDING:
            scene = _in_use.get(self)
            if scene is None:
                scene = _in_use[self] = self._build()
            _last[:] = [scene]
        return scene

    def _build(self) -> Scene:
        """On ground that differs by its traces alone, rocks and vehicles stay what they are."""
        for path in filter(None, (self.relief, self.rocks, self.tracks)):
            if not path.exists():
                expected = "a flight's folder that every worker sees under this path: choose such an --out"
                raise BadInput(path, "", "not there", expected)
        for other, scene in _in_use.items():
            if replace(other, tracks=self.tracks, blast=self.blast) == self:
                return scene.on(self._ground())
        models = {s.spec.name: Body(*s.spec.read(), s.pose) for s in self.models}
        return Scene.build(self._ground(), _rocks(self.rocks), models)

    def _ground(self) -> Relief:
        """The relief with the traces of landing and driving."""
        ground = Relief.load(self.relief)
        if self.blast is not None:
            lit = [self.blast.on(albedo, post) for albedo, post in zip(ground.albedo, ground.posts_m, strict=True)]
            ground = replace(ground, albedo=lit)
        if self.tracks is None:
            return ground
        with np.load(self.tracks) as file:
            tracks = [file[name] for name in file.files]
        levels = [
            imprint(height, albedo, post, tracks)
            for height, albedo, post in zip(ground.heights, ground.albedo, ground.posts_m, strict=True)
        ]
        return replace(ground, heights=[height for height, _ in levels], albedo=[albedo for _, albedo in levels])


_in_use: WeakValueDictionary[Scenery, Scene] = WeakValueDictionary()
_last: list[Scene] = []


@dataclass(frozen=True)
class Exposure:
    """The record of one camera view, to be made in whatever process calls it."""

    scenery: Scenery
    view: View

    def __call__(self) -> bytes:
        """Build the scene if it is not there, take the picture, and pack it."""
        return pack(observe(self.scenery.scene(), self.view))


def save_rocks(path: Path, position: Array, diameter: Array, height: Array, turn: Array, shape: NDArray) -> None:
    """Write rocks as `Rocks.lying` takes them: n of them, on the ground, site frame."""
    with path.open("wb") as file:
        np.savez(file, position=position, diameter=diameter, height=height, turn=turn, shape=shape)


def save_tracks(path: Path, tracks: Sequence[Array]) -> None:
    """Write the polylines (k, 2) of wheels, east and north, m."""
    with path.open("wb") as file:
        np.savez(file, *tracks)


def _rocks(path: Path) -> Rocks:
    with np.load(path) as file:
        return Rocks.lying(*(file[name] for name in ("position", "diameter", "height", "turn", "shape")))
