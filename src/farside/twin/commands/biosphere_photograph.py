"""``biosphere.photograph``: one of the sealed experiment's cameras takes a picture at a fixed interval."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from farside.geometry import Site
from farside.instruments.biosphere import camera, pack
from farside.payload.biosphere import Life, Plan, observe
from farside.twin.commands.order import Order
from farside.twin.part import Interval, Part, moment
from farside.twin.shot import Shot
from farside.twin.when import When

if TYPE_CHECKING:
    from farside.twin.lander import Lander
    from farside.twin.quality import Quality as FlightQuality


class Quality(Part):
    """Every how-manieth of the commanded pictures is taken, and their binning."""

    every: int = Field(ge=1)
    binning: Literal[1, 2]


class Arguments(Part):
    """Which observing sequence, which camera ("a": the seed bed, "b": the silkworms), how long and how often."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    camera: Literal["a", "b"]
    until: str
    every_s: Interval
    _moments = field_validator("until")(moment)


@dataclass(frozen=True)
class Snapshot:
    """Everything a picture depends on. plan: what had been commanded of the experiment at ``t``."""

    t: float
    index: int
    sequence_id: str
    camera: str
    binning: int
    site: Site
    plan: Plan
    seed: int
    instrument: str = "biosphere"


class BiospherePhotograph(Order):
    """Pictures from the command's time until ``until``, as many of them as the flight's quality takes."""

    do: Literal["biosphere.photograph"]
    with_: Arguments = Field(alias="with")

    @model_validator(mode="after")
    def _countable(self) -> Self:
        top = 10 ** camera().index_digits
        if When.parse(self.at).event != When.parse(self.with_.until).event or not 0 < self.commanded() <= top:
            raise ValueError(f"an until later than at, both UTC or both after one event, with 1 to {top} pictures")
        return self

    def commanded(self) -> int:
        """How many pictures there would be at the best quality."""
        span = When.parse(self.with_.until).offset_s - When.parse(self.at).offset_s
        return ceil(span / self.with_.every_s - 1e-6)  # times are floats: a whole number of intervals is just that

    def records(self, quality: FlightQuality) -> int:
        """One a picture."""
        return ceil(self.commanded() / quality.biosphere.every)

    def refusal(self, vehicle: Lander) -> str | None:
        """Cameras need power."""
        return vehicle.canister.silence()

    def run(self, vehicle: Lander) -> Generator[Any, Any, None]:
        """Take picture after picture while there is power; each shows what was commanded until then."""
        a, start, quality, canister = self.with_, vehicle.t, vehicle.quality.biosphere, vehicle.canister
        for index in range(0, self.commanded(), quality.every):
            yield vehicle.wait(start + index * a.every_s - vehicle.t)
            if (why := canister.silence()) is not None:
                vehicle.refuse(self, why)
                return
            view = Snapshot(
                t=vehicle.t,
                index=index,
                sequence_id=a.sequence_id,
                camera=a.camera,
                binning=quality.binning,
                site=canister.site,
                plan=canister.powered,
                seed=canister.seed,
            )
            yield from vehicle.carry_out([Shot(view, partial(_record, view, canister.life), view.t)])


def _record(view: Snapshot, life: Life) -> bytes:
    return pack(observe(life, view.t, view.camera, view.index, view.sequence_id, view.seed, view.binning))
