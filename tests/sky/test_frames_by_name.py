"""The rotation between any two named frames."""

import subprocess
import sys

import numpy as np
import pytest
import spiceypy

from farside import sky
from farside.errors import BadInput
from farside.geometry import PA_TO_ME_DE421, Site, utc_to_t

TIMES = np.linspace(utc_to_t("2018-01-01"), utc_to_t("2026-01-01"), 40)
PLACE, ROVER = Site(-45.4446, 177.5991, -5935.0), Site(-45.44, 177.58, -5930.0)
EVERY = ["ICRF", "MOON_ME", "MOON_PA", "IAU_MOON", "ITRF93", PLACE.enu, PLACE.ned, ROVER.ned]


@pytest.mark.parametrize("source", EVERY, ids=str)
def test_any_two_frames_are_rotations_that_undo_each_other(source):
    for target in EVERY:
        there = sky.rotation(source, target, TIMES)
        assert there.shape == (len(TIMES), 3, 3)
        np.testing.assert_allclose(np.linalg.det(there), 1.0, atol=1e-13)
        np.testing.assert_allclose(
            there @ sky.rotation(target, source, TIMES), np.tile(np.eye(3), (40, 1, 1)), atol=1e-14
        )
        through = sky.rotation("ICRF", target, TIMES) @ sky.rotation(source, "ICRF", TIMES)
        np.testing.assert_allclose(there, through, atol=1e-14)
        np.testing.assert_allclose(sky.rotation(source, target, TIMES[3]), there[3], atol=1e-15)


@pytest.mark.parametrize(
    ("source", "target"), [("J2000", "MOON_ME"), ("MOON_ME", "MOON_PA"), ("MOON_ME", "ITRF93"), ("ITRF93", "MOON_PA")]
)
def test_frames_turn_as_in_spice(spice, source, target):
    oracle = np.array([spiceypy.pxform(source, target, t) for t in TIMES])
    ours = sky.rotation("ICRF" if source == "J2000" else source, target, TIMES)
    np.testing.assert_allclose(ours, oracle, rtol=0, atol=2e-12)


def test_frames_that_stand_still_in_the_moon_need_no_time():
    np.testing.assert_allclose(sky.rotation("MOON_PA", "MOON_ME"), PA_TO_ME_DE421, atol=1e-16)
    np.testing.assert_allclose(sky.rotation("MOON_ME", PLACE.enu) @ PLACE.up, [0, 0, 1], atol=1e-15)
    north_east_down = sky.rotation(PLACE.enu, PLACE.ned)
    np.testing.assert_allclose(north_east_down @ [1.0, 2.0, 3.0], [2.0, 1.0, -3.0], atol=1e-15)
    with pytest.raises(BadInput, match="times, because ICRF and MOON_ME turn against each other"):
        sky.rotation("ICRF", "MOON_ME")


def test_sun_comes_out_the_same_through_frames_and_through_the_site():
    sun = np.einsum("nij,nj->ni", sky.rotation("ICRF", PLACE.enu, TIMES), sky.position("sun", TIMES))
    sun -= sky.rotation("MOON_ME", PLACE.enu) @ PLACE.position_m * 1e-3
    direct = sky.sun_direction(PLACE, TIMES, apparent=False)
    np.testing.assert_allclose(sun / np.linalg.norm(sun, axis=1)[:, None], direct, rtol=0, atol=1e-12)


def test_names_that_are_no_frames_are_named_with_all_that_are():
    with pytest.raises(BadInput, match="'MOON_ME_DE421'; expected one of ICRF, MOON_ME, MOON_PA, IAU_MOON, ITRF93"):
        sky.rotation("ICRF", "MOON_ME_DE421", TIMES)
    with pytest.raises(BadInput, match=r"a level frame with its site: site.enu \(SITE_ENU\)"):
        sky.rotation("SITE_ENU", "ICRF", TIMES)


OFFLINE = """
import socket, sys
def refuse(*a, **k): raise OSError("no network")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from farside import sky
from farside.geometry import Site, utc_to_t
t = utc_to_t(["2019-01-03", "2030-01-01"])
site = Site(-45.4446, 177.5991)
sky.sun_direction(site, t), sky.earth_rotation(t), sky.moon_fixed("earth", t, "IAU_MOON")
sky.station_elevation(sky.body_motion("moon"), 46.0, 130.0, 0.0, t), sky.earth_orientation_error(t)
print([m for m in ("astropy", "lunarsky", "astropy_iers_data", "skyfield", "spiceypy") if m in sys.modules])
"""


def test_the_sky_needs_no_network_and_imports_none_of_the_packages_that_fetch():
    ran = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
