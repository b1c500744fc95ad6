"""The raw record: what goes in comes out, at the rate that was asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from farside.errors import DamagedFile
from farside.instruments import load, observation, pack, unpack
from farside.instruments.record import LOSSLESS


def scene(shape, top, seed=0):
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=shape), 4)
    return np.clip(0.4 * top + 0.15 * top * smooth / smooth.std() + rng.normal(size=shape) * top / 250, 0, top)


def frame(name, lines, samples, **more):
    camera = load(name)
    d = camera.detector
    dn = scene((lines, samples), d.full_scale).round().astype(np.uint8 if d.bits == 8 else np.uint16)
    mast = {"mast_yaw_deg": 170.0, "mast_pitch_deg": -15.0} if camera.mast else {}
    return observation(
        dn, instrument=name, mode=camera.mode, index=2, sequence_id="0004", level="raw", bits=d.bits, bayer=d.bayer,
        start_utc="2019-01-06T03:34:01.000Z", stop_utc="2019-01-06T03:34:01.006Z", exposure_ms=6.0, binning=4,
        temperature_c=21.0, compression_ratio=camera.compression_ratio, **mast, **more,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "rms_dn"), [("lcam", 2.5), ("tcam", 2.5)])
def test_frame_survives_with_its_header_and_little_loss(name, rms_dn):
    sent = frame(name, 216, 256)
    got = unpack(pack(sent))
    assert got.attrs == sent.attrs
    assert got["dn"].dtype == sent["dn"].dtype
    assert np.std(got["dn"].to_numpy().astype(float) - sent["dn"].to_numpy()) < rms_dn


@pytest.mark.parametrize("name", ["lcam", "tcam"])
def test_record_has_the_size_that_the_compression_ratio_promises(name):
    sent = frame(name, 432, 588)
    promised = sent["dn"].size * sent.attrs["bits"] / 8 / sent.attrs["compression_ratio"]
    assert len(pack(sent)) == pytest.approx(promised, rel=0.04)


def test_record_is_the_same_bytes_every_time():
    assert pack(frame("tcam", 216, 294)) == pack(frame("tcam", 216, 294))


def test_colours_of_the_mosaic_stay_apart():
    sent = frame("tcam", 64, 64)
    sent["dn"][::2, ::2] = 900
    sent["dn"][1::2, 1::2] = 10
    got = unpack(pack(sent))["dn"].to_numpy().astype(int)
    assert np.abs(got[::2, ::2] - 900).max() < 12
    assert np.abs(got[1::2, 1::2] - 10).max() < 12


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cut_record_is_refused(data):
    record = pack(frame("lcam", 32, 32))
    with pytest.raises(DamagedFile):
        unpack(record[: data.draw(st.integers(0, len(record) - 1))])


def test_bytes_that_are_no_record_are_refused():
    for junk in (b"", b"\x00" * 50, b"\xa1\x66record\x09", b"hello"):
        with pytest.raises(DamagedFile):
            unpack(junk)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_lossless_records_come_back_bit_for_bit(data):
    bits, bayer = data.draw(st.sampled_from([(8, ""), (8, "RGGB"), (10, ""), (10, "RGGB"), (12, "RGGB")]))
    lines, samples = (2 * data.draw(st.integers(1, 40)) for _ in range(2))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    spread = data.draw(st.sampled_from([0.0, 0.8, 30.0, 1e4]))
    dn = (2 ** (bits - 2) + rng.normal(0, 1, (lines, samples)) * spread).clip(0, 2**bits - 1)
    sent = observation(
        dn.astype(np.uint8 if bits == 8 else np.uint16), instrument="tcam", bits=bits, bayer=bayer, light="dark",
        compression_ratio=1.0, codec=LOSSLESS,
    )  # fmt: skip
    record = pack(sent)
    got = unpack(record)
    assert np.array_equal(got["dn"], sent["dn"])
    assert got["dn"].dtype == sent["dn"].dtype
    assert got.attrs == sent.attrs
    assert pack(got) == record


def test_a_dark_frame_takes_little_more_than_its_noise_is_worth():
    noise = np.random.default_rng(1).normal(34.0, 0.84, (432, 588)).round().astype(np.uint16)
    sent = observation(noise, instrument="tcam", bits=10, bayer="RGGB", compression_ratio=1.0, codec=LOSSLESS)
    assert len(pack(sent)) * 8 / noise.size < 2.9  # the entropy of such noise is 1.8 bits, of differences 2.3


def test_lossless_record_that_is_cut_or_of_an_unknown_codec_is_refused():
    import cbor2

    sent = frame("tcam", 32, 32, codec=LOSSLESS)
    fields = cbor2.loads(pack(sent))
    for planes in ([p[: len(p) // 2] for p in fields["planes"]], [b""] * 4, [7] * 4, fields["planes"][:3]):
        with pytest.raises(DamagedFile):
            unpack(cbor2.dumps(fields | {"planes": planes}))
    with pytest.raises(DamagedFile, match="codec 'ZIP'"):
        unpack(cbor2.dumps(fields | {"header": fields["header"] | {"codec": "ZIP"}}))
