"""Sun rules, power, battery, warmth, telemetry."""

from dataclasses import replace

import numpy as np
import pytest
from rover_ground import COMMANDED, smooth

from farside.errors import BadInput
from farside.flight.rover import (
    Activity,
    drive_power,
    live,
    next_body_k,
    next_charge,
    panel_power,
    refusal,
    sun_events,
    sun_mode,
    telemetry,
    yutu2,
)
from farside.geometry import t_to_utc, utc_to_t
from farside.instruments.rover_hk import MODES, REFUSALS, Sample, pack_packet, unpack_packets
from farside.sky import sun_distance_au

HOUR = 3600.0
SUNSET = utc_to_t("2019-01-13T20:50:00Z")
BUSY = [Activity(utc_to_t("2019-01-03T15:00:00Z"), SUNSET)]


def light(elevation_deg, morning):
    e = np.radians(elevation_deg)
    return np.array([np.cos(e) * 0.5 * (1 if morning else -1), np.cos(e) * np.sqrt(0.75), np.sin(e)])


@pytest.fixture(scope="module")
def first_day(travel, sun):
    """Instruments on whenever the rules allow, from separation to sunset."""
    return live(travel, sun, sun_distance_au, SUNSET, BUSY)


def events(sun, start, stop):
    return [(t_to_utc(t, 0), mode) for t, mode in sun_events(sun, utc_to_t(start), utc_to_t(stop))]


def test_the_second_lunar_days_wake_and_nap_fall_where_they_were_logged(sun):
    found = events(sun, "2019-01-20T00:00:00Z", "2019-02-12T00:00:00Z")
    at = {mode: utc for utc, mode in found}
    # it wakes at the mean of four logged mornings, 1.5 h after the first of them
    assert utc_to_t(at["waking"]) == pytest.approx(utc_to_t("2019-01-29T12:00:00Z"), abs=3.0 * HOUR)
    assert at["napping"][:10] == "2019-02-04"
    after = next(utc for utc, mode in found if mode == "standby" and utc > at["napping"])
    assert after[:10] == "2019-02-08"


def test_the_first_nap_leaves_the_first_panorama_and_the_portraits_outside(sun):
    modes = sun_mode(sun(np.array([utc_to_t(u) for u in ("2019-01-04T04:15:00Z", "2019-01-11T03:45:00Z")])))
    assert modes.tolist() == ["standby", "standby"]
    assert sun_mode(sun(np.array([utc_to_t("2019-01-07T00:00:00Z")])))[0] == "napping"


def test_noon_rest_lasts_from_39_degrees_rising_to_33_or_34_falling():
    assert sun_mode(light(38.9, True)) == "standby"
    assert sun_mode(light(39.1, True)) == "quiet"
    assert sun_mode(light(44.0, True)) == sun_mode(light(44.0, False)) == sun_mode(light(34.0, False)) == "napping"
    assert sun_mode(light(33.0, False)) == "standby"


def test_night_lasts_from_nine_and_a_half_degrees_falling_to_seven_and_a_half_rising():
    rows = [(10.0, False, "standby"), (9.0, False, "asleep"), (-20.0, True, "asleep"), (8.0, True, "waking")]
    for elevation, morning, mode in rows:
        assert sun_mode(light(elevation, morning)) == mode


def test_commands_outside_their_window_or_without_energy_are_refused_with_a_reason():
    rows = [
        (light(20.0, True), 0.9, None), (light(20.0, False), 0.35, "battery low"),
        (light(42.0, True), 0.9, "noon rest"), (light(5.0, False), 0.9, "sun too low"),
    ]  # fmt: skip
    for sun_now, charge, reason in rows:
        assert refusal(sun_now, charge) == reason
        assert (reason or "none") in REFUSALS


def test_panels_follow_the_cosine_and_the_inverse_square():
    up, level = np.array([[0.0, 0.0, 1.0]]), np.eye(3)[None]
    p = yutu2().power
    tilt = np.radians(p.wing_tilt_deg)
    flux = 1361.0 * np.cos(tilt)
    kelvin = (p.absorptance * flux / (2 * p.emittance * 5.670374e-8)) ** 0.25
    rated = 2 * p.wing_m2 * flux * p.efficiency * p.packing_and_dust * (1 - 0.002 * (kelvin - 301.0))
    assert panel_power(level, up, [1.0])[0] == pytest.approx(rated, rel=1e-6)
    assert panel_power(level, up, [1.1])[0] > rated / 1.1**2  # colder cells work better
    assert panel_power(level, np.array([[0.1, 0.0, -0.01]]), [1.0])[0] == 0.0


def test_driving_on_the_level_draws_some_tens_of_watts_and_more_uphill():
    flat = drive_power(0.0, 0.0)
    assert flat == pytest.approx(140 * 1.635 * 0.08 * 0.056 / 0.3, rel=1e-9)
    assert drive_power(np.sin(np.radians(10.0)), 0.08) > 2.5 * flat
    assert drive_power(-0.3, 0.0) == 0.0


def test_in_force_the_rules_keep_the_battery_above_its_floor_over_the_first_lunar_day(first_day):
    assert first_day.charge.min() > yutu2().power.floor


@pytest.mark.parametrize("tilt", [0.3, -0.3])
def test_even_parked_on_a_steep_slope_away_from_the_sun_the_battery_keeps_its_floor(travel, sun, tilt):
    def slope(x, y):
        return tilt * np.asarray(x) + 0.2 * np.asarray(y)

    there = travel.drives[-1]
    parked = replace(travel, rolloff=replace(travel.rolloff, height=slope), drives=(there,))
    until = utc_to_t("2019-02-01T00:00:00Z")
    life = live(parked, sun, sun_distance_au, until, [Activity(SUNSET - 9 * 86400.0, until)], 900.0)
    assert life.charge.min() > yutu2().power.floor
    assert (life.mode == "working").any()


def test_without_the_rules_the_battery_would_be_empty_at_sunset(travel, sun):
    rover = yutu2()
    free = rover.rules.model_copy(update={"wake_deg": -9.0, "work_deg": -9.0, "sleep_deg": -9.0})
    bold = rover.model_copy(
        update={"rules": free, "power": rover.power.model_copy(update={"shed_below": 0.0, "refuse_below": 0.0})}
    )
    reckless = replace(travel, rolloff=replace(travel.rolloff, rover=bold))
    assert live(reckless, sun, sun_distance_au, SUNSET, BUSY).charge.min() < rover.power.floor


def test_the_battery_keeps_account_of_every_joule(first_day):
    p = yutu2().power
    net = first_day.panel_w - first_day.load_w
    gain = np.where(net > 0.0, p.charge_efficiency, 1.0) * net
    dt = np.diff(first_day.t)
    full = first_day.charge >= 1.0 - 1e-12
    moved = np.diff(first_day.charge) * p.battery_wh * HOUR
    free = ~full[1:] & ~full[:-1]
    np.testing.assert_allclose(moved[free], (gain[:-1] * dt)[free], atol=1e-3)
    assert next_charge(0.5, 0.0, 80.0, HOUR) == pytest.approx(0.4)


def test_radioisotope_heat_warms_and_makes_no_power(first_day):
    night = first_day.mode == "asleep"
    assert night.any()
    assert (first_day.panel_w[night] == 0.0).all()
    assert np.diff(first_day.charge[night]) == pytest.approx(0.0)
    kelvin = 290.0
    for _ in range(5000):
        kelvin = next_body_k(kelvin, 0.0, -0.5, 300.0)
    assert kelvin == pytest.approx((120.0 / (0.7 * 5.670374e-8)) ** 0.25, abs=0.01)  # 235 K
    assert kelvin - 273.15 == pytest.approx(-38.0, abs=1.0)


def test_at_work_and_at_rest_the_inside_stays_within_its_published_limits(first_day):
    low, high = yutu2().heat.limits_c
    day = first_day.mode != "asleep"
    inside = first_day.body_k[day] - 273.15
    assert low < inside.min()
    assert inside.max() < high


def test_nothing_is_asked_of_the_rover_at_noon(first_day):
    assert not np.isin(first_day.mode[sun_is_high(first_day.t)], ["working", "driving", "standby"]).any()
    assert (first_day.mode == "working").any()
    assert set(first_day.mode) <= set(MODES)


def sun_is_high(t):
    return (t > utc_to_t("2019-01-04T12:00:00Z")) & (t < utc_to_t("2019-01-09T12:00:00Z"))


def test_an_activity_of_unknown_kind_is_named(travel, sun):
    with pytest.raises(BadInput, match="dancing"):
        live(travel, sun, sun_distance_au, COMMANDED + HOUR, [Activity(COMMANDED, COMMANDED + 60.0, "dancing")])


def test_short_drives_cost_their_energy_whatever_the_step(travel, sun):
    until = utc_to_t("2019-01-12T00:00:00Z")
    spent = []
    for step in (60.0, 600.0):
        e = live(travel, sun, sun_distance_au, until, (), step)
        asked = np.array([yutu2().power.loads_w[str(m)] for m in e.mode])
        spent.append(float(((e.load_w - asked)[:-1] * np.diff(e.t)).sum()))
    assert spent[0] == pytest.approx(spent[1], rel=1e-6)
    way = travel.true_m(travel.stop)
    assert spent[0] == pytest.approx(140 * 1.635 * 0.08 / 0.3 * way, rel=0.25)


def test_a_first_day_comes_home_as_housekeeping_packets(travel, first_day):
    times = np.linspace(travel.rolloff.commanded, travel.stop + HOUR, 25)
    samples = [Sample(**telemetry(travel, first_day, float(t))) for t in times]
    columns = unpack_packets(b"".join(pack_packet(s, k) for k, s in enumerate(samples)))
    np.testing.assert_allclose(columns["t"], times, atol=2**-16)
    assert columns["charge"].min() > 0.3
    assert columns["odometer_m"][-1] == pytest.approx(travel.odometer_m(travel.stop), rel=1e-6)
    last = travel.believed_place(travel.stop)
    np.testing.assert_allclose(columns["position_m"][-1, :2], [last.x, last.y], atol=1e-5)
    assert columns["position_m"][-1, 2] == pytest.approx(float(smooth(last.x, last.y)), abs=0.05)
    np.testing.assert_allclose(np.linalg.norm(columns["quaternion"], axis=1), 1.0, atol=1e-6)
