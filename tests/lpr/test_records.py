"""The raw record and simulated files: nothing lost, nothing added, no truth inside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.errors import BadInput, DamagedFile
from farside.instruments import ProductName
from farside.instruments.lpr import from_bytes, label_elements, pack, soundings, to_bytes, unpack
from farside.payload.lpr import Layer, observe
from farside.payload.lpr.ground import Ground
from farside.products.lpr import calibrate


def test_record_is_lossless_and_below_ten_bits_a_sample(draft):
    record = pack(draft)
    assert unpack(record).identical(draft)
    assert 8 * len(record) / draft["dn"].size < 10


def test_same_seed_gives_the_same_bytes_and_another_does_not(draft, ground, straight):
    assert pack(observe(ground, straight, "2B", "0001", 11, 200)) == pack(draft)
    assert pack(observe(ground, straight, "2B", "0001", 12, 200)) != pack(draft)


def test_shorter_drive_is_the_start_of_the_longer_one(draft, ground, straight):
    short = observe(ground, straight, "2B", "0001", 11, 40)
    assert short.sizes["trace"] == 40
    same = short["dn"] - draft["dn"][:40]
    assert np.abs(same[:, 200:]).max() < 100  # noise only: 12 sums of 0.7 counts


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_cut_record_is_refused(data):
    record = pack(small())
    with pytest.raises(DamagedFile):
        unpack(record[: data.draw(st.integers(0, len(record) - 1))])


def small():
    dn = np.random.default_rng(0).integers(-9, 9, (3, 2048), dtype=np.int32)
    return soundings(dn, {}, mode="2B", level="raw", sequence_id="0001")


def test_header_holds_the_rovers_reckoning_and_never_the_truth(draft, straight):
    east, north = draft["position"].values[-1, 1], draft["position"].values[-1, 0]
    told = np.hypot(east, north)
    seconds = 60.0 * ((draft.sizes["trace"] - 1) * 0.674 // 60.0)
    believed = straight.at(straight.t[:1] + seconds).believed - straight.believed[0]
    assert told == pytest.approx(np.hypot(*believed[0, :2]), rel=1e-5)
    assert not {"ground", "layers", "truth"} & set(draft.attrs)


def test_simulated_file_is_told_apart_by_nothing(draft):
    level2 = calibrate(draft)
    data = to_bytes(level2)
    assert len(data) == 200 * 8307
    got = from_bytes(data)
    np.testing.assert_array_equal(got["dn"], level2["dn"])
    np.testing.assert_array_equal(got["position"], level2["position"])
    assert got.attrs["float_order"] == ["MSB"] * 7 + ["LSB"] * 6 or not level2["reference_position"].any()
    assert got.attrs["product_id"].rsplit("_", 2)[0] == level2.attrs["product_id"].rsplit("_", 2)[0]
    assert ProductName.parse(level2.attrs["product_id"] + ".2B").mode == "2B"
    assert label_elements(level2)[0].text("logical_identifier") == level2.attrs["product_id"] + ".2B"


def test_unknown_channel_and_disordered_layers_are_named(ground, straight):
    with pytest.raises(BadInput, match=r"mode.*3C"):
        observe(ground, straight, "3C", "0001", 1, 10)
    layers = (Layer("a", 5.0, "carrier", 0.004, 0.0), Layer("b", 4.0, 4.0, 0.004, 0.0))
    with pytest.raises(BadInput, match=r"layers\.1\.base_m"):
        observe(Ground(layers, 1), straight, "2B", "0001", 1, 10)
    with pytest.raises(BadInput, match="a raw observation"):
        calibrate(small().assign_attrs(level="2B"))
