"""Momentum wheels and propellant of a relay."""

import math

import pytest

from farside.errors import BadInput
from farside.flight.stationkeeping import Wheels, unloading_budget


def lines(upkeep_m_s: float = 2.4, **changed: float) -> dict[str, float]:
    return {line.name: line.value for line in unloading_budget(upkeep_m_s, **changed)}


def test_momentum_that_sunlight_gives_is_what_thrusters_take():
    wheels = Wheels.queqiao(area_m2=20.0, cr=1.5, offset_m=0.3, lever_m=0.6, unloading_days=2.0)
    assert wheels.torque_n_m == pytest.approx(4.56e-6 * 1.5 * 20.0 * 0.3)
    a_year = 4.56e-6 * 1.5 * 20.0 * 0.3 * 365.25 * 86_400.0
    assert wheels.unloading_kg_year == pytest.approx(a_year / 0.6 / (220.0 * 9.80665))


def test_full_wheels_are_emptied_before_their_time():
    slow, fast = Wheels.queqiao(offset_m=0.1), Wheels.queqiao(offset_m=1.0)
    assert slow.days_between == slow.unloading_days < slow.days_to_fill
    assert fast.days_between == fast.days_to_fill < fast.unloading_days
    assert slow.days_to_fill == pytest.approx(10.0 * fast.days_to_fill)


def test_with_the_push_in_the_middle_no_wheel_is_ever_full():
    budget = lines(offset_m=0.0)
    assert math.isinf(budget["days_to_fill"])
    assert budget["unloading_kg_year"] == 0.0
    assert math.isinf(lines(0.0, offset_m=0.0)["life_years"])


def test_80_g_are_the_burn_of_0_4_m_s_that_they_are_said_to_be():
    wheels = Wheels.queqiao(way_m_s=0.0, mass_kg=400.0)
    assert wheels.upkeep_kg_year(0.43) == pytest.approx(0.080, abs=0.001)
    assert wheels.flown_kg_year == pytest.approx(3.25, abs=0.01)


def test_life_is_the_propellant_left_over_what_a_year_takes():
    budget = lines(2.4)
    year = budget["unloading_kg_year"] + budget["upkeep_kg_year"]
    assert budget["life_years"] == pytest.approx(budget["left_kg"] / year)
    assert budget["left_kg"] + 448.7 * (1.0 - math.exp(-300.0 / (220.0 * 9.80665))) == pytest.approx(105.0)
    assert lines(20.0)["life_years"] < budget["life_years"]


def test_every_number_says_whether_it_is_published_assumed_given_or_computed():
    budget = {line.name: line for line in unloading_budget(2.4, lever_m=1.0)}
    assert budget["propellant_kg"].basis == budget["unloading_days"].basis == "published"
    assert budget["isp_s"].basis == budget["offset_m"].basis == "assumed"
    assert (budget["lever_m"].basis, budget["lever_m"].value) == ("given", 1.0)
    assert budget["life_years"].basis == "computed"
    assert all(line.source for line in budget.values() if line.basis != "given")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lever_m": 0.0}, r"wheels\.lever_m: 0\.0; expected above 0"),
        ({"offset_m": -0.1}, r"wheels\.offset_m: -0\.1; expected 0 or more"),
        ({"isp_s": math.nan}, r"wheels\.isp_s: nan"),
        ({"way_m_s": 700.0}, r"wheels\.way_m_s: 700\.0; expected less than 575, all propellant"),
    ],
)
def test_impossible_wheels_are_refused(changed, said):
    with pytest.raises(BadInput, match=said):
        unloading_budget(2.4, **changed)


def test_negative_upkeep_is_refused():
    with pytest.raises(BadInput, match=r"upkeep_m_s: -1\.0; expected 0 or more"):
        unloading_budget(-1.0)
