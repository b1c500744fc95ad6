"""What the ground learns, against the truth it never saw."""

import numpy as np
import pytest
from radio_session import BURST, SITE, START, listen
from scipy.integrate import quad

from farside.errors import BadInput
from farside.payload.lfs import arrival_time, galactic_brightness
from farside.products import lfs as products
from farside.products.lfs.profile import profile
from farside.score.lfs import sky_errors_db, true_drift
from farside.sky import sun_distance_au

TRUTH = (BURST, float(sun_distance_au(START)))


def truth_of(product):
    """The drift of the true ridge where the product found it."""
    ridge = {name: product[name].to_numpy() for name in ("ridge_frequency", "ridge_time_error")}
    return true_drift(ridge, product.attrs["start_utc"], *TRUTH)


def test_drift_exponent_is_as_good_as_the_score_asks(product):
    assert product.attrs["drift_exponent"] == pytest.approx(truth_of(product).exponent, abs=0.1)


def test_sky_is_as_bright_as_the_score_asks_in_every_octave(product):
    errors = sky_errors_db(product["frequency"].to_numpy(), product["brightness"].to_numpy())
    assert errors == pytest.approx([0.0] * 4, abs=0.5)


def test_drift_rate_is_that_of_the_beam(product):
    assert product.attrs["drift_rate_1mhz"] == pytest.approx(truth_of(product).rate_1mhz, rel=0.1)


def test_interval_of_the_exponent_is_as_wide_as_it_must_be(product):
    low, high = product.attrs["drift_exponent_interval"]
    assert low < truth_of(product).exponent < high
    assert high - low < 0.2


def test_ridge_is_where_the_beam_was_within_its_errors(product):
    f = product["ridge_frequency"].to_numpy()
    late = product["ridge_time"].to_numpy() - arrival_time(f, *TRUTH)
    error = product["ridge_time_error"].to_numpy()
    assert len(f) > 20
    assert f.min() < 1.2e6
    assert f.max() > 2e7
    assert np.sqrt(np.mean((late / error) ** 2)) < 2.0


def test_lander_is_cancelled_by_sixty_decibels(level2):
    assert level2.attrs["cancelled_db"] > 60.0
    quiet = level2["psd"].to_numpy()[:100].mean(axis=0)[41:1638]
    assert quiet.max() < 3.0 * np.median(quiet)


def test_cancelling_leaves_the_burst_its_strength(product):
    from farside.payload.lfs.burst import flux

    inside = np.flatnonzero(product["ridge_frequency"].to_numpy() < 8e6)
    f = product["ridge_frequency"].to_numpy()[inside]
    t = product["time"].to_numpy()
    true = flux(t, f, *TRUTH).max(axis=0)
    assert np.abs(10 * np.log10(product["ridge_peak"].to_numpy()[inside] / true)).max() < 1.0


def test_variance_of_the_sky_covers_its_error(product):
    f = product["frequency"].to_numpy()
    z = (product["brightness"].to_numpy() - galactic_brightness(f)) / np.sqrt(product["brightness_variance"].to_numpy())
    assert 0.5 < np.sqrt(np.nanmean(z**2)) < 1.5


def test_variance_of_the_flux_covers_its_noise(product):
    quiet = slice(0, 150)
    z = product["flux"].to_numpy()[quiet] / np.sqrt(product["variance"].to_numpy()[quiet])
    assert np.nanstd(z) == pytest.approx(1.0, abs=0.1)


def test_session_without_a_burst_says_so():
    quiet = products.dynamic_spectrum(products.calibrate(listen(120, 120, burst=None), SITE))
    assert "drift_exponent" not in quiet.attrs
    assert quiet.attrs["burst"].startswith("none")
    assert quiet.sizes["ridge"] == 0


def test_lost_record_leaves_a_gap_and_the_burst_is_still_read(session):
    level2 = products.calibrate([session[0], session[1], session[3]], SITE)
    assert level2.sizes["record"] == 600
    assert np.isnan(level2["psd"][300:450]).all()
    assert level2["quality"].to_numpy()[[299, 300, 449, 450]].tolist() == [0, 1, 1, 0]
    product = products.dynamic_spectrum(level2)
    assert product.attrs["missing"] == 150
    assert product.attrs["drift_exponent"] == pytest.approx(truth_of(product).exponent, abs=0.15)


def test_order_of_arrival_does_not_matter(session, level2):
    assert products.calibrate(session[::-1], SITE).identical(level2)


def test_low_band_is_read_by_the_same_steps():
    level2 = products.calibrate(listen(150, 150, band="low", burst=None), SITE)
    product = products.dynamic_spectrum(level2)
    assert level2.attrs["bands"] == "0-2.5 MHz"
    assert product["frequency"].to_numpy()[[0, -1]] == pytest.approx([1e5, 2e6], rel=0.05)


def test_records_of_two_sessions_do_not_mix(session):
    other = session[1].assign_attrs(sequence_id="0002")
    with pytest.raises(BadInput, match=r"sequence_id: '0002'; expected 0001"):
        products.calibrate([session[0], other], SITE)
    with pytest.raises(BadInput, match="one record or more"):
        products.calibrate([], SITE)


def test_level_1_is_no_dynamic_spectrum(session):
    with pytest.raises(BadInput, match=r"level: 'raw'; expected calibrated spectra"):
        products.dynamic_spectrum(session[0])


def test_session_without_one_good_spectrum_is_named(level2):
    level2 = level2.assign(quality=level2["quality"] * 0 + 1)
    with pytest.raises(BadInput, match=r"quiet spectra: 0; expected 30 or more"):
        products.dynamic_spectrum(level2)


def test_profile_is_the_convolution_it_says():
    for t in (-3.0, 0.0, 2.0, 30.0):
        width, decay = 1.5, 6.0

        def both(s, t=t):
            return np.exp(-0.5 * (s / 1.5) ** 2) / 1.5 / np.sqrt(2 * np.pi) * np.exp(-(t - s) / 6.0) / 6.0 * (s < t)

        expected = quad(both, -15, min(t, 15.0), limit=200)[0]
        assert profile(t, width, decay) == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(profile(np.array([-1e4, 1e5]), 0.5, 3.0)).all()


def test_exact_power_law_is_found_exactly():
    f = np.geomspace(1e6, 30e6, 20)
    t = 12.0 + 90.0 * (f / 1e6) ** -0.84
    found = products.drift(f, t, np.full(20, 0.1))
    assert found.exponent == pytest.approx(1.84, abs=1e-6)
    assert found.rate_1mhz == pytest.approx(1e6 / (90.0 * 0.84), rel=1e-5)
    assert found.time(f) == pytest.approx(t)


def test_picture_is_the_same_every_time(product, tmp_path):
    from PIL import Image

    first, second = (products.write_picture(product, tmp_path / name) for name in ("a.png", "b.png"))
    assert first.read_bytes() == second.read_bytes()
    with Image.open(first) as image:
        assert image.size == (1280, 640)
        assert len(np.unique(np.asarray(image.convert("L")))) > 100
