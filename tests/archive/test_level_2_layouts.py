"""Level-2 files as we make them, beside the real layouts, and in the hands of other people's readers."""

import json

import numpy as np
import pytest

from farside import archive
from farside.geometry import Site, euler_to_rotation, t_to_utc, utc_to_t
from farside.instruments import camera_model, load, observation
from farside.instruments.observation import product_id
from farside.products import calibrate

LANDER = Site(-45.4446, 177.5991)
LAYOUTS = {
    ("lcam", "1"): ((1024, 1024), "UnsignedByte", 1_048_576),
    ("tcam", "I"): ((1728, 2352, 3), "UnsignedByte", 12_192_768),
    ("pcaml", "C"): ((1728, 2352), "UnsignedLSB2", 8_128_512),
    ("pcamr", "Q"): ((864, 1176), "UnsignedLSB2", 2_032_128),
    ("navcaml", "Q"): ((1024, 1024), "UnsignedLSB2", 2_097_152),
    ("hazcamr", "Q"): ((1024, 1024), "UnsignedLSB2", 2_097_152),
}
"""Camera and mode to shape, sample type and bytes of a real product, as far as there are any."""


def frame(name, mode, utc="2019-01-11T19:57:09.000Z", index=143, sequence="0009", mast=(-172.0, -30.0), **attrs):
    """A level-2 frame of full size: what an even scene gives, with a gradient so that no two lines are alike."""
    camera = load(name, mode)
    d, n = camera.detector, camera.pixels_per_sample
    model = camera.camera(n)
    dn = np.linspace(d.bias_dn, 0.8 * d.full_scale, model.height * model.width).reshape(model.height, model.width)
    stop = t_to_utc(utc_to_t(utc) + 0.006)
    said = {"mast_yaw_deg": mast[0], "mast_pitch_deg": mast[1]} if camera.on_mast else {}
    raw = observation(
        dn.astype(np.uint8 if d.bits == 8 else np.uint16), instrument=name, mode=camera.mode, index=index,
        sequence_id=sequence, level="raw", start_utc=utc, stop_utc=stop, exposure_ms=6.0, binning=n, bits=d.bits,
        temperature_c=21.095, compression_ratio=camera.compression_ratio, bayer=d.bayer, exposure_mode="AUTOMATIC",
        light="scene", **said, **attrs,
    )  # fmt: skip
    return calibrate(raw, LANDER)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A function: camera, mode -> label of a product written once; the data file lies beside it."""
    known = {}

    def write(name, mode):
        if (name, mode) not in known:
            known[name, mode] = archive.write(frame(name, mode), tmp_path_factory.mktemp("level2"))
        return known[name, mode]

    return write


def flat(elements, path=()):
    """(path, text, unit) of every leaf of a label, in the order of the document."""
    for element in elements:
        here = (*path, element.tag)
        if element.children():
            yield from flat(element.children(), here)
        else:
            yield here, element.content, element.unit


@pytest.mark.parametrize(("name", "mode"), LAYOUTS)
def test_files_have_shape_type_and_length_of_the_real_ones(written, name, mode):
    shape, kind, length = LAYOUTS[name, mode]
    label = written(name, mode)
    assert label.with_name(label.name[:-1]).stat().st_size == length
    text = label.read_text()
    assert f"<data_type>{kind}</data_type>" in text
    assert f'<file_size unit="byte">{length}</file_size>' in text
    back = archive.read(label)
    assert back["dn"].shape == shape
    assert (back.attrs["mode"], back.attrs["binning"]) == (mode, load(name, mode).pixels_per_sample)
    assert label.name.startswith(f"CE4_GRAS_{load(name).id}-{mode}-")


@pytest.mark.parametrize(("name", "mode"), LAYOUTS)
def test_pds4_tools_opens_our_files(written, name, mode):
    pds4_tools = pytest.importorskip("pds4_tools")
    label = written(name, mode)
    (array,) = pds4_tools.read(str(label), quiet=True)
    assert np.array_equal(np.asarray(array.data), archive.read(label)["dn"].to_numpy())
    assert array.meta_data["axes"] == len(LAYOUTS[name, mode][0])


@pytest.mark.parametrize(("name", "mode"), LAYOUTS)
def test_pdr_opens_our_files(written, name, mode):
    pdr = pytest.importorskip("pdr")
    label = written(name, mode)
    data = pdr.read(str(label))
    (key,) = (key for key in data.keys() if key != "label")  # noqa: SIM118  pdr's objects are no dictionaries
    image = np.asarray(data[key])
    ours = archive.read(label)["dn"].to_numpy()
    assert np.array_equal(image if image.shape == ours.shape else np.moveaxis(image, 0, -1), ours)


@pytest.fixture(scope="module")
def real_143(data):
    """Every element of the real label of image 143: (path, text), in the order of the document."""
    (path,) = (data / "pds4-labels").glob("CE4_GRAS_TCAM-I-143*.json")

    def walk(node, path=()):
        for key, value in node.items():
            if isinstance(value, dict):
                yield from walk(value, (*path, key))
            elif isinstance(value, list):
                for part in value:
                    yield from walk(part, (*path, key))
            else:
                yield (*path, key), str(value or "").strip()

    return list(walk(json.loads(path.read_text(encoding="utf-8"))))


OWN = {
    "stop_date_time": "our frames last as long as their exposure",
    "creation_date_time": "of our file",
    "modification_date": "of our label",
    "exposure_time": "what the camera chose",
}
"""Elements of a label of ours that need not say what the real one says."""


def test_our_label_of_image_143_is_the_real_one_element_by_element(written, real_143):
    ours = [(("Product_Observational", *path), text) for path, text, _ in flat(_elements(written("tcam", "I")))]
    root = real_143[0][0][0]
    real = [(path if root == "Product_Observational" else ("Product_Observational", *path), t) for path, t in real_143]
    assert [path for path, _ in ours] == [path for path, _ in real]
    for (path, text), (_, true) in zip(ours, real, strict=True):
        if path[-1] in OWN:
            continue
        try:
            number = float(true)
        except ValueError:
            assert text == true, path
            continue
        assert decimals(text) == decimals(true), path
        # the vectors follow from the mast's angles to the label's last digit, the Sun from an ephemeris of our own
        assert float(text) == pytest.approx(number, abs=5e-3 if "solar" in path[-1] else 1.5e-6), path


def _elements(label):
    from farside.archive.xml import from_xml

    return from_xml(label).children()


def decimals(text):
    return len(text.partition(".")[2])


def test_units_of_our_label_are_those_of_the_real_one(written, real_label, tmp_path):
    (tmp_path / "real.2CL").write_bytes(real_label[0])
    ours, real = flat(_elements(written("tcam", "I"))), flat(_elements(tmp_path / "real.2CL"))
    assert [(path, unit) for path, _, unit in ours] == [(path, unit) for path, _, unit in real]


def quoted(data, name):
    labels = json.loads((data / "pds4-labels" / "partial_labels.json").read_text(encoding="utf-8"))
    return next(label for key, label in labels.items() if name in key)


def test_our_pcam_label_has_what_is_quoted_of_the_real_one(written, data):
    real = quoted(data, "PCAMR-C-000")["Array_2D_Image"]
    array = next(e for e in _elements(written("pcaml", "C"))[-1].children() if e.tag == "Array_2D_Image")
    assert array.text("axes") == real["axes"]
    assert array.text("Element_Array", "data_type") == real["data_type"]
    assert array.text("Element_Array", "unit") == real["unit"]
    statistics = array.find("Object_Statistics")
    assert [e.tag for e in statistics.children()] == list(real["Object_Statistics"])
    dn = archive.read(written("pcaml", "C"))["dn"].to_numpy()
    assert float(statistics.text("mean")) == pytest.approx(dn.mean(), abs=1e-6)
    assert decimals(statistics.text("maximum")) == decimals(real["Object_Statistics"]["maximum"])


def test_our_lcam_label_has_what_is_quoted_of_the_real_one(written, data):
    real = quoted(data, "LCAM-1-0000")
    area = next(e for e in _elements(written("lcam", "1")) if e.tag == "Observation_Area").find("Mission_Area")
    assert area.text("instrument_name") == real["instrument_name"]
    assert area.text("instrument_id") == real["instrument_id"]
    point = area.find("Instrument_Parm", "principle_point_coordinate")
    said = real["Instrument_Parm"]
    assert area.text("Instrument_Parm", "focal_length") == said["focal_length_mm"]
    assert area.text("Instrument_Parm", "pixel_size") == said["pixel_size_micrometer"]
    assert point.text("x0") == said["principle_point_coordinate"]["x0_pixel"]
    assert point.text("y0") == said["principle_point_coordinate"]["y0_pixel"]
    assert point.find("x0").unit == "pixel"


def test_every_pointing_of_both_panoramas_is_in_its_label(data):
    """Vectors of the labels' corners agree with orientation and camera model, at all sixty pointings."""
    import csv

    with (data / "ce4-products" / "tcam_products.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    raw = {}
    for row in rows:
        mast = float(row["mast_yaw_deg"]), float(row["mast_pitch_deg"])
        if mast not in raw:  # pixels do not matter here: one of each pointing is enough
            raw[mast] = small("tcam", mast, row)
        a = raw[mast].attrs
        model, rotation = camera_model(raw[mast]), euler_to_rotation(*a["camera_rotation_deg"])
        for corner, pixel in {"up_left": (1, 1), "down_right": (model.width, model.height)}.items():
            assert rotation @ model.rays(*pixel) == pytest.approx(a[f"{corner}_vector"], abs=1e-9)
        axis = np.array(a["center_vector"])
        yaw = np.degrees(np.arctan2(-axis[0], axis[1]))
        # the axis of image 143 is 0.5 degrees off the mast's direction; so must all be, about the same mount
        assert abs((yaw - mast[0] + 180.0) % 360.0 - 180.0) < 1.0
        assert np.degrees(np.arcsin(axis[2])) == pytest.approx(mast[1], abs=0.2)
    assert len(raw) == 60


def small(name, mast, row):
    camera = load(name)
    dn = np.full((54, 73), 200, np.uint16)
    raw = observation(
        dn, instrument=name, mode=camera.mode, index=int(row["index"]), sequence_id=row["sequence_id"], level="raw",
        start_utc=row["utc"], stop_utc=row["utc"], exposure_ms=6.0, binning=32, bits=10, temperature_c=21.0,
        compression_ratio=2.0, bayer="RGGB", exposure_mode="AUTOMATIC", light="scene", mast_yaw_deg=mast[0],
        mast_pitch_deg=mast[1],
    )  # fmt: skip
    assert product_id(raw.attrs) == row["product_id"]
    return calibrate(raw, LANDER)
