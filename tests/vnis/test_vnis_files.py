"""Raw records and level-2B files of the spectrometer."""

import measurement as m
import numpy as np
import pytest

from farside import archive
from farside.errors import BadInput, DamagedFile
from farside.instruments.label import Element
from farside.instruments.vnis import (
    KIND,
    footprint,
    from_bytes,
    label_attrs,
    load_vnis,
    pack,
    product_name,
    rays,
    to_bytes,
    unpack,
    vnis_observation,
)


def test_swir_field_is_9085_pixels_of_the_full_image():
    assert load_vnis().spot_mask(256).sum() == 9085


def test_channels_are_450_to_945_and_900_to_2395_nm():
    spec = load_vnis()
    assert [spec.wavelengths("VIS")[i] for i in (0, -1)] == [450.0, 945.0]
    assert [spec.wavelengths("SWIR")[i] for i in (0, -1)] == [900.0, 2395.0]


def test_footprint_is_14_5_cm_across_and_20_6_cm_along():
    edge = footprint(rays([0.5, 256.5, 128.5, 128.5], [128.5, 128.5, 0.5, 256.5]))
    assert edge[0, 0] - edge[1, 0] == pytest.approx(0.206, abs=0.003)
    assert edge[2, 1] - edge[3, 1] == pytest.approx(0.145, abs=0.003)
    assert np.abs(edge[:, 2]).max() < 1e-12


def test_raw_record_comes_back_bit_for_bit_and_smaller():
    for observation in m.raw("rock"):
        record = pack(observation)
        assert unpack(record).identical(observation)
        assert pack(observation) == record
    cube = m.raw("rock")[2]
    assert len(pack(cube)) < 0.75 * cube["dn"].nbytes


@pytest.mark.parametrize("cut", [0, 1, 40, 3000])
def test_cut_record_is_named_damaged(cut):
    with pytest.raises(DamagedFile):
        unpack(pack(m.raw("soil")[2])[:cut])


def test_record_that_contradicts_its_header_is_damaged():
    swir = m.raw("soil")[3]
    with pytest.raises(DamagedFile):
        unpack(pack(swir.assign_attrs(mode="VD")))
    with pytest.raises(DamagedFile):
        unpack(pack(swir.assign_attrs(mode="XX")))


def test_header_carries_no_truth():
    for observation in m.raw("rock"):
        assert not {"feo_wt", "target", "temperature_k", "stone_share", "seed", "snr"} & set(observation.attrs)


def test_full_cube_is_26214400_bytes_band_by_band():
    values = np.arange(100 * 256 * 256, dtype=np.float32).reshape(100, 256, 256)
    data = to_bytes(vnis_observation("radiance", values, "W m-2 sr-1 nm-1", mode="VD"))
    assert len(data) == 26_214_400
    b, line, sample = 7, 20, 200
    assert np.frombuffer(data, "<f4")[b * 65536 + line * 256 + sample] == values[b, line, sample]
    assert np.array_equal(from_bytes(data, {"mode": "VD"})["radiance"], values)


def test_table_comes_back_through_text_of_any_width():
    _, sd = m.level2(m.raw("soil"))
    data = to_bytes(sd)
    rows = data.decode("ascii").splitlines()
    assert len(rows) == 300
    assert len(rows[0].split()) == 6
    assert len(rows[0].split()[0]) == 24
    squeezed = "\n".join("\t ".join(row.split()) for row in rows).encode()
    for text in (data, squeezed, squeezed + "  \u6708 ".encode("gb18030").replace(b"\n", b"")):
        found = from_bytes(text, {"mode": "SD"})
        assert np.allclose(found["radiance"], sd["radiance"], rtol=1e-6)
        assert found.attrs["exposure_ms"] == sd.attrs["exposure_ms"]
        assert found.attrs["sun_incidence_deg"] == pytest.approx(sd.attrs["sun_incidence_deg"], abs=1e-6)


@pytest.mark.parametrize(
    ("mode", "data"),
    [
        ("VD", b""),
        ("VD", b"\0" * 1000),
        ("SD", b"no table\n"),
        ("SD", b""),
        ("LPR", b""),
        ("SD", b"a b c d e f\n" * 300),
    ],
)
def test_files_of_another_shape_are_damaged(mode, data):
    with pytest.raises(DamagedFile):
        from_bytes(data, {"mode": mode})


def test_rows_out_of_order_are_damaged():
    rows = to_bytes(m.level2(m.raw("soil"))[1]).splitlines(keepends=True)
    with pytest.raises(DamagedFile, match="order"):
        from_bytes(b"".join(rows[::-1]), {"mode": "SD"})


def test_label_gives_back_its_angles_whatever_the_case_of_its_names():
    vd, _ = m.level2(m.raw("soil"))

    def shout(element):
        content = element.content
        return Element(element.tag.upper(), tuple(map(shout, content)) if isinstance(content, tuple) else content)

    written = Element("Product_Observational", KIND.encode(vd).elements)
    for label in (written, shout(written)):
        found = label_attrs(label)
        for name in ("sun_incidence_deg", "emission_deg", "phase_deg", "center_vector", "rover_position_m"):
            assert np.allclose(found[name], vd.attrs[name], atol=1e-6)
        assert found["sequence_id"] == "0001"


def test_raw_record_comes_back_from_level_1_files(tmp_path):
    for observation in m.raw("rock"):
        found = archive.read(archive.write(observation, tmp_path))
        assert found.attrs == observation.attrs | {"level": "1", "product_id": product_name(observation.attrs)}
        for name in ("dn", "dark"):
            assert found[name].identical(observation[name])


def test_level_2_files_come_back_with_their_geometry(tmp_path):
    for observation in m.level2(m.raw("soil")):
        found = archive.read(archive.write(observation, tmp_path))
        assert np.allclose(found["radiance"], observation["radiance"], rtol=1e-6)
        for name in ("mode", "level", "sequence_id", "product_id", "start_utc", "stop_utc", "calibration"):
            assert found.attrs[name] == observation.attrs[name]
        for name in ("sun_incidence_deg", "emission_deg", "phase_deg", "rover_position_m"):
            assert np.allclose(found.attrs[name], observation.attrs[name], atol=1e-5)


def test_level_2_file_is_written_again_as_it_was(tmp_path):
    for observation in m.level2(m.raw("soil")):
        first = archive.write(observation, tmp_path / "a")
        second = archive.write(archive.read(first), tmp_path / "b")
        assert second.read_bytes() == first.read_bytes()


def test_label_without_its_data_is_damaged(tmp_path):
    label = archive.write(m.level2(m.raw("soil"))[1], tmp_path)
    label.with_suffix(".2B").unlink()
    with pytest.raises(DamagedFile):
        archive.read(label)


def test_label_locates_the_columns_of_the_table():
    data, elements = KIND.encode(m.level2(m.raw("soil"))[1])
    record = Element("label", elements).find("File_Area_Observational", "Table_Character", "Record_Character")
    row = data[: int(record.text("record_length"))].decode()
    assert row.endswith("\r\n")
    spans = [
        (int(f.text("field_location")) - 1, int(f.text("field_length")))
        for f in record.children()
        if f.tag == "Field_Character"
    ]
    assert [row[at : at + width].strip() for at, width in spans] == row.split()


def test_product_is_named_as_in_the_archive():
    attrs = {
        "mode": "VD",
        "start_utc": "2020-07-16T03:10:01Z",
        "stop_utc": "2020-07-16T10:00:00Z",
        "sequence_id": "0136",
    }
    assert product_name(attrs) == "CE4_GRAS_VNIS-VD_SCI_N_20200716031001_20200716100000_0136_A"
    assert product_name(attrs)[14] == "V"


def test_cube_side_must_divide_the_image():
    with pytest.raises(BadInput, match="divisor"):
        m.view(lines=100)
