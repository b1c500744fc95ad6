"""The bundle: valid, complete, the same every time."""

import numpy as np
import pytest
import xarray as xr

from farside import archive
from farside.errors import BadInput


def mosaic():
    image = np.arange(6 * 8 * 3, dtype=np.uint16).reshape(6, 8, 3)
    attrs = {
        "title": "panorama", "product_id": "CE4_GRAS_TCAM-I-PANO_SCI_N_20190106033401_20190106051050_0004_A",
        "instrument": "tcam", "start_utc": "2019-01-06T03:34:01.000Z", "stop_utc": "2019-01-06T05:10:50.000Z",
        "scale_deg": 45.0, "provenance": "{}",
    }  # fmt: skip
    layers = {
        "image": (("line", "sample", "band"), image, {"scale": 0.25}),
        "frame": (("line", "sample"), np.arange(-1, 47, dtype=np.int16).reshape(6, 8), {}),
        "weight": (("line", "sample"), np.arange(48, dtype=np.uint8).reshape(6, 8), {}),
    }
    return xr.Dataset(layers, attrs=attrs)


@pytest.fixture
def bundle(raw_frame, tmp_path):
    for name, index in (("lcam", 0), ("lcam", 1), ("tcam", 2)):
        archive.write(raw_frame(name, index), tmp_path / archive.RAW / name)
    archive.write_layers(mosaic(), tmp_path / archive.DERIVED)
    return archive.write_bundle(tmp_path, "A flight").parent


def test_every_label_of_a_bundle_is_valid_pds4(bundle, complaints):
    labels = sorted(bundle.rglob("*.xml"))
    assert len(labels) == 9
    assert {p.name: complaints(p) for p in labels} == {p.name: [] for p in labels}


def test_schematron_has_nothing_to_say_against_a_bundle(bundle, rules):
    said = {p.name: rules(p) for p in sorted(bundle.rglob("*.xml"))}
    assert {name: messages for name, messages in said.items() if messages} == {}


def test_schematron_does_speak_up(bundle, rules):
    label = bundle / "bundle.xml"
    label.write_text(label.read_text().replace(">Mission<", ">Excursion<"))
    assert len(rules(label)) == 1


def test_inventories_list_every_product_once(bundle):
    lines = (bundle / "data_raw/collection_data_raw.csv").read_bytes().decode().split("\r\n")[:-1]
    assert len(lines) == len(set(lines)) == 3
    for line in lines:
        assert line.startswith("P,urn:nasa:pds:farside_ce4:data_raw:ce4_gras_")
        assert line.endswith("_a::1.0")
    assert (bundle / "data_derived/collection_data_derived.csv").read_bytes().count(b"\r\n") == 1


def test_writing_again_changes_no_byte(bundle):
    before = {p: p.read_bytes() for p in bundle.rglob("*") if p.is_file()}
    archive.write_layers(mosaic(), bundle / archive.DERIVED)
    archive.write_bundle(bundle, "A flight")
    assert {p: p.read_bytes() for p in bundle.rglob("*") if p.is_file()} == before


def test_layers_come_back_as_they_were(bundle):
    (label,) = (bundle / archive.DERIVED).glob("CE4*.xml")
    assert archive.read_layers(label).identical(mosaic())


def test_label_points_at_the_samples_inside_the_tiff(bundle):
    from farside.archive.xml import from_xml

    (label,) = (bundle / archive.DERIVED).glob("CE4*.xml")
    area = from_xml(label).find("File_Area_Observational")
    kinds = {"UnsignedLSB2": "<u2", "SignedLSB2": "<i2", "UnsignedByte": "u1"}
    seen = set()
    for array in (e for e in area.children() if e.tag.startswith("Array")):
        layer = mosaic()[array.text("name")].to_numpy()
        found = np.memmap(label.with_suffix(".tif"), kinds[array.text("Element_Array", "data_type")], "r",
                          int(array.text("offset")), layer.shape)  # fmt: skip
        assert np.array_equal(found, layer)
        seen.add(array.text("name"))
    assert seen == {"image", "frame", "weight"}


def test_empty_folder_is_no_bundle(tmp_path):
    with pytest.raises(BadInput, match="data_raw"):
        archive.write_bundle(tmp_path, "Nothing")


def test_frames_of_a_bundle_are_found_and_nothing_else(bundle):
    assert [f.attrs["index"] for f in archive.read_all(bundle)] == [0, 1, 2]
