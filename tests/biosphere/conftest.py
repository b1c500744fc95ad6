"""One experiment, its telemetry and its pictures, shared by the room's tests."""

import numpy as np
import pytest

from farside.geometry import Site, utc_to_t
from farside.instruments.biosphere import pack, unpack, unpack_packets
from farside.payload.biosphere import Plan, live, observe, report

SITE = Site(-45.4446, 177.5991, -5935.0)
SEED = 20190103
ON, OFF = utc_to_t("2019-01-03T15:18:00Z"), utc_to_t("2019-01-12T12:00:00Z")
PLAN = Plan(ON, OFF, utc_to_t("2019-01-03T16:00:00Z"))
EVERY_S = 9000.0


def photograph(life, until, seed=SEED, binning=2):
    """Pictures of the bed as they arrive, lossily compressed on board."""
    times = np.arange(life.t[0] + 60.0, until, EVERY_S)
    return [unpack(pack(observe(life, t, "a", k, "0001", seed, binning))) for k, t in enumerate(times)]


@pytest.fixture(scope="session")
def life():
    """From power-on to three days after power-off."""
    return live(SITE, PLAN, OFF + 3 * 86400.0, SEED)


@pytest.fixture(scope="session")
def telemetry(life):
    times = np.arange(ON, OFF, 600.0)
    return unpack_packets(b"".join(report(life, t, SEED, k) for k, t in enumerate(times)))


@pytest.fixture(scope="session")
def frames(life):
    return photograph(life, life.first_sprout_t + 86400.0)
