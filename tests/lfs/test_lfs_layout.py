"""The level 2C file, byte by byte."""

import struct

import numpy as np
import pytest

from farside.errors import DamagedFile
from farside.instruments import lfs


def test_record_is_as_long_as_the_published_one():
    assert lfs.RECORD.itemsize == 8287
    assert lfs.RECORD.fields["psd"][1] == 94


def test_file_round_trip_is_byte_identical(level2):
    data = lfs.to_bytes(level2)
    assert len(data) == 8287 * level2.sizes["record"]
    back = lfs.from_bytes(data, level2.attrs)
    assert lfs.to_bytes(back) == data
    for name in ("psd", "sun_elevation", "sun_azimuth", "accumulations", "quality"):
        assert np.array_equal(back[name], level2[name])
    assert back["frequency"].to_numpy() == pytest.approx(level2["frequency"].to_numpy())
    assert back["time"].to_numpy() == pytest.approx(level2["time"].to_numpy(), abs=2e-3)


def test_fields_are_big_endian_at_their_places(level2):
    first = lfs.to_bytes(level2)[:8287]
    assert first[:4] == bytes.fromhex("146f3333")
    assert struct.unpack(">ff", first[76:84]) == (level2["sun_elevation"][0], level2["sun_azimuth"][0])
    assert struct.unpack(">IHHH", first[84:94]) == (600, 600, 1, 8287)
    assert struct.unpack(">f", first[94 + 4 * 100 : 98 + 4 * 100])[0] == level2["psd"][0, 100]
    assert first[-1] == 0


def test_both_readings_of_the_frequency_axis_agree():
    assert lfs.channel_frequencies("0-50 MHz") == pytest.approx(np.arange(2048) * 1e8 / 4096)
    assert lfs.channel_frequencies("100-2500kHz")[[0, 1024]] == pytest.approx([1e5, 1.3e6])


@pytest.mark.parametrize(("harm", "change", "why"), [
    (lambda d: d[:-1], {}, "no whole number of 8287"),
    (lambda d: b"", {}, "no whole number"),
    (lambda d: d[1:] + b"\0", {}, "record 0 says"),
    (lambda d: d, {"bands": "red"}, "bands 'red'"),
    (lambda d: d, {"stop_utc": "2018-01-01T00:00:00Z"}, "before it starts"),
])  # fmt: skip
def test_damaged_file_or_label_is_named(level2, harm, change, why):
    with pytest.raises(DamagedFile, match=why):
        lfs.from_bytes(harm(lfs.to_bytes(level2)), {**level2.attrs, **change})


def test_label_without_bands_is_named(level2):
    attrs = {k: v for k, v in level2.attrs.items() if k != "bands"}
    with pytest.raises(DamagedFile, match="gives no bands"):
        lfs.from_bytes(lfs.to_bytes(level2), attrs)
