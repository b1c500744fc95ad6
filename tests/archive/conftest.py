"""Data from outside the repository, and the PDS4 schemas as one validator."""

import os
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from schematron import stylesheet

from farside.archive.dictionary import NAMESPACE, schema
from farside.instruments import load, observation

DATA = Path(os.environ.get("FARSIDE_TEST_DATA", Path(__file__).parents[2] / "../shared/data"))


@pytest.fixture(scope="session")
def real_label():
    """Bytes of the label of TCAM image 143, written back from its elements, and its name without the final L."""
    path = DATA / "pds4-labels" / "TCAM-2CL-reconstructed.xml"
    if not path.is_file():
        pytest.skip("the real TCAM label is not here (FARSIDE_TEST_DATA)")
    return path.read_bytes(), "CE4_GRAS_TCAM-I-143_SCI_N_20190111195709_20190111195709_0009_A.2C"


@pytest.fixture(scope="session")
def complaints(tmp_path_factory):
    """A function: label path -> what the PDS4 1.26 schema and our dictionary have against it."""
    core = DATA / "pds4-schema" / "PDS4_PDS_1Q00.xsd"
    if not core.is_file():
        pytest.skip("the PDS4 schemas are not here (FARSIDE_TEST_DATA)")
    ours = tmp_path_factory.mktemp("schema") / "farside.xsd"
    ours.write_bytes(schema())
    wrapper = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<xs:import namespace="http://pds.nasa.gov/pds4/pds/v1" schemaLocation="{core.resolve()}"/>'
        f'<xs:import namespace="{NAMESPACE}" schemaLocation="{ours}"/></xs:schema>'
    )
    validator = etree.XMLSchema(etree.fromstring(wrapper))

    def check(path):
        validator.validate(etree.parse(path))
        return [str(entry) for entry in validator.error_log]

    return check


@pytest.fixture(scope="session")
def rules():
    """A function: label path -> messages of the PDS4 1.26 Schematron rules."""
    saxonche = pytest.importorskip("saxonche", reason="Schematron rules need SaxonC (pip install saxonche)")
    path = DATA / "pds4-schema" / "PDS4_PDS_1Q00.sch"
    if not path.is_file():
        pytest.skip("the PDS4 Schematron rules are not here (FARSIDE_TEST_DATA)")
    processor = saxonche.PySaxonProcessor(license=False)
    sheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=stylesheet(path))
    return lambda label: (sheet.transform_to_string(source_file=str(label)) or "").splitlines()


@pytest.fixture
def raw_frame():
    """A function: instrument -> a small raw frame as it comes off the link."""

    def make(name="tcam", index=2, second=1):
        camera = load(name)
        d = camera.detector
        kind = np.uint8 if d.bits == 8 else np.uint16
        dn = np.random.default_rng(index).integers(0, d.full_scale + 1, (16, 24)).astype(kind)
        mast = {"mast_yaw_deg": 170.0, "mast_pitch_deg": -15.0} if camera.mast else {}
        return observation(
            dn, instrument=name, mode=camera.mode, index=index, sequence_id="0004", level="raw", bits=d.bits,
            bayer=d.bayer, start_utc=f"2019-01-06T03:34:{second:02d}.000Z", binning=4, exposure_ms=6.1,
            stop_utc=f"2019-01-06T03:34:{second:02d}.006Z", temperature_c=21.1,
            compression_ratio=camera.compression_ratio, **mast,
        )  # fmt: skip

    return make
