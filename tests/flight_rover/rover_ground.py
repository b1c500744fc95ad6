"""Ground, site and times that the rover's tests share."""

import numpy as np

from farside.flight import rest_pose
from farside.flight.rover import Travel, drive, roll_off
from farside.geometry import Site, utc_to_t

SITE = Site(-45.4446, 177.5991, -5935.0)
COMMANDED = utc_to_t("2019-01-03T07:07:00Z")
LEGS = (
    ("2019-01-03T15:00:00Z", [(0.0, 10.0)]),
    ("2019-01-11T00:30:00Z", [(6.0, 13.0), (9.0, 20.0)]),
    ("2019-01-11T12:30:00Z", [(-5.0, 30.0)]),
)


def smooth(x, y):
    """Smooth ground: waves of metres, centimetres high, on a slope of one degree."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    return 0.05 * np.sin(x / 3.0) + 0.04 * np.cos(y / 2.3 + x / 5.0) + 0.02 * x


def travelled(seed: int) -> Travel:
    """Roll-off and three drives under a seed."""
    travel = Travel(roll_off(rest_pose(smooth, 0.0, 0.0, 0.0), smooth, COMMANDED))
    for utc, points in LEGS:
        here = travel.end
        route = np.array([(here.x, here.y), *points])
        travel = travel.after(drive(route, here, utc_to_t(utc), smooth, seed, utc))
    return travel
