"""Link budgets: the worked case and the values of the fact sheet, the beam on the Moon, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.errors import BadInput
from farside.link.frame import required_ebn0_db
from farside.link.radio import (
    Coverage,
    Dish,
    Sight,
    budget,
    budget_table,
    free_space_loss_db,
    moon_share,
    number,
    radio,
    read_radio,
    sight,
)
from farside.link.radio.antenna import SIDE_LOBE_DB

FARTHEST_KM = 483_593.0
STEADY = {"terminals": {name: {"pointing_error_deg": 0.0} for name in ("kashi", "jiamusi", "relay-spiral")}}


def value(found, name):
    return number(next(row.value for row in found.rows if row.name == name))


# What the fact sheet works out -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("station", "g_t", "cn0", "ebn0"),
    [("kashi", 36.1, 71.9, (8.9, 5.8, 1.9)), ("jiamusi", 41.6, 77.4, (14.4, 11.4, 7.4))],
)
def test_the_worked_s_band_case_comes_out(station, g_t, cn0, ebn0):
    found = budget(radio(STEADY).link("relay-earth", station), Sight(FARTHEST_KM))
    assert value(found, "G/T") == pytest.approx(g_t, abs=0.06)
    assert found.cn0_dbhz == pytest.approx(cn0, abs=0.06)
    assert [found.ebn0_db(rate) for rate in (2e6, 4e6, 10e6)] == pytest.approx(ebn0, abs=0.06)


@pytest.mark.parametrize(
    ("frequency_ghz", "distance_km", "loss_db"),
    [(2.2345, 407_806, 211.6), (2.2345, 483_593, 213.1), (8.47, 46_624, 204.4), (8.47, 77_165, 208.8),
     (8.47, 483_593, 224.7), (8.45, 47_000, 204.4), (8.45, 79_000, 208.9), (2.25, 400_000, 211.5)],
)  # fmt: skip
def test_free_space_loss_is_as_tabled(frequency_ghz, distance_km, loss_db):
    assert free_space_loss_db(distance_km, frequency_ghz) == pytest.approx(loss_db, abs=0.06)


def test_the_dish_of_the_relay_gains_what_its_size_says_and_more_than_is_quoted():
    dish = Dish(diameter_m=4.2, efficiency=0.55)
    assert [dish.axis_dbi(f) for f in (7.2, 8.47)] == pytest.approx([47.4, 48.8], abs=0.06)
    assert [dish.beam_deg(f) for f in (7.2, 8.47)] == pytest.approx([0.69, 0.59], abs=0.006)
    assert dish.loss_db(8.47, 0.06) == pytest.approx(0.12, abs=0.01)
    for frequency, efficiency in ((7.2, 0.25), (8.47, 0.18)):
        quoted = Dish(diameter_m=4.2, efficiency=efficiency)
        assert quoted.axis_dbi(frequency) == pytest.approx(44.0, abs=0.15)
    assert radio().terminals["relay-dish"].antenna.axis_dbi(8.47) == 44.0


def test_published_rates_stand_in_the_table():
    hops = radio().hops
    assert hops["lander-relay"].rates_bps == (1400.0, 50e3, 280e3, 555e3)
    assert hops["rover-relay"].rates_bps == (700.0, 140e3, 285e3)
    assert hops["relay-lander"].rates_bps == hops["relay-rover"].rates_bps == (125.0,)
    assert hops["relay-earth"].rates_bps == hops["relay-earth-x"].rates_bps == (1e6, 2e6, 4e6, 10e6)
    assert (hops["telemetry"].rates_bps, hops["earth-relay"].rates_bps) == ((2048.0,), (1000.0,))


# Antennas and the Moon in the beam ---------------------------------------------------------------------------------


def test_beside_its_axis_a_dish_loses_until_the_first_side_lobe_and_a_spiral_nothing_in_its_cone():
    dish, spiral = Dish(diameter_m=4.2, gain_dbi=44.0), Coverage(gain_dbi=6.0, half_angle_deg=32.0)
    half = dish.beam_deg(8.47) / 2
    assert dish.loss_db(8.47, [0.0, half, 90.0]) == pytest.approx([0.0, 3.0, SIDE_LOBE_DB])
    assert spiral.loss_db(2.2, [0.0, 29.0, 32.0]) == pytest.approx([0.0, 0.0, 0.0])
    assert np.all(np.diff(spiral.loss_db(2.2, np.linspace(32.0, 96.0, 50))) > 0)
    assert spiral.loss_db(2.2, 180.0) == SIDE_LOBE_DB


@pytest.mark.parametrize(("beam", "off", "radius"), [(0.6, 1.3, 1.5), (0.6, 1.9, 1.6), (2.0, 0.5, 1.0), (64.0, 20, 2)])
def test_the_share_of_the_beam_on_the_moon_is_the_integral_of_the_beam_over_its_disc(beam, off, radius):
    r = (np.arange(2000) + 0.5) * radius / 2000
    angle = (np.arange(720) + 0.5) * np.pi / 360
    x = off + r[:, None] * np.cos(angle)
    gauss = np.exp(-4 * np.log(2) * (x**2 + (r[:, None] * np.sin(angle)) ** 2) / beam**2)
    total = np.pi * beam**2 / (4 * np.log(2))
    share = (gauss * r[:, None]).sum() * (radius / 2000) * (np.pi / 360) / total
    assert moon_share(beam, off, radius) == pytest.approx(share, rel=1e-4)


def test_a_beam_within_the_moon_is_filled_and_one_beside_it_empty():
    assert moon_share(0.1, 0.5, 1.5) == pytest.approx(1.0)
    assert moon_share(0.1, 3.0, 1.5) == pytest.approx(0.0)


def still(*vector):
    return lambda t: np.tile(np.array(vector, float), (len(t), 1))


PLACES = {
    "site": still(-1213.7, 50.9, -1233.8),
    "relay": still(-62_000.0, 0.0, -12_000.0),
    "station": still(380e3, 0.0, 0.0),
}


def test_a_dish_pointed_at_the_moons_centre_looks_past_the_site():
    at_moon = radio({"terminals": {"relay-dish": {"aim": "moon"}}})
    site, moon = (
        budget(link, sight(link, PLACES, np.zeros(1)))
        for link in (chosen.link("lander-relay") for chosen in (radio(), at_moon))
    )
    a, b = PLACES["site"]([0])[0] - PLACES["relay"]([0])[0], -PLACES["relay"]([0])[0]
    apart = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
    assert 0.6 < apart < 1.9
    lost = Dish(diameter_m=4.2, gain_dbi=44.0).loss_db(8.47, apart + 0.06)
    assert value(moon, "receiver's pointing") == pytest.approx(-float(lost))
    assert value(site, "receiver's pointing") == pytest.approx(-0.12, abs=0.01)
    assert value(moon, "system noise") > value(site, "system noise")  # all of its beam is on the Moon


def test_the_moon_warms_the_relays_ear_and_no_other():
    noise_k = {}
    for hop in ("lander-relay", "relay-earth", "relay-lander"):
        link = radio().link(hop, "kashi")
        noise_k[hop] = value(budget(link, sight(link, PLACES, np.zeros(1))), "system noise")
    assert 300.0 < noise_k["lander-relay"] <= 400.0
    assert (noise_k["relay-earth"], noise_k["relay-lander"]) == pytest.approx((100.0, 450.0), abs=0.01)


def test_the_spiral_sees_the_earth_beside_its_axis():
    link = radio().link("relay-earth", "kashi")
    found = sight(link, PLACES, np.zeros(1))
    site, earth = (PLACES[name]([0])[0] - PLACES["relay"]([0])[0] for name in ("site", "station"))
    cosine = site @ earth / np.linalg.norm(site) / np.linalg.norm(earth)
    assert found.sender_off_deg == pytest.approx(np.degrees(np.arccos(cosine)))
    assert found.receiver_off_deg == pytest.approx(0.0)


# Sums and laws -----------------------------------------------------------------------------------------------------


def test_the_lines_add_up():
    link = radio().link("lander-relay")
    found = budget(link, sight(link, PLACES, np.zeros(1)))
    decibels = [number(row.value) for row in found.rows if row.name not in ("EIRP", "G/T", "C/N0", "system noise")]
    total = sum(decibels) - 10 * np.log10(value(found, "system noise")) + 228.599
    assert found.cn0_dbhz == pytest.approx(total, abs=1e-3)
    needed = required_ebn0_db("conv-rs", 1e-6) + 1.5
    assert found.margin_db(555e3) == pytest.approx(total - 10 * np.log10(555e3) - needed, abs=1e-3)


def test_the_power_of_the_carrier_is_not_the_datas():
    found = budget(radio().link("earth-relay", "kashi"), Sight(FARTHEST_KM))
    assert found.ebn0_db(1000.0) == pytest.approx(found.cn0_dbhz - 30.0 - 4.0)


@given(st.floats(1e3, 1e6), st.floats(1.01, 10.0), st.floats(0.1, 1e4))
def test_twice_the_way_costs_six_decibels_and_power_pays_for_them(distance, factor, power):
    def cn0(d, p):
        return budget(radio({"terminals": {"relay-spiral": {"power_w": p}}}).link("relay-earth"), Sight(d)).cn0_dbhz

    assert cn0(distance, power) - cn0(factor * distance, power) == pytest.approx(20 * np.log10(factor))
    assert cn0(factor * distance, factor**2 * power) == pytest.approx(cn0(distance, power))


def test_a_station_without_an_antenna_of_its_own_has_that_of_any():
    r = radio()
    assert r.link("relay-earth", "Jiamusi").receiver.antenna.diameter_m == 66.0
    assert r.link("relay-earth", "Canberra").receiver == r.terminals["station"]


def test_the_table_has_a_column_for_each_link_and_every_loss_once():
    r = radio({"hops": {"relay-earth": {"losses_db": {"rain": 2.0}}}})
    columns = {hop: budget(r.link(hop, "kashi"), Sight(FARTHEST_KM)) for hop in ("relay-earth", "relay-earth-x")}
    lines = budget_table(columns, [("UTC", ["now", "then"])]).splitlines()
    assert lines[0].split() == ["relay-earth", "relay-earth-x"]
    named = [line[:26].strip() for line in lines[1:]]
    assert len(set(named)) == len(named)
    assert next(line for line in lines if line.startswith("rain")).split() == ["rain,", "dB", "-2.0"]
    assert next(line for line in lines if line.startswith("C/N0")).split()[2:] == [
        f"{found.cn0_dbhz:.1f}" for found in columns.values()
    ]


# What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"terminals": {"relay-dish": {"power_w": -20.0}}}, "terminals.relay-dish.power_w", "greater than 0"),
        ({"hops": {"relay-earth": {"frequency_ghz": 0.0}}}, "hops.relay-earth.frequency_ghz", "greater than 0"),
        ({"terminals": {"kashi": {"antenna": {"diameter_m": 0, "efficiency": 0.6}}}},
         "terminals.kashi.antenna.diameter_m", "greater than 0"),
        ({"terminals": {"kashi": {"antenna": {"diameter_m": 35}}}}, "terminals.kashi.antenna", "efficiency"),
        ({"terminals": {"kashi": {"antenna": {"diameter_m": 35, "efficiency": 1.2}}}},
         "terminals.kashi.antenna.efficiency", "less than or equal to 1"),
        ({"terminals": {"kashi": {"antenna": {"gain_dbi": 3.0, "half_angle_deg": 0}}}},
         "terminals.kashi.antenna.half_angle_deg", "greater than 0"),
        ({"hops": {"rover-relay": {"rates_bps": [700, 285e3, 140e3]}}}, "hops.rover-relay", "increase"),
        ({"hops": {"rover-relay": {"rates_bps": []}}}, "hops.rover-relay.rates_bps", "at least 1 item"),
        ({"terminals": {"kashi": {"noise_k": 0.0}}}, "terminals.kashi.noise_k", "greater than 0"),
        ({"moon_k": -1.0}, "moon_k", "greater than or equal to 0"),
        ({"hops": {"rover-relay": {"code": "morse"}}}, "hops.rover-relay", "morse"),
        ({"hops": {"rover-relay": {"receiver": "ear"}}}, "", "'ear'"),
        ({"hops": {"rover-relay": {"receiver": "relay-dish-to-earth"}}}, "", "a noise_k of relay-dish-to-earth"),
        ({"terminals": {"kashi": {"antena": 1}}}, "terminals.kashi.antena", "no such field"),
        ({"hops": 5}, "hops", "dictionary"),
        ({"wanted_margin": 1}, "wanted_margin", "no such field"),
    ],
)  # fmt: skip
def test_what_no_radio_has_is_refused_in_one_line(changes, field, expected):
    with pytest.raises(BadInput) as refused:
        radio(changes, "mine.yaml")
    assert str(refused.value).startswith(f"mine.yaml: {field}")
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_replaces_what_it_names_and_nothing_else(tmp_path):
    (tmp_path / "mine.yaml").write_text("terminals: {kashi: {noise_k: 60}}\nhops: {relay-earth: {code: ldpc-7/8}}\n")
    mine, theirs = read_radio(tmp_path / "mine.yaml"), radio()
    assert mine.terminals["kashi"] == theirs.terminals["kashi"].model_copy(update={"noise_k": 60.0})
    assert mine.hops["relay-earth"] == theirs.hops["relay-earth"].model_copy(update={"code": "ldpc-7/8"})
    assert {name for name, hop in mine.hops.items() if hop != theirs.hops[name]} == {"relay-earth"}


@pytest.mark.parametrize("text", ["- 1\n", "a: [\n", "terminals: {kashi: {power_w: much}}\n"])
def test_a_file_that_is_none_of_a_radio_is_told_by_name(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"mine\.yaml"):
        read_radio(tmp_path / "mine.yaml")
    with pytest.raises(BadInput, match=r"none\.yaml"):
        read_radio(tmp_path / "none.yaml")


def test_a_hop_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(BadInput, match="lander-relay"):
        radio().link("moon-sun")
