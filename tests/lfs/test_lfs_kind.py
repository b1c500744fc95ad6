"""The spectrometer in the archive: found by its name, its records and spectra written and read as any other's."""

import numpy as np
import pytest

from farside import archive
from farside.errors import BadInput, DamagedFile
from farside.instruments import kind, kind_of_id, lfs, unpack
from farside.products import lfs as products
from farside.run.panoramas import panoramas


def test_spectrometer_is_found_by_name_and_by_the_archives_word():
    assert kind("lfs") is lfs.KIND
    assert kind_of_id("LFRS") is lfs.KIND


def test_record_goes_through_level_1_bit_for_bit(session, tmp_path):
    raw = unpack(lfs.pack(session[1]))
    assert archive.read(archive.write(raw, tmp_path)).identical(raw.assign_attrs(level="1"))


def test_spectra_are_no_frames_of_a_panorama(level2, tmp_path):
    archive.write(level2, tmp_path / "archive")
    with pytest.raises(BadInput, match="frames of level 2 with their pointing"):
        panoramas([tmp_path / "archive"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_spectra_go_through_level_2c_byte_for_byte(level2, tmp_path):
    label = archive.write(level2, tmp_path)
    back = archive.read(label)
    assert label.suffix == ".2CL"
    for name in level2.data_vars:
        assert np.array_equal(back[name], level2[name], equal_nan=True), name
    assert archive.write(back, tmp_path / "again").read_bytes() == label.read_bytes()


def test_product_is_the_same_from_the_file_as_from_memory(level2, product, tmp_path):
    found = products.dynamic_spectrum(archive.read(archive.write(level2, tmp_path)))
    assert found.attrs["drift_exponent"] == pytest.approx(product.attrs["drift_exponent"], abs=1e-6)


def test_label_describes_every_octet_of_a_record(level2):
    label = {e.tag: e for e in lfs.KIND.encode(level2).elements}
    record = label["File_Area_Observational"].find("Table_Binary", "Record_Binary")
    at = 1
    for part in record.children()[3:]:
        prefix = "group" if part.tag.startswith("Group") else "field"
        assert int(part.text(f"{prefix}_location")) == at
        at += int(part.text(f"{prefix}_length"))
    assert at - 1 == int(record.text("record_length")) == lfs.RECORD.itemsize


def test_spectra_without_a_band_have_no_label(level2, tmp_path):
    bare = level2.assign_attrs({})
    del bare.attrs["bands"]
    with pytest.raises(BadInput, match="bands: None; expected spectra with everything"):
        archive.write(bare, tmp_path)


def test_unit_of_the_band_may_stand_beside_it(level2, tmp_path):
    label = archive.write(level2, tmp_path)
    label.write_text(label.read_text().replace("<bands>0-50 MHz<", '<bands unit="MHz">0-50<'))
    assert archive.read(label).attrs["bands"] == "0-50 MHz"


@pytest.mark.parametrize(("old", "new", "why"), [
    ("0-50 MHz", "red", "bands 'red'"),
    ("<file_name>CE4_GRAS_LFRS", "<file_name>CE4_GRAS_", "not a product of the archive"),
    ("<file_name>CE4_GRAS_LFRS-TR", "<file_name>CE4_GRAS_LFRS-MO", "cannot be read: No such file"),
])  # fmt: skip
def test_damaged_label_is_named(level2, tmp_path, old, new, why):
    label = archive.write(level2, tmp_path)
    label.write_text(label.read_text().replace(old, new))
    with pytest.raises(DamagedFile, match=why):
        archive.read(label)


@pytest.mark.parametrize(("bands", "band"), [("0-50 MHz", "high"), ("1-40 MHz", "high"), ("0.1-2 MHz", "low")])
def test_band_is_the_instruments_own_next_to_the_labels(level2, tmp_path, bands, band):
    assert archive.read(archive.write(level2.assign_attrs(bands=bands), tmp_path)).attrs["band"] == band
