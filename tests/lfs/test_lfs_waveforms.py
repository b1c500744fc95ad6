"""What is digitised, and how it is carried."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radio_session import BURST, listen

from farside.errors import BadInput, DamagedFile
from farside.instruments import ProductName, lfs
from farside.products.lfs.spectra import looks, transform


def test_platform_noise_is_correlated_between_antennas_as_published(session):
    dn = np.concatenate([r["dn"].to_numpy() for r in session]).astype(float).transpose(1, 0, 2).reshape(3, -1)
    sigma = dn.std(axis=1) * lfs.load().receiver.step_v
    assert sigma == pytest.approx([0.41, 0.28, 0.14], rel=0.03)
    found = np.corrcoef(dn)
    assert [found[0, 1], found[0, 2], found[1, 2]] == pytest.approx([0.965, 0.915, 0.823], abs=0.02)
    assert dn.min() > 0
    assert dn.max() < 65535


def test_without_the_lander_an_antenna_has_the_cleaned_sigma():
    (record,) = listen(20, 20, platform=False, burst=None)
    volts = (record["dn"].to_numpy().astype(float) - lfs.load().receiver.zero_dn) * lfs.load().receiver.step_v
    assert 4e-5 < volts.std() < 8e-5  # 6e-5 V remained after cleaning (Liu, Zhou and Su)


def test_same_seed_gives_the_same_samples_and_another_gives_others():
    a, b, c = (listen(3, 3, seed=s)[0]["dn"].to_numpy() for s in (7, 7, 8))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_burst_is_silent_while_the_sun_is_down():
    up, down, none = (
        listen(2, 2, sun=(0.0, 0.9, z), burst=b, platform=False)[0]["dn"].to_numpy()
        for z, b in ((-0.4, BURST), (-0.4, None), (0.4, None))
    )
    assert np.array_equal(up, down)
    assert np.array_equal(down, none)


def test_header_says_nothing_of_the_truth(session):
    told = set(session[0].attrs)
    assert told == {"product_id", "instrument", "mode", "band", "index", "sequence_id", "level", "start_utc",
                    "stop_utc", "every_s", "sample_hz"}  # fmt: skip
    assert ProductName.parse(session[0].attrs["product_id"]).camera == "LFRS"


def test_record_comes_back_bit_for_bit(session):
    record = lfs.pack(session[1])
    back = lfs.unpack(record)
    assert back.identical(session[1])
    assert lfs.pack(back) == record


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_any_samples_survive_the_codec(seed, blocks):
    dn = np.random.default_rng(seed).integers(0, 65536, (blocks, 3, 64), np.uint16)
    attrs = dict(listen(1, 1, platform=False, burst=None)[0].attrs)
    assert np.array_equal(lfs.unpack(lfs.pack(lfs.waveforms(dn, **attrs)))["dn"], dn)


@pytest.mark.parametrize(
    "harm", [lambda r: r[: len(r) // 2], lambda r: b"", lambda r: b"\xa0", lambda r: r[:40] + r[80:]]
)
def test_damaged_record_is_named(session, harm):
    with pytest.raises(DamagedFile, match="raw record"):
        lfs.unpack(harm(lfs.pack(session[0])))


def test_header_with_an_impossible_time_is_named():
    (record,) = listen(1, 1, platform=False, burst=None)
    with pytest.raises(DamagedFile, match="raw record"):
        lfs.unpack(lfs.pack(record.assign_attrs(start_utc="yesterday")))


def test_unknown_band_is_named():
    with pytest.raises(BadInput, match=r"lfs: band: 'middle'; expected one of high, low"):
        listen(1, 1, band="middle")


def test_transform_keeps_the_power_of_white_noise():
    i, rng = lfs.load(), np.random.default_rng(2)
    sigma_v = 0.1
    dn = np.rint(rng.normal(0, sigma_v / i.receiver.step_v, (200, 1, 4096)) + i.receiver.zero_dn).astype(np.uint16)
    power = np.abs(transform(dn, i, 1e8)) ** 2
    assert power[..., 10:].mean() == pytest.approx(sigma_v**2 / 5e7, rel=5e-3)


@pytest.mark.parametrize("bins", [1, 4, 32])
def test_averaged_noise_scatters_as_its_looks_say(bins):
    i, rng = lfs.load(), np.random.default_rng(3)
    dn = np.rint(rng.normal(0, 1000, (400, 1, 4096)) + 32768).astype(np.uint16)
    power = (np.abs(transform(dn, i, 1e8)) ** 2)[:, 0, 64:1984].reshape(400, -1, bins).mean(axis=2)
    assert np.mean(power) ** 2 / np.var(power) == pytest.approx(looks(bins, 4096), rel=0.03)
