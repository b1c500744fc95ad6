"""Scientific values of a frame."""

import json

import numpy as np
import pytest
import rasterio
import tifffile

from farside.instruments import load, observation
from farside.products import write_light
from farside.products.light_tiff import BURNT


def pcam_frame(light, exposure_ms=4.0, lines=32, samples=40):
    """A level-2B frame of even light in its three bands, acali DN / ms."""
    acali = np.array(load("pcaml").acali)
    share = np.asarray(light) * exposure_ms / acali
    dn = np.full((lines, samples), share[1])
    dn[::2, ::2], dn[1::2, 1::2] = share[0], share[2]
    return observation(
        np.rint(dn * 1023).clip(0, 1023).astype(np.uint16), instrument="pcaml", mode="C", bits=10, bayer="RGGB",
        acali=acali.tolist(), exposure_ms=exposure_ms, product_id="CE4_GRAS_PCAML-C-006", level="2B",
        start_utc="2019-01-11T03:40:36.000Z", provenance="{}",
    )  # fmt: skip


def values(path):
    """Pixels times the scale that the file itself tells."""
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[0]
        told = json.loads(page.description)
        assert page.dtype == np.uint16
        assert page.compression == 1
        return page.asarray() * told["scale"], told


def test_values_times_scale_are_the_light(tmp_path):
    light = [0.012, 0.011, 0.009]
    found, told = values(write_light(pcam_frame(light), tmp_path / "a.tif"))
    one_dn = max(load("pcaml").acali) / 4.0 / 1023
    assert found == pytest.approx(np.broadcast_to(light, found.shape), abs=one_dn)
    assert told["units"].startswith("acali DN / ms")
    assert told["bands_nm"] == [620.0, 545.0, 460.0]


def test_exposure_does_not_show_in_the_light(tmp_path):
    light = [0.012, 0.011, 0.009]
    both = [values(write_light(pcam_frame(light, ms), tmp_path / f"{ms}.tif"))[0].mean() for ms in (2.0, 6.0)]
    assert both[0] == pytest.approx(both[1], rel=0.005)


def test_other_programs_find_scale_and_unit(tmp_path):
    path = write_light(pcam_frame([0.012, 0.011, 0.009]), tmp_path / "a.tif")
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(path) as file:
        assert file.scales == pytest.approx([values(path)[1]["scale"]] * 3)
        assert file.units[0].startswith("acali DN / ms")


def test_saturation_is_marked_and_nothing_else_is(tmp_path):
    frame = pcam_frame([0.012, 0.011, 0.009])
    frame["dn"][10, 20] = 1023
    with tifffile.TiffFile(write_light(frame, tmp_path / "a.tif")) as tiff:
        marked = (tiff.asarray() == BURNT).all(axis=2)
    assert marked[10, 20]
    assert 13 <= marked.sum() <= 25


def test_the_file_is_the_same_each_time(tmp_path):
    frame = pcam_frame([0.012, 0.011, 0.009])
    first, again = (write_light(frame, tmp_path / name).read_bytes() for name in ("a.tif", "b.tif"))
    assert first == again
