"""Counts of a panorama's frames become light, whatever number of bits they have."""

import numpy as np
import painted_world as world
import pytest

from farside.products import calibrate, panorama
from farside.products.panorama.blend import UNKNOWN


@pytest.mark.parametrize(("bits", "kind", "counts"), [(8, np.uint8, 200), (10, np.uint16, 800), (12, np.uint16, 3200)])
def test_light_and_its_end_go_with_the_bits_of_the_label(bits, kind, counts):
    frame = calibrate(world.raw_frame(20), world.LANDER)
    dn = np.full(frame["dn"].shape, counts, kind)
    dn[60:90, 80:120] = 2**bits - 1
    mosaic = panorama([frame.copy(data={"dn": dn}).assign_attrs(bits=bits)])
    value = mosaic["image"].to_numpy()[..., 1] * mosaic["image"].scale
    told = counts * frame.attrs["acali"][1] / frame.attrs["exposure_ms"]
    unknown = mosaic["sigma"].to_numpy()[..., 1] == UNKNOWN
    seen = mosaic["weight"].to_numpy() > 0
    assert np.median(value[seen & ~unknown]) == pytest.approx(told, rel=1e-3)
    assert 30 * 40 <= np.count_nonzero(unknown & seen) < 1.3 * 30 * 40
