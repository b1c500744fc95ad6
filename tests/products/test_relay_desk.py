"""The relay reports where it is, and its desk knows how high it stands."""

import numpy as np
import pytest

from farside.flight import relay_elevation, solve_halo
from farside.geometry import Site, utc_to_t
from farside.instruments.relay_hk import pack_packet, unpack_packets
from farside.products.relay import RelayDesk
from farside.products.relay.desk import elevation_deg
from farside.work import Pool

SITE = Site(-45.4446, 177.5991)
T = utc_to_t("2018-12-25T00:00:00Z") + 1800.0 * np.arange(200)


@pytest.fixture(scope="module")
def orbit():
    return solve_halo("2018-12-20T00:00:00Z", 2, 13000.0)


@pytest.fixture(scope="module")
def columns(orbit):
    packets = [
        pack_packet(t, p, v * 1e3, n)
        for n, (t, p, v) in enumerate(zip(T, orbit.position(T), orbit.velocity(T), strict=True))
    ]
    return unpack_packets(b"".join(packets))


def test_a_state_comes_back_as_it_was_sent(orbit, columns):
    np.testing.assert_array_equal(columns["position_km"], orbit.position(T))
    np.testing.assert_array_equal(columns["count"], np.arange(200))
    assert np.abs(columns["t"] - T).max() < 2.0**-16


def test_elevation_from_telemetry_is_that_of_the_orbit(orbit, columns):
    true = np.degrees(relay_elevation(orbit, SITE)(columns["t"]))
    assert np.abs(elevation_deg(columns, SITE) - true).max() < 1e-4


@pytest.mark.parametrize("site", [SITE, None])
def test_the_desk_reports_with_or_without_a_place(tmp_path, columns, site):
    from farside.products import Bench

    with Pool(1) as pool:
        report = RelayDesk(Bench(tmp_path, tmp_path, tmp_path, site, pool, {"relay": columns}.get)).finish()
    assert len(report.curves) == (2 if site else 1)
    assert "km" in report.findings[0].value
