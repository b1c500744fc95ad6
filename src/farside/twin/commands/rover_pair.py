"""``navcam.pair`` and ``hazcam.pair``: both eyes of a camera that the rover drives by, at the same moment."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from farside.twin.commands.eyes import EYES, standing
from farside.twin.commands.order import Order
from farside.twin.part import Part

if TYPE_CHECKING:
    from farside.twin.quality import Quality as FlightQuality
    from farside.twin.rover import Rover


class Quality(Part):
    """Binning of the pictures."""

    binning: int


class HazcamArguments(Part):
    """Which observing sequence."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    first_index: int = Field(ge=0, lt=1000)


class NavcamArguments(HazcamArguments):
    """Where the mast looks; yaw 0 is ahead."""

    yaw_deg: Annotated[float, Field(ge=-180, le=180)] = 0.0
    pitch_deg: Annotated[float, Field(ge=-90, le=90)]


class _Pair(Order):
    """One stereo pair."""

    vehicle: ClassVar[str] = "rover"

    def instruments(self) -> tuple[str, ...]:
        """Both eyes."""
        return EYES[self.do.split(".")[0]]

    def records(self, quality: FlightQuality) -> int:
        """One an eye."""
        return 2

    def refusal(self, vehicle: Rover) -> str | None:
        """The rover must stand on the ground."""
        return standing(vehicle)

    def run(self, vehicle: Rover) -> Generator[Any, Any, None]:
        """Expose both eyes and keep their records for the link."""
        a: Any = self.with_
        mast = (a.yaw_deg, a.pitch_deg) if isinstance(a, NavcamArguments) else None
        eyes = self.instruments()
        yield from vehicle.photograph([vehicle.aim(eye, vehicle.t, a.first_index, a.sequence_id, mast) for eye in eyes])


class NavcamPair(_Pair):
    """A pair of the navigation cameras on the mast."""

    do: Literal["navcam.pair"]
    with_: NavcamArguments = Field(alias="with")


class HazcamPair(_Pair):
    """A pair of the hazard cameras."""

    do: Literal["hazcam.pair"]
    with_: HazcamArguments = Field(alias="with")
