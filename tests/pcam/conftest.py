"""The lander on rough ground, as the rover's two eyes see it from the south-west at the hour of the portraits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from farside.geometry import Pose, Site, t_to_utc, utc_to_t
from farside.instruments import point_at
from farside.payload import Scene, View, observe
from farside.products import calibrate
from farside.sky import sun_direction

LANDER = Site(-45.4446, 177.5991)
START = "2019-01-11T03:40:36.000Z"
MIDDLE_M = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Grids:
    heights: list
    posts_m: list
    albedo: list


def rough(x, y):
    waves = np.sin(7.3 * x + 1) * np.sin(6.1 * y) * 0.012 + np.sin(23 * x) * np.sin(19 * y + 2) * 0.006
    return 0.05 * np.sin(0.5 * x) * np.cos(0.4 * y) + waves + np.sin(51 * x + y) * np.sin(43 * y + 2 * x) * 0.003


@pytest.fixture(scope="session")
def scene():
    grids = []
    for level in range(6):
        axis = (np.arange(257) - 128) * 0.04 * 2**level
        grids.append(rough(*np.meshgrid(axis, axis)).astype(np.float32))
    return Scene.build(Grids(grids, [0.04 * 2**k for k in range(6)], [np.ones_like(g) for g in grids]))


@pytest.fixture(scope="session")
def rover():
    c, s = np.cos(np.radians(17.0)), np.sin(np.radians(17.0))
    return Pose.of(np.array([-4.0, -12.0, float(rough(-4.0, -12.0))]), np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]))


@pytest.fixture(scope="session")
def look(rover):
    """A view of the lander by one eye: ``look("pcaml", aside_deg, above_deg, index, binning)``."""
    yaw, pitch = point_at("pcaml", (MIDDLE_M - rover.p) @ rover.r)

    def view(eye, aside_deg=0.0, above_deg=0.0, index=6, binning=6, error_deg=(0.0, 0.0, 0.0)):
        t = utc_to_t(START) + 80.0 * (index - 6) + (15.0 if eye == "pcaml" else 0.0)
        sun = sun_direction(LANDER, np.array([t]))[0]
        return View(
            instrument=eye, t=t, start_utc=t_to_utc(t), index=index, sequence_id="0002", binning=binning,
            lander=Pose.of(np.zeros(3), np.eye(3)), rover=rover, mast_deg=(yaw + aside_deg, pitch + above_deg),
            mast_error_deg=error_deg, sun=(float(sun[0]), float(sun[1]), float(sun[2])), sun_distance_au=0.9834,
            temperature_c=20.0, seed=3,
        )  # fmt: skip

    return view


@pytest.fixture(scope="session")
def shoot(scene, look):
    """A level-2 frame of the lander, with the arguments of ``look``."""
    return lambda *args, **kwargs: calibrate(observe(scene, look(*args, **kwargs)), LANDER)
