"""Names of real products, as the archive lists them."""

import csv
import os
from pathlib import Path

import pytest

from farside.errors import BadInput
from farside.instruments import ProductName, product_id

DATA = Path(os.environ.get("FARSIDE_TEST_DATA", Path(__file__).parents[2] / "../shared/data")) / "ce4-products"


@pytest.fixture(scope="module", params=["tcam", "pcam"])
def products(request):
    """Every product of a camera in 2019."""
    if not DATA.is_dir():
        pytest.skip("the Chang'e 4 product list is not here (FARSIDE_TEST_DATA)")
    with (DATA / f"{request.param}_products.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_real_name_is_written_as_the_archive_writes_it(products):
    for row in products:
        attrs = {"instrument": row["instrument"].lower(), "mode": row["mode"], "index": int(row["index"]),
                 "sequence_id": row["sequence_id"], "start_utc": row["utc"]}  # fmt: skip
        assert product_id(attrs) == row["product_id"]


def test_every_real_name_is_understood(products):
    for row in products:
        name = ProductName.parse(f"{row['product_id']}.{row['level']}")
        assert (name.camera, name.mode, name.index) == (row["instrument"], row["mode"], int(row["index"]))
        assert (name.sequence_id, name.level, name.version) == (row["sequence_id"], row["level"], row["version"])


@pytest.mark.parametrize("name", [
    "CE4_GRAS_LCAM-1-0000_SCI_N_20190103022009_20190103022009_0001_A.2A",
    "CE4_GRAS_PCAML-Q-055_SCI_N_20251224062658_20251224062658_0362_B.2B",
    "CE5-L_GRAS_PCAMR-I-008_SCI_N_20201203054903_20201203054903_0004_A.2B",
    "HX1-Ro_GRAS_NaTeCamA-F-005_SCI_N_20220412171830_20220412171830_00325_A.2C",
    "HX1-Ro_GRAS_MSCam-W-1-29-0001-05_SCI_N_20220131185235_20220131185235_00256_A.2B",
    "CE4_GRAS_LPR-2B_SCI_N_20231216075001_20231217065500_0316_A.2B",
])  # fmt: skip
def test_names_of_other_cameras_and_missions_are_understood(name):
    assert ProductName.parse(name).level == name[-2:]


def test_sub_seconds_are_cut_not_rounded():
    attrs = {
        "instrument": "lcam",
        "mode": "1",
        "index": 7,
        "sequence_id": "0001",
        "start_utc": "2019-01-03T02:20:09.999Z",
    }
    assert product_id(attrs) == "CE4_GRAS_LCAM-1-0007_SCI_N_20190103022009_20190103022009_0001_A"


def test_other_file_names_are_refused():
    with pytest.raises(BadInput):
        ProductName.parse("holiday.jpg")
