"""The radar's files through the house's own doors: level 1, level 2, and the real products."""

import numpy as np
import pytest

from farside import archive
from farside.errors import DamagedFile
from farside.instruments import kind, kind_of_id, product_id, unpack
from farside.instruments.lpr import KIND
from farside.products.lpr import calibrate

REAL = ("CE4_GRAS_LPR-1_SCI_N_20231216075001_20231217065500_0316_A", "ce4_lpr2b_seq0316_first_record")


def test_house_knows_the_radar_by_name_and_by_the_archives_word():
    assert kind("lpr") is kind_of_id("LPR") is KIND


def test_level_1_comes_back_as_it_was_received(draft, tmp_path):
    received = unpack(KIND.pack(draft))
    assert product_id(received.attrs) == draft.attrs["product_id"]
    got = archive.read(archive.write(received, tmp_path))
    assert got.drop_attrs().identical(draft.drop_attrs())
    assert got.attrs == {**draft.attrs, "level": "1"}


def test_level_2_is_the_real_layout_and_comes_back_as_it_was_written(draft, tmp_path):
    level2 = calibrate(draft)
    label = archive.write(level2, tmp_path)
    assert label.name == f"{level2.attrs['product_id']}.2BL"
    got = archive.read(label)
    for name in ("dn", "position", "attitude", "count", "clock_ms"):
        np.testing.assert_array_equal(got[name], level2[name])
    assert got.attrs["sequence_id"] == "0001"


@pytest.mark.parametrize("name", REAL)
def test_real_product_is_read_and_written_again_byte_for_byte(real, tmp_path, name):
    got = archive.read(real / f"{name}.2BL")
    assert got.attrs["instrument"] == "lpr"
    assert got.attrs["product_id"] == name
    archive.write(got, tmp_path)
    assert (tmp_path / f"{name}.2B").read_bytes() == (real / f"{name}.2B").read_bytes()


def test_label_without_its_data_is_named(real, tmp_path):
    label = tmp_path / f"{REAL[1]}.2BL"
    label.write_bytes((real / label.name).read_bytes())
    with pytest.raises(DamagedFile, match="cannot be read"):
        archive.read(label)
    label.with_suffix(".2B").touch()
    with pytest.raises(DamagedFile, match="cannot be read"):
        archive.read(label)
