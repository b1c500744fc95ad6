"""What is learnt from what arrived: first sprout, growth, gases, and the files they are shown in."""

import dataclasses
import hashlib

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from farside.errors import BadInput
from farside.geometry import Site, utc_to_t
from farside.instruments.biosphere import numbers, pack, unpack, view
from farside.payload.biosphere import Plan, live, observe
from farside.products.biosphere import balanced, biosphere, charts, growth, reflectance, timelapse, write_picture
from farside.products.biosphere.sprout import change_point

SITE = Site(-45.4446, 177.5991, -5935.0)
ON = utc_to_t("2019-01-03T15:18:00Z")
DAY, EVERY_S = 86400.0, 9000.0


def photograph(life, until, seed, binning):
    times = np.arange(life.t[0] + 60.0, until, EVERY_S)
    return [unpack(pack(observe(life, t, "a", k, "0001", seed, binning))) for k, t in enumerate(times)]


def test_the_first_sprout_is_found_within_two_frames_of_the_truth(life, frames):
    found = growth(frames).attrs
    assert abs(utc_to_t(found["first_sprout_utc"]) - life.first_sprout_t) <= 2 * EVERY_S
    assert utc_to_t(found["first_sprout_low_utc"]) <= life.first_sprout_t <= utc_to_t(found["first_sprout_high_utc"])


def test_so_it_is_for_other_seeds():
    life = live(SITE, Plan(ON, None, ON + 3600.0), ON + 4.5 * DAY, 101, step_s=60.0)
    found = growth(photograph(life, life.first_sprout_t + DAY, 101, 2)).attrs
    assert abs(utc_to_t(found["first_sprout_utc"]) - life.first_sprout_t) <= 2 * EVERY_S


def test_nothing_sprouts_where_no_seed_does():
    life = live(SITE, Plan(ON, None, ON + 3600.0), ON + 4.0 * DAY, 5, step_s=60.0)
    seeds = life.brood.seeds.copy()
    seeds[:, 1] = np.inf  # roots, drops and silkworms as usual, but no leaf
    barren = dataclasses.replace(life, brood=dataclasses.replace(life.brood, seeds=seeds))
    found = growth(photograph(barren, ON + 3.9 * DAY, 5, 2))
    assert found.attrs["first_sprout_utc"] == ""
    assert float(found["area_mm2"].max()) == 0.0


def test_a_colour_cast_does_not_move_the_first_sprout(frames):
    plain = utc_to_t(growth(frames).attrs["first_sprout_utc"])
    tinted = []
    for frame in frames:
        dn = frame["dn"].to_numpy().astype(float) - 32.0
        dn[::2, ::2] *= 0.8
        dn[1::2, 1::2] *= 0.9
        tinted.append(frame.assign(dn=(("line", "sample"), np.rint(dn + 32.0).clip(0, 1023).astype(np.uint16))))
    assert utc_to_t(growth(tinted).attrs["first_sprout_utc"]) == pytest.approx(plain, abs=EVERY_S)


def test_growth_goes_on(frames):
    area = growth(frames)["area_mm2"].to_numpy()
    assert area[-1] > 20.0
    assert area[-1] > area[-5]


def test_the_change_point_of_a_ramp_is_its_foot():
    t = np.arange(40) * EVERY_S
    foot = 20.3 * EVERY_S
    area = 30.0 * np.maximum(t - foot, 0.0) / DAY
    found, low, high = change_point(t, area, np.full(40, 0.25))
    assert low <= foot <= high
    assert found == pytest.approx(foot, abs=0.7 * EVERY_S)
    assert change_point(t, np.zeros(40), np.full(40, 0.25)) is None


@pytest.mark.parametrize("day", [0.1, 4.0, 8.6])
def test_the_cards_patches_have_their_reflectances_at_noon_and_at_dusk(life, day):
    rgb = reflectance(observe(life, ON + day * DAY, "a", 0, "0001", 20190103))
    card = numbers()["card"]
    for k, known in enumerate(card["reflectance"]):
        place = [card["centre_mm"][0] + (k - 1) * card["size_mm"][0] / 3, card["centre_mm"][1], 0.0]
        i, j = np.rint(view("a").project(np.array([place]))[0, :2]).astype(int)
        np.testing.assert_allclose(np.median(rgb[j - 4 : j + 5, i - 4 : i + 5], (0, 1)), known, rtol=0.1, atol=0.02)


def test_a_level_2_picture_is_colour_and_says_where_it_comes_from(frames):
    picture = balanced(frames[0])
    assert picture["dn"].dims == ("line", "sample", "band")
    assert picture["dn"].dtype == np.uint8
    assert picture.attrs["level"] == "2C"
    assert frames[0].attrs["start_utc"][:4] in picture.attrs["provenance"]
    with pytest.raises(BadInput, match="level 1"):
        balanced(picture)


def test_the_hourly_means_of_the_truth_lie_within_three_sigma(life, telemetry):
    product = charts(telemetry)
    truth = {
        "soil_temperature_k": life.soil_k,
        "pressure_pa": life.pressure_pa,
        "co2": life.shared("air.co2") / life.gas,
        "o2": life.shared("air.o2") / life.gas,
        "o2_mol": life.shared("air.o2"),
        "co2_mol": life.shared("air.co2"),
    }
    t = product["t"].to_numpy()
    steady = t > ON + 0.3 * DAY  # the first warming is faster than the hour over which readings are averaged
    for name, values in truth.items():
        error = product[name].to_numpy() - np.interp(t, life.t, uniform_filter1d(values, 30))  # an hour
        limit = 3.0 * np.sqrt(product[f"{name}_variance"].to_numpy())
        assert (np.abs(error) <= limit)[steady].mean() > 0.99, name


def test_the_exchange_of_co2_is_the_truths_slope(life, telemetry):
    product = charts(telemetry)
    t = product["t"].to_numpy()
    inner = (t > ON + 0.5 * DAY) & (t < ON + 8.5 * DAY)
    slope = np.interp(t, life.t, np.gradient(life.shared("air.co2"), life.t))
    error = (product["co2_mol_s"].to_numpy() - slope)[inner]
    sigma = np.sqrt(product["co2_mol_s_variance"].to_numpy())[inner]
    assert np.abs(error).max() < 0.1 * np.abs(slope[inner]).max()
    assert (np.abs(error) < 1.645 * sigma + 0.02 * np.abs(slope[inner]).max()).mean() > 0.8


def test_one_product_joins_sensors_and_pictures_and_draws_the_same_page_twice(telemetry, frames, tmp_path):
    product = biosphere(telemetry, frames)
    assert {"co2", "co2_variance", "area_mm2", "area_mm2_variance"} <= set(product.data_vars)
    assert product.attrs["first_sprout_utc"] == growth(frames).attrs["first_sprout_utc"]
    assert product.attrs["provenance"].count("sha256") == len(frames) + 1
    first, second = (write_picture(product, tmp_path / f"{k}.png").read_bytes() for k in (1, 2))
    assert first[:4] == b"\x89PNG"
    assert first == second


def test_charts_without_pictures_are_charts(telemetry, tmp_path):
    product = biosphere(telemetry)
    assert product.attrs["first_sprout_utc"] == ""
    assert write_picture(product, tmp_path / "charts.png").stat().st_size > 10_000


def test_the_time_lapse_is_a_film_and_the_same_bytes_again(frames, tmp_path):
    import av

    films = [timelapse(frames[-9:], tmp_path / f"{k}.mp4") for k in (1, 2)]
    assert len({hashlib.sha256(f.path.read_bytes()).hexdigest() for f in films}) == 1
    with av.open(str(films[0].path)) as film:
        shown = list(film.decode(video=0))
    assert len(shown) == films[0].frames == 9
    assert (shown[0].width, shown[0].height) == (640, 480)


def test_too_few_pictures_mixed_cameras_and_no_readings_are_refused(life, frames, telemetry):
    with pytest.raises(BadInput, match="more than 3"):
        growth(frames[:3])
    with pytest.raises(BadInput, match="camera a"):
        growth([*frames[:4], observe(life, ON + DAY, "b", 0, "0001", 1, 2)])
    with pytest.raises(BadInput, match="2 x 2 at most"):
        growth([observe(life, ON + k * DAY, "a", k, "0001", 1, 4) for k in range(4)])
    with pytest.raises(BadInput, match="at least one"):
        timelapse([], "film.mp4")
    with pytest.raises(BadInput, match="at least four"):
        charts({name: values[:2] for name, values in telemetry.items()})
