"""Sessions of the radio spectrometer at Von Karman."""

from __future__ import annotations

import numpy as np

from farside.geometry import Site, utc_to_t
from farside.instruments import lfs
from farside.payload.lfs import Burst, Listening, observe
from farside.sky import sun_direction, sun_distance_au

SITE = Site(lat_deg=-45.4446, lon_deg=177.5991)
START = utc_to_t("2019-01-05T06:00:00Z")
LEVEL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
BURST = Burst(t=START + 200.0)


def listen(blocks: int = 600, per_record: int = 150, **changes):
    """Records of a session at Von Karman; changes to any field of Listening."""
    common = {
        "sequence_id": "0001", "sun": tuple(sun_direction(SITE, np.array([START]))[0]),
        "sun_distance_au": float(sun_distance_au(START)), "attitude": LEVEL, "seed": 1, "burst": BURST, **changes,
    }  # fmt: skip
    every = lfs.load().block.every_s
    return [
        observe(Listening(t=START + i * every, blocks=min(per_record, blocks - i), index=i // per_record, **common))
        for i in range(0, blocks, per_record)
    ]
