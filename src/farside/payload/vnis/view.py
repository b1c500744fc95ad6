"""When, where and in which light the spectrometer looks."""

from __future__ import annotations

from dataclasses import dataclass

from farside.errors import BadInput
from farside.geometry import Pose


@dataclass(frozen=True)
class VnisView:
    """One measurement.

    t: start, TDB s past J2000. sun: unit vector to the Sun, east north up. pose: rover body (x ahead, y left, z up,
    origin on the ground below its centre) in the site frame. lines: side of the VIS image, a divisor of 256.
    snr: of one frame, instead of the instrument's own. frames: of the target, averaged on board. normal: of the ground
    in the site frame, by default that of the plane the wheels stand on. below_w_m2: heat that
    the ground gets from below. index: of the first of its four records. seed and sequence_id name the relief, and with
    index the noise.
    """

    t: float
    sun: tuple[float, float, float]
    sun_distance_au: float
    pose: Pose
    sequence_id: str
    index: int = 1
    lines: int = 256
    seed: int = 0
    snr: float | None = None
    frames: int = 1
    normal: tuple[float, float, float] | None = None
    below_w_m2: float = 0.0

    def __post_init__(self) -> None:
        if self.lines < 8 or 256 % self.lines:
            raise BadInput("vnis", "lines", self.lines, "a divisor of 256, at least 8")
        if not self.sun[2] > 0.0:
            raise BadInput("vnis", "sun", self.sun, "a Sun above the horizon")
        if self.frames < 1:
            raise BadInput("vnis", "frames", self.frames, "at least 1")
        if self.snr is not None and not self.snr > 0.0:
            raise BadInput("vnis", "snr", self.snr, "a ratio above 0")
