"""Views: what no camera can have is refused before a kernel sees it."""

import numpy as np
import pytest
from small_ground import looking, nadir

from farside.errors import BadInput
from farside.geometry import Pose
from farside.payload import Scene, radiance

NOWHERE = Pose.of(np.array([0.0, 0.0, np.nan]), np.eye(3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("instrument", "toaster"),
        ("sun", (np.nan, 0.0, 1.0)),
        ("sun", (0.0, 0.0, 0.0)),
        ("sun", (0.0, 0.0, 2.0)),
        ("sun_distance_au", 0.0),
        ("binning", 0),
        ("binning", 2.5),
        ("binning", 4000),
        ("lander", NOWHERE),
        ("rover", NOWHERE),
        ("motion", (np.nan,) * 6),
        ("exposure_ms", -1.0),
        ("exposure_ms", np.nan),
        ("temperature_c", -300.0),
        ("joints", (("relay.dish", 0.1),)),
    ],
)
def test_what_no_view_can_have_is_named(field, value):
    with pytest.raises(BadInput, match=field):
        looking(**{field: value})


@pytest.mark.filterwarnings("error")
def test_a_sun_in_the_zenith_may_be_rounded_up(plain):
    pixels = [radiance(Scene.of(plain, {}), nadir(12.0, sun=(0.0, 0.0, z))) for z in (1.0, np.nextafter(1.0, 2.0))]
    np.testing.assert_allclose(*pixels, rtol=1e-6)


@pytest.mark.parametrize("mast", [(360.0, -90.0), (-360.0, 90.0)])
def test_a_mast_may_miss_the_farthest_that_it_can_be_told(landed, mast):
    """Its error takes it a little beyond."""
    yaw, pitch = np.sign(mast)
    assert np.isfinite(radiance(landed, looking(mast_deg=mast, mast_error_deg=(yaw, pitch, 0.0), binning=64))).all()
