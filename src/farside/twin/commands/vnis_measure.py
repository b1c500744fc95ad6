"""``vnis.measure``: the spectrometer measures what lies before the rover, against its white panel."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from farside.geometry import utc_to_t
from farside.instruments.vnis import BODY, MODES, angles, load_vnis, pack
from farside.payload.vnis import TargetName, VnisView, load_target, observe
from farside.twin.commands.order import Order
from farside.twin.part import Part
from farside.twin.shot import Shot

if TYPE_CHECKING:
    from farside.twin.quality import Quality as FlightQuality
    from farside.twin.rover import Rover


class Quality(Part):
    """Side of the visible image, a divisor of 256, and frames of the target averaged on board."""

    lines: int
    frames: int = Field(gt=0)


class Arguments(Part):
    """Which observing sequence, and what lies in the field; first_index tells repeated measurements of it apart."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    target: TargetName
    first_index: int = Field(default=1, ge=1, lt=1000)


@dataclass(frozen=True)
class Record:
    """One of a measurement's records. target, look: what it shows, and how."""

    t: float
    sequence_id: str
    index: int
    mode: str
    target: TargetName
    look: VnisView
    instrument: str = "vnis"


class VnisMeasure(Order):
    """Panel and target, each in the visible image and the infrared spectrum: four records."""

    vehicle: ClassVar[str] = "rover"
    do: Literal["vnis.measure"]
    with_: Arguments = Field(alias="with")

    def records(self, quality: FlightQuality) -> int:
        """One for each channel of panel and target."""
        return len(MODES)

    def refusal(self, vehicle: Rover) -> str | None:
        """The rover must stand on the ground, in light that falls neither too flat nor from behind it."""
        travel, reach = vehicle.world.travel, load_vnis().reach
        if travel is None or vehicle.t < travel.stop:
            return "out of reach"
        look = self._look(vehicle)
        incidence, _, phase = angles(look.pose.r, np.array(look.sun))
        if incidence > reach.incidence_deg:
            return "sun too low"
        return None if reach.phase_deg[0] <= phase <= reach.phase_deg[1] else "out of reach"

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Measure, and keep each record for the link when its last band is taken."""
        target, look = self.with_.target, self._look(vehicle)
        shots = []
        for raw in observe(load_target(target), look):
            a = raw.attrs
            view = Record(utc_to_t(a["start_utc"]), a["sequence_id"], a["index"], a["mode"], target, look)
            shots.append(Shot(view, partial(pack, raw), done=utc_to_t(a["stop_utc"])))
        yield from vehicle.carry_out(shots)

    def _look(self, vehicle: Rover) -> VnisView:
        world, quality = vehicle.world, vehicle.quality.vnis
        sun, distance_au = world.sun(vehicle.t)
        return VnisView(
            t=vehicle.t,
            sun=sun,
            sun_distance_au=distance_au,
            pose=world.rover_pose(vehicle.t) @ BODY,
            sequence_id=self.with_.sequence_id,
            index=self.with_.first_index,
            lines=quality.lines,
            seed=world.mission.seed,
            frames=quality.frames,
            below_w_m2=float(world.ground_temperature.from_below(vehicle.t)),
        )
