"""One exposure as commanded and as it truly is: everything a frame depends on besides the scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from farside.errors import BadInput
from farside.geometry import Pose
from farside.instruments import CAMERAS, Instrument, camera_pose, load

HOTTEST_C = 200.0
"""No detector is warmer; assumed."""


@dataclass(frozen=True)
class View:
    """A camera somewhere at some time.

    instrument: one of CAMERAS. t: TDB seconds past J2000 of the exposure's start, start_utc the same in UTC. index,
    sequence_id, binning: as in the label. lander, rover: lander and rover frame in the site frame (rover None: not in
    the scene). mast_deg: commanded yaw and pitch (mast cameras), mast_error_deg: yaw, pitch and roll by which the mast
    truly misses them. sun: (3,) unit vector to the apparent Sun, east north up. sun_distance_au. temperature_c of the
    detector. seed: of the mission; noise derives from it, the instrument and the frame. joints: name ("rover.wheel-lf")
    and value (radians or metres) of each joint that is not at rest. motion: velocity of the camera in m/s and its
    turning rate in rad/s, both in the site frame. exposure_ms: commanded, None where the camera meters. light: what
    falls on the detector: "scene", "chart" (the scene, for the colour chart in it), "dark" (nothing) or "flat" (an even
    source). mode: the camera's, empty for its own.

    Raises BadInput for what no view can have.
    """

    instrument: str
    t: float
    start_utc: str
    index: int
    sequence_id: str
    binning: int
    lander: Pose
    rover: Pose | None
    mast_deg: tuple[float, float] | None
    mast_error_deg: tuple[float, float, float]
    sun: tuple[float, float, float]
    sun_distance_au: float
    temperature_c: float
    seed: int
    joints: tuple[tuple[str, float], ...] = ()
    motion: tuple[float, float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    exposure_ms: float | None = None
    light: str = "scene"
    mode: str = ""

    def __post_init__(self) -> None:
        """Refuse what the kernels, which trust their numbers, cannot stand."""
        if self.instrument not in CAMERAS:
            raise BadInput("view", "instrument", self.instrument, f"one of {', '.join(CAMERAS)}")
        detector = load(self.instrument).detector
        side = min(detector.width, detector.height)
        sound = {
            "sun": (abs(np.linalg.norm(self.sun) - 1.0) < 1e-6, "a unit vector"),
            "sun_distance_au": (0.0 < self.sun_distance_au < np.inf, "a distance above 0"),
            "binning": (self.binning in range(1, side + 1), f"whole pixels, 1 to {side}"),
            "lander": (_finite(self.lander), "a pose of finite numbers"),
            "rover": (_finite(self.rover), "a pose of finite numbers, or None"),
            "motion": (np.isfinite(self.motion).all(), "finite numbers"),
            "exposure_ms": (self.exposure_ms is None or 0.0 < self.exposure_ms < np.inf, "a time above 0, or None"),
            "temperature_c": (-273.15 <= self.temperature_c <= HOTTEST_C, f"-273.15 to {HOTTEST_C:g}"),
            "joints": (all(name.startswith(("lander.", "rover.")) for name, _ in self.joints), "lander's or rover's"),
        }
        for field, (good, expected) in sound.items():
            if not good:
                raise BadInput("view", field, getattr(self, field), expected)

    def numbers(self) -> Instrument:
        """The camera in this view's mode."""
        return load(self.instrument, self.mode)

    def camera(self) -> Pose:
        """True pose of the camera (x right, y up, z backwards) in the site frame.

        Raises BadInput for a rover's camera without the rover, or a mast camera without mast angles.
        """
        vehicle = self.rover if load(self.instrument).on_rover else self.lander
        if vehicle is None:
            raise BadInput("view", "rover", None, "the pose of the rover that carries the camera")
        if not load(self.instrument).on_mast:
            rotation, centre = camera_pose(self.instrument)
            return vehicle @ Pose.of(centre, rotation)
        if self.mast_deg is None:
            raise BadInput("view", "mast_deg", None, "yaw and pitch of the mast, e.g. (-172.0, -30.0)")
        yaw, pitch, roll = self.mast_error_deg
        rotation, centre = camera_pose(self.instrument, (self.mast_deg[0] + yaw, self.mast_deg[1] + pitch))
        c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        return vehicle @ Pose.of(centre, rotation @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]))

    def joint_values(self, vehicle: str) -> dict[str, float]:
        """Joints of a vehicle that are not at rest; the mast of the camera in use is turned as its camera is."""
        values = {name.partition(".")[2]: value for name, value in self.joints if name.partition(".")[0] == vehicle}
        camera = load(self.instrument)
        if self.mast_deg is not None and camera.on_mast and vehicle == ("rover" if camera.on_rover else "lander"):
            yaw, pitch, _ = self.mast_error_deg
            values["mast-yaw"] = float(np.radians(self.mast_deg[0] + yaw))
            values["mast-pitch"] = float(np.radians(self.mast_deg[1] + pitch))
        return values


def _finite(pose: Pose | None) -> bool:
    return pose is None or bool(np.isfinite(pose.p).all() and np.isfinite(pose.r).all())
