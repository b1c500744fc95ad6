"""A small rough ground of three levels, and views of it."""

from dataclasses import dataclass, replace

import numpy as np

from farside.geometry import Pose, utc_to_t
from farside.instruments import camera_pose
from farside.payload import View


@dataclass(frozen=True)
class Grids:
    """Nested height grids, finest first."""

    heights: list
    posts_m: list
    albedo: list


def nested(height, cells=64, levels=3, finest_m=0.1):
    """Grids of height(x, y) whose finer borders lie on the coarser triangles, as the relief's do."""
    posts = [finest_m * 2**k for k in range(levels)]
    grids = []
    for post in posts:
        axis = (np.arange(cells + 1) - cells / 2) * post
        grids.append(height(*np.meshgrid(axis, axis)).astype(np.float32))
    for fine, coarse in zip(grids[-2::-1], grids[:0:-1], strict=True):
        quarter = coarse[cells // 4 : 3 * cells // 4 + 1, cells // 4 : 3 * cells // 4 + 1]
        k = np.arange(cells + 1)
        for edge in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
            line = quarter[edge]
            fine[edge] = (line[k // 2] + line[(k + 1) // 2]) / 2
    return Grids(grids, posts, [np.ones_like(g) for g in grids])


def bumps(x, y):
    """Hills of half a metre and pebbly roughness, the same for every resolution."""
    rough = np.sin(7.3 * x + 1.0) * np.sin(6.1 * y) * 0.03 + np.sin(23.0 * x) * np.sin(19.0 * y + 2.0) * 0.01
    return 0.3 * np.sin(0.9 * x) * np.cos(0.7 * y + 0.5) + rough


def flat(x, y):
    return np.zeros_like(x)


def sun_at(azimuth_deg, elevation_deg):
    """Unit vector to the Sun, east north up; azimuth clockwise from north."""
    a, e = np.radians([azimuth_deg, elevation_deg])
    return (float(np.sin(a) * np.cos(e)), float(np.cos(a) * np.cos(e)), float(np.sin(e)))


TOUCHDOWN_SUN = sun_at(50.7, 31.5)
LEVEL = Pose.of(np.zeros(3), np.eye(3))
VIEW = View(
    instrument="tcam",
    t=utc_to_t("2019-01-06T03:34:01.000Z"),
    start_utc="2019-01-06T03:34:01.000Z",
    index=2,
    sequence_id="0004",
    binning=16,
    lander=LEVEL,
    rover=None,
    mast_deg=(0.0, -15.0),
    mast_error_deg=(0.0, 0.0, 0.0),
    sun=TOUCHDOWN_SUN,
    sun_distance_au=0.9833,
    temperature_c=20.0,
    seed=11,
)


def looking(**changes):
    return replace(VIEW, **changes)


def nadir(height, **changes):
    """The landing camera this high over the origin, looking straight down."""
    centre = camera_pose("lcam")[1]
    pose = Pose.of(np.array([0.0, 0.0, height]) - centre, np.eye(3))
    return replace(VIEW, instrument="lcam", mast_deg=None, lander=pose, binning=8, **changes)
