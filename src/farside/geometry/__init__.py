"""Time scales, frames, rotations, camera projection models and map projections."""

from farside.geometry.camera import Pinhole, euler_to_rotation, rotation_to_euler
from farside.geometry.displacement import Displacement
from farside.geometry.frames import ICRF_TO_ECLIPJ2000, PA_TO_ME_DE421, euler_313, r1, r2, r3
from farside.geometry.illumination import relative_illumination
from farside.geometry.kernels import kernel_path
from farside.geometry.lens import BrownConrady, KannalaBrandt, LensCamera
from farside.geometry.maps import Cylinder, Equirectangular, Overhead, PanoramaMap, azel, direction
from farside.geometry.pose import Pose
from farside.geometry.projection import Azimuthal, Cylindrical
from farside.geometry.site import LEVEL_FRAMES, MOON_RADIUS_M, LevelFrame, Site, site_at
from farside.geometry.time import t_to_tai, t_to_tt, t_to_utc, tai_to_t, time_text, utc_to_t

__all__ = [
    "ICRF_TO_ECLIPJ2000",
    "LEVEL_FRAMES",
    "MOON_RADIUS_M",
    "PA_TO_ME_DE421",
    "Azimuthal",
    "BrownConrady",
    "Cylinder",
    "Cylindrical",
    "Displacement",
    "Equirectangular",
    "KannalaBrandt",
    "LensCamera",
    "LevelFrame",
    "Overhead",
    "PanoramaMap",
    "Pinhole",
    "Pose",
    "Site",
    "azel",
    "direction",
    "euler_313",
    "euler_to_rotation",
    "kernel_path",
    "r1",
    "r2",
    "r3",
    "relative_illumination",
    "rotation_to_euler",
    "site_at",
    "t_to_tai",
    "t_to_tt",
    "t_to_utc",
    "tai_to_t",
    "time_text",
    "utc_to_t",
]
