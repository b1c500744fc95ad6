"""The experiment's pictures go through the archive like any instrument's."""

import numpy as np
import pytest

from farside import archive, instruments
from farside.errors import DamagedFile
from farside.geometry import utc_to_t
from farside.instruments.biosphere import KIND
from farside.payload.biosphere import observe
from farside.products.biosphere import balanced

T = utc_to_t("2019-01-06T00:00:00Z")


@pytest.fixture(scope="module")
def picture(life):
    return instruments.unpack(KIND.pack(observe(life, T, "b", 12, "0001", 1, binning=4)))


def test_the_house_knows_the_experiment_by_name_by_record_and_by_file_name():
    assert instruments.kind("biosphere") is KIND
    assert instruments.kind_of_id("bio") is KIND


def test_level_1_comes_back_with_its_counts_and_header(picture, tmp_path):
    back = archive.read(archive.write(picture, tmp_path))
    np.testing.assert_array_equal(back["dn"], picture["dn"])
    assert back["dn"].dtype == np.uint16
    for name, value in picture.attrs.items():
        assert back.attrs[name] == ("1" if name == "level" else value)


def test_level_2_comes_back_with_what_its_label_says(picture, tmp_path):
    made = balanced(archive.read(archive.write(picture, tmp_path)))
    label = archive.write(made, tmp_path)
    assert label.name == "CE4_GRAS_BIO-B-0012_SCI_N_20190106000000_20190106000000_0001_A.2CL"
    back = archive.read(label)
    np.testing.assert_array_equal(back["dn"], made["dn"])
    for name in ("camera", "index", "sequence_id", "level", "product_id", "start_utc", "stop_utc", "binning", "acali"):
        assert back.attrs[name] == made.attrs[name], name
    assert back.attrs["exposure_ms"] == pytest.approx(made.attrs["exposure_ms"], rel=1e-5)


def test_a_cut_or_missing_data_file_is_named(picture, tmp_path):
    label = archive.write(balanced(archive.read(archive.write(picture, tmp_path))), tmp_path)
    data = label.with_suffix(".2C")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(DamagedFile, match="its label says"):
        archive.read(label)
    data.unlink()
    with pytest.raises(DamagedFile, match="missing"):
        archive.read(label)


def test_pictures_are_found_among_other_products(picture, tmp_path):
    label = archive.write(picture, tmp_path)
    assert archive.labels(tmp_path) == [label]
