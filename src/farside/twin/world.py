"""The world a flight happens in: ground, relay orbit, descent, and the scene the cameras see.

Everything here is a pure function of mission file, quality and terrain files, and is kept between runs by its key; only
the rover's travel grows as its commands reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.flight import BlastZone, Descent, RelayOrbit, fly_descent
from farside.flight.rover import (
    Drive,
    Obstacles,
    Travel,
    cost_map,
    drive,
    plan_route,
    roll_off,
)
from farside.geometry import Pose, Site, t_to_utc, utc_to_t
from farside.moon import GroundTemperature, Moon, Relief, build_relief, terrain_sha256
from farside.payload import Scene, View
from farside.sky import sun_direction, sun_distance_au
from farside.twin.code import code_key
from farside.twin.mission import Mission
from farside.twin.models import Looks, Standing, models_sha256
from farside.twin.quality import Quality
from farside.twin.relay_orbit import OrbitFile
from farside.twin.scenery import Exposure, Scenery, save_rocks, save_tracks
from farside.twin.shot import Shot
from farside.work import Pool, Stages, Workers, key_of

Array = NDArray[np.float64]

REACH_M = 250_000.0
"""Terrain is kept this far out: the horizon seen from 12 km up, with peaks beyond it."""
ROCK_RINGS = ((15.0, 0.02, 0.06), (60.0, 0.06, 0.2), (250.0, 0.2, 0.8), (1500.0, 0.8, np.inf))
"""Rocks kept within (m) of the site, from (m) up to (m) in diameter: what is a pixel or more from camera height."""
OBSTACLES_M, SMALLEST_ROCK_M = 60.0, 0.05
"""The rover looks for rocks this far around the site, from this diameter on."""
LANDER_M = 2.6
"""Radius that the rover keeps off around the lander's middle: its pads and the ramp's foot."""
MARGIN_M = 8.0
"""Detours may reach this far beyond the waypoints."""


@dataclass
class World:
    """What is true in one flight.

    pool: threads that share what is here. say(what): hears what is being made. away: who makes records that travel, if
    not the pool.
    """

    mission: Mission
    quality: Quality
    stages: Stages
    pool: Pool
    terrain: Sequence[Path]
    say: Callable[[str], None]
    away: Workers | None = None
    travel: Travel | None = field(init=False, default=None)
    """The rover's way as commanded so far, None while it rides on the lander."""

    @cached_property
    def code(self) -> str:
        """Identifies the sources that results depend on."""
        return code_key()

    @cached_property
    def key(self) -> str:
        """Identifies the ground and everything on it."""
        ground = (self.mission.seed, self.mission.site, self.quality.relief, REACH_M, ROCK_RINGS, self.terrain_sha256)
        models = self.mission.models
        return key_of(self.code, *ground, *((models, models_sha256(models)) if models else ()))

    @cached_property
    def terrain_sha256(self) -> str:
        """SHA-256 of the terrain files in any order, empty for the built-in ground."""
        return terrain_sha256(self.terrain)

    # Ground ----------------------------------------------------------------------------------------------------

    @cached_property
    def moon(self) -> Moon:
        """The Moon's surface. Raises BadInput for a terrain file that cannot be used, or where none holds the site."""
        moon, spec = Moon(self.mission.seed, self.terrain), self.mission.site
        for note in moon.notes:
            self.say(note)
        if self.terrain and not moon.file_covers(spec.lat_deg, spec.lon_deg):
            place = f"{spec.lat_deg} N {spec.lon_deg} E"
            names = ", ".join(map(str, self.terrain))
            raise BadInput(names, "terrain", f"no heights at {place}", f"an elevation file of {spec.name}")
        return moon

    @cached_property
    def site(self) -> Site:
        """The landing site, at the height of the ground there: origin of the site frame."""
        spec = self.mission.site
        height = self.moon.elevation(np.array([spec.lat_deg]), np.array([spec.lon_deg]), self.quality.relief.finest_m)
        return Site(spec.lat_deg, spec.lon_deg, float(height[0]))

    @cached_property
    def relief(self) -> Relief:
        """Nested height grids around the site, mapped from disk."""
        return Relief.load(self._relief_folder)

    @cached_property
    def _relief_folder(self) -> Path:
        self.say(f"shaping the ground around {self.mission.site.name}")
        spec = self.quality.relief

        def build(folder: Path) -> None:
            build_relief(self.moon, self.site, spec.cells, spec.finest_m, REACH_M, self.pool).save(folder)

        return self.stages.tree("relief", self.key, build).absolute()

    @cached_property
    def _rocks_file(self) -> Path:
        """Rocks: small ones near the lander, only large ones far away."""
        self.say("strewing rocks")

        def strew(part: Path) -> None:
            parts: list[tuple[Any, ...]] = []
            for radius, smallest, largest in ROCK_RINGS:
                rocks = self.moon.rocks(self.site, radius, smallest)
                mine = rocks.diameter < largest
                base = np.array(rocks.position[mine])
                base[:, 2] = self.relief.height(base[:, 0], base[:, 1])
                columns = rocks.diameter, rocks.height, rocks.turn, rocks.shape.astype(np.int64)
                parts.append((base, *(column[mine] for column in columns)))
            position, diameter, height, turn, shape = (np.concatenate(column) for column in zip(*parts, strict=True))
            save_rocks(part, position, diameter, height, turn, shape)

        return self.stages.file("rocks", self.key, ".npz", strew).absolute()

    def scenery(self, t: float) -> tuple[str, Scenery]:
        """Rocks, and ground with the traces that landing and driving have left by ``t``: its key, and itself."""
        tracks, blast = self._tracks(t), self._blast(t)
        bare = Scenery(self._relief_folder, self._rocks_file, blast=blast, models=self.standing)
        key = key_of(self.key, blast) if blast else self.key
        if not tracks:
            return key, bare
        file = self.stages.file("tracks", key_of(self.key, tracks), ".npz", lambda part: save_tracks(part, tracks))
        return key_of(key, tracks), replace(bare, tracks=file.absolute())

    def scene(self, t: float) -> tuple[str, Scene]:
        """The scenery at ``t`` with the vehicles, as cameras look at it: its key, and itself."""
        key, scenery = self.scenery(t)
        return key, scenery.scene()

    def _blast(self, t: float) -> BlastZone | None:
        """What the engine's plume has left, from touchdown on."""
        plume = self.mission.lander.descent.plume
        if plume is None or t < self.descent.touchdown_t:
            return None
        east, north, _ = self.descent.rest.position
        return BlastZone(east, north, plume.gain, plume.radius_m)

    def _tracks(self, t: float) -> list[Array]:
        """Tracks of the rover's wheels; those of a drive that goes on are not there yet."""
        over = self.travel.marks(t) if self.travel else 0
        return self.travel.tracks(self.travel.drives[over - 1].stop) if self.travel and over else []

    @cached_property
    def standing(self) -> tuple[Standing, ...]:
        """The mission's models in their places."""
        return tuple(Standing.on(self.relief, spec) for spec in self.mission.models)

    @cached_property
    def models(self) -> dict[str, tuple[*Looks, Pose]]:
        """Mesh, materials and place in the site frame of every model by name."""
        return {s.spec.name: (*s.spec.read(), s.pose) for s in self.standing}

    # Motion ----------------------------------------------------------------------------------------------------

    @cached_property
    def orbit(self) -> RelayOrbit:
        """The relay's orbit: its halo, or what the mission's file holds."""
        spec = self.mission.relay.orbit
        if isinstance(spec, OrbitFile):
            return spec.read()
        self.say(f"solving the halo orbit of {self.mission.relay.name}")
        make = spec.solve
        return RelayOrbit.load(
            self.stages.file("relay", key_of(self.code, spec), ".npz", lambda part: make().save(part))
        )

    @cached_property
    def descent(self) -> Descent:
        """The powered descent, from ignition to rest."""
        relief = self.relief
        self.say("flying the powered descent")
        spec, heading = self.mission.lander.descent, self.mission.lander.heading_deg
        ignition = utc_to_t(spec.ignition_utc)
        return fly_descent(
            self.site, ignition, spec.azimuth_deg, relief.height, self.mission.seed, heading, spec.altitude_m
        )

    def lander_pose(self, t: float) -> Pose:
        """Lander frame in the site frame at ``t`` (TDB seconds past J2000), from ignition on."""
        return self.descent.pose(t)

    def rover_pose(self, t: float) -> Pose:
        """Rover frame in the site frame: on the lander's deck, later where its travel has brought it."""
        if self.travel and t >= self.travel.rolloff.commanded:
            return self.travel.pose(t)
        s = self.mission.rover.stowed
        heading = np.radians(s.heading_deg)
        turn = np.array([[np.cos(heading), np.sin(heading), 0], [-np.sin(heading), np.cos(heading), 0], [0, 0, 1]])
        return self.lander_pose(t) @ Pose.of(np.array([s.x_m, s.y_m, s.z_m]), turn)

    @cached_property
    def obstacles(self) -> Obstacles:
        """What the rover has to keep off: high rocks and the lander."""
        rocks = self.moon.rocks(self.site, OBSTACLES_M, SMALLEST_ROCK_M)
        east, north, _ = self.descent.rest.position
        out = Obstacles.of_rocks(rocks.position, rocks.diameter, rocks.height).with_disc(east, north, LANDER_M)
        for model in self.standing:
            out = out.with_disc(*model.pose.position[:2], model.reach_m)
        return out

    def roll_off(self, t: float) -> Travel:
        """Begin the travel: the separation command reaches the rover at ``t``.

        Raises BadInput where the ramp finds no ground.
        """
        self.travel = Travel(roll_off(self.descent.rest, self.relief.height, t))
        return self.travel

    def drive(self, t: float, waypoints: Sequence[tuple[float, float]], final_heading_deg: float | None) -> Drive:
        """Lengthen the travel by a drive from ``t`` past waypoints (east, north, m). Raises BadInput for no way."""
        assert self.travel is not None
        here, height = self.travel.end, self.relief.height
        points = np.array([(here.x, here.y), *waypoints])
        (west, south), (east, north) = points.min(axis=0) - MARGIN_M, points.max(axis=0) + MARGIN_M
        costs = cost_map(height, (west, south, east, north), self.obstacles)
        route = plan_route(costs, (here.x, here.y), waypoints)
        heading = None if final_heading_deg is None else float(np.radians(final_heading_deg))
        driven = drive(route, here, t, height, self.mission.seed, t_to_utc(t, 0), heading)
        self.travel = self.travel.after(driven)
        return driven

    def sun(self, t: float) -> tuple[tuple[float, float, float], float]:
        """Apparent unit direction of the Sun in the site frame, and its distance in astronomical units."""
        at = np.array([t])
        x, y, z = sun_direction(self.site, at)[0]
        return (float(x), float(y), float(z)), float(sun_distance_au(at)[0])

    @cached_property
    def ground_temperature(self) -> GroundTemperature:
        """Temperature of level ground at the landing site, under a level horizon."""
        return GroundTemperature(self.site)

    def touchdown_place(self) -> tuple[float, float, float]:
        """Latitude, east longitude (degrees) and height above the sphere (m) of where the lander stands."""
        lat, lon, height = self.site.geodetic(self.descent.rest.p)
        return float(lat), float(lon), float(height)

    # Exposures -------------------------------------------------------------------------------------------------

    def expected_records(self) -> int:
        """Instrument records that the mission's sequences make at this quality."""
        return sum(order.records(self.quality) for sequence in self.mission.sequences for order in sequence.commands)

    def exposures(self, plan: list[View]) -> list[Shot]:
        """The records of camera views of this scene, in order."""

        def shot(view: View) -> Shot:
            key, scenery = self.scenery(view.t)
            return Shot(view, Exposure(scenery, view), view.t, key, travels=True)

        return [shot(view) for view in plan]
