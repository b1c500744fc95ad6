"""Times as packets carry them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.time import CdsShortTimestamp

from farside.errors import BadInput, DamagedFile
from farside.geometry import t_to_utc, utc_to_t
from farside.link.timecode import cds_time, cuc_time, read_cds, read_cuc

LANDING = utc_to_t("2019-01-03T02:26:00Z")
times = st.floats(utc_to_t("1972-01-01"), utc_to_t("2090-01-01"))


def test_the_landing_in_both_codes():
    assert cds_time(LANDING) == bytes.fromhex("40570a0085aac0")
    assert cuc_time(LANDING) == bytes.fromhex("1e72bfd15d0000")


@given(times, st.integers(0, 3))
def test_an_unsegmented_time_comes_back_to_half_a_tick(t, fine):
    assert read_cuc(cuc_time(t, 4, fine)) == pytest.approx(t, rel=0, abs=0.5 / 256**fine + 1e-6)


@given(times)
def test_a_day_segmented_time_comes_back_to_half_a_millisecond(t):
    assert read_cds(cds_time(t)) == pytest.approx(t, rel=0, abs=0.5e-3 + 1e-6)


@given(times)
def test_spacepackets_reads_the_same_time(t):
    stamp = CdsShortTimestamp.unpack(cds_time(t)).as_datetime()
    assert stamp.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z" == t_to_utc(t)


def test_a_leap_second_is_part_of_its_day():
    code = cds_time(utc_to_t("2016-12-31T23:59:60.250Z"))
    assert int.from_bytes(code[3:], "big") == 86_400_250
    assert t_to_utc(read_cds(code)) == "2016-12-31T23:59:60.250Z"
    assert cuc_time(utc_to_t("2017-01-01T00:00:00Z"))[1:5] == (
        int.from_bytes(cuc_time(utc_to_t("2016-12-31T23:59:59Z"))[1:5], "big") + 2
    ).to_bytes(4, "big")


def test_finer_and_longer_day_segmented_times_are_read():
    short = cds_time(LANDING)
    assert read_cds(b"\x44\x00" + short[1:]) == LANDING
    assert read_cds(b"\x41" + short[1:] + (250).to_bytes(2, "big")) - LANDING == pytest.approx(250e-6, abs=2e-7)
    assert read_cds(b"\x42" + short[1:] + (999_999_999).to_bytes(4, "big")) - LANDING == pytest.approx(1e-3, abs=2e-7)


@pytest.mark.parametrize("code", ["", "1e72bfd15d00", "2e72bfd15d0000", "9e72bfd15d0000", "40570a0085aac0"])
def test_what_is_no_unsegmented_time_is_refused(code):
    with pytest.raises(DamagedFile, match="time code"):
        read_cuc(bytes.fromhex(code))


@pytest.mark.parametrize(
    "code",
    [
        "",
        "40570a0085aa",
        "48570a0085aac0",
        "43570a0085aac0000000000000",
        "40570a05265c00",  # a leap second on a day without one
        "40570affffffff",
        "44ffffff0085aac0",
        "41570a0085aac003e8",  # 1000 us in a ms
        "1e72bfd15d0000",
    ],
)
def test_what_is_no_day_segmented_time_is_refused(code):
    with pytest.raises(DamagedFile, match="time code"):
        read_cds(bytes.fromhex(code))


def test_times_that_do_not_fit_are_named():
    with pytest.raises(BadInput, match="octets of seconds"):
        cuc_time(LANDING, 2)
    with pytest.raises(BadInput, match="octets"):
        cuc_time(LANDING, 5)
    with pytest.raises(BadInput, match="1958"):
        cds_time(utc_to_t("1957-10-04T19:28:34Z"))
