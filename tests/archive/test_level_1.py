"""Level 1: counts under a label that PDS4 accepts."""

import numpy as np
import pds4_tools
import pytest

from farside import archive
from farside.archive.dictionary import ACQUISITION
from farside.errors import DamagedFile


@pytest.mark.parametrize("name", ["lcam", "tcam"])
def test_label_is_valid_pds4(name, raw_frame, complaints, tmp_path):
    assert complaints(archive.write(raw_frame(name), tmp_path)) == []


@pytest.mark.parametrize("name", ["lcam", "tcam"])
def test_counts_and_every_attribute_come_back(name, raw_frame, tmp_path):
    frame = raw_frame(name)
    back = archive.read(archive.write(frame, tmp_path))
    assert np.array_equal(back["dn"], frame["dn"])
    assert back["dn"].dtype == frame["dn"].dtype
    assert back.attrs.pop("product_id").startswith("CE4_GRAS_")
    assert back.attrs == {**frame.attrs, "level": "1"}
    assert set(frame.attrs) <= set(ACQUISITION)


def test_another_reader_sees_the_same_counts(raw_frame, tmp_path):
    frame = raw_frame("tcam")
    structures = pds4_tools.read(str(archive.write(frame, tmp_path)), quiet=True)
    assert np.array_equal(structures[0].data, frame["dn"])


def test_same_frame_same_bytes(raw_frame, tmp_path):
    a, b = (archive.write(raw_frame("tcam"), tmp_path / folder) for folder in "ab")
    assert a.read_bytes() == b.read_bytes()
    assert a.with_suffix(".img").read_bytes() == b.with_suffix(".img").read_bytes()


def test_label_with_a_word_for_a_number_is_damaged(raw_frame, tmp_path):
    label = archive.write(raw_frame("tcam"), tmp_path)
    label.write_text(label.read_text().replace(">6.1<", ">six<"))
    with pytest.raises(DamagedFile, match="exposure_ms"):
        archive.read(label)
