"""Rings of pointings, as both mast cameras shoot them: yaws at each pitch, in bursts with pauses between."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from farside.twin.part import Part


class Yaws(Part):
    """An arithmetic series of mast yaws, degrees."""

    start: float = Field(ge=-180, le=180)
    step: float = Field(ge=-360, le=360)
    count: int = Field(gt=0, le=360)


Burst = tuple[Annotated[float, Field(ge=0)], Annotated[int, Field(gt=0)]]
"""Seconds from the command to the first pointing, and how many pointings follow one another."""


class Rings(Part):
    """Which observing sequence; rings (pitches) and the yaws in each; the bursts they are shot in."""

    sequence_id: str = Field(pattern=r"^\d{4}$")
    first_index: int = Field(ge=0, lt=1000)
    pitches_deg: tuple[Annotated[float, Field(ge=-90, le=90)], ...] = Field(min_length=1)
    yaws_deg: Yaws
    bursts: tuple[Burst, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _bursts_hold_every_pointing(self) -> Rings:
        shot, pointings = sum(count for _, count in self.bursts), len(self.pointings())
        if shot != pointings:
            raise ValueError(f"bursts of {pointings} pointings in all, {len(self.pitches_deg)} rings of "
                             f"{self.yaws_deg.count}, got {shot}")  # fmt: skip
        return self

    @model_validator(mode="after")
    def _within_the_masts_reach(self) -> Rings:
        farthest = max((yaw for yaw, _ in self.pointings()), key=abs)
        if abs(farthest) > 360.0:
            raise ValueError(f"yaws from -360 to 360, got {farthest:g}")
        return self

    def pointings(self) -> list[tuple[float, float]]:
        """Mast (yaw, pitch) in the order they are shot, degrees."""
        yaws = self.yaws_deg
        return [(round(yaws.start + k * yaws.step, 6), pitch) for pitch in self.pitches_deg for k in range(yaws.count)]

    def starts(self, every_s: float) -> list[float]:
        """Seconds from the command to each pointing, those of a burst ``every_s`` apart."""
        return [start + k * every_s for start, count in self.bursts for k in range(count)]
