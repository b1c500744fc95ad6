"""What the lander does with the experiment's commands, and what it refuses."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import simpy
from pydantic import ValidationError

from farside.geometry import Site, utc_to_t
from farside.instruments import unpack
from farside.instruments.biosphere import numbers, unpack_packets
from farside.payload.biosphere import Plan, observe
from farside.twin import mission
from farside.twin.canister import Canister
from farside.twin.commands.biosphere_photograph import BiospherePhotograph
from farside.twin.commands.biosphere_power import BiospherePower
from farside.twin.commands.biosphere_report import BiosphereReport
from farside.twin.commands.biosphere_water import BiosphereWater
from farside.twin.quality import qualities
from farside.twin.when import When

SITE = Site(-45.4446, 177.5991, -5935.0)
START = utc_to_t("2019-01-03T15:00:00Z")


class Lander:
    """As much of a lander as the experiment needs."""

    def __init__(self, every=1):
        self.env = simpy.Environment()
        self.canister = Canister(SITE, 1, START + 86400.0)
        self.quality = SimpleNamespace(biosphere=SimpleNamespace(every=every, binning=2))
        self.shots, self.bundles, self.refused = [], [], []

    @property
    def t(self):
        return START + self.env.now

    def wait(self, seconds):
        return self.env.timeout(max(seconds, 0.0))

    def has_passed(self, when):
        return self.t >= when.resolve({})

    def carry_out(self, shots):
        self.shots += [(shot.view, shot.make()) for shot in shots]
        yield self.wait(0.0)

    def report(self, packets):
        self.bundles.append(packets)

    def refuse(self, order, reason):
        self.refused.append((order.do, reason))

    def load(self, *orders):
        for order in orders:
            self.env.process(self._obey(order))

    def _obey(self, order):
        yield self.wait(When.parse(order.at).resolve({}) - self.t)
        if (reason := order.refusal(self)) is not None:
            self.refuse(order, reason)
        else:
            yield from order.run(self)


def order(kind, at, **arguments):
    return kind.model_validate({"at": f"2019-01-03T{at}Z", "do": kind.model_fields["do"].annotation.__args__[0],
                                "with": arguments})  # fmt: skip


def until(hour):
    return f"2019-01-03T{hour}Z"


def photograph(at, until, **more):
    arguments = {"sequence_id": "0001", "camera": "a", "until": until, "every_s": 600.0, **more}
    return order(BiospherePhotograph, at, **arguments)


ON, WATER, OFF = (
    order(BiospherePower, "15:10:00", on=True),
    order(BiosphereWater, "15:35:00"),
    order(BiospherePower, "16:04:00", on=False),
)


def test_pictures_show_what_was_commanded_until_then_and_end_with_the_power():
    lander = Lander()
    lander.load(ON, WATER, OFF, photograph("15:20:00", until("17:00:00")))
    lander.env.run()
    views = [view for view, _ in lander.shots]
    assert [view.t - START for view in views] == pytest.approx([1200.0, 1800.0, 2400.0, 3000.0, 3600.0])
    dry = Plan(pytest.approx(START + 600.0))
    wet = replace(dry, water_t=pytest.approx(START + 2100.0))
    assert [view.plan for view in views] == [dry] * 2 + [wet] * 3
    assert lander.refused == [("biosphere.photograph", "powered off")]


def test_a_record_is_the_picture_of_its_view_alone():
    lander = Lander()
    lander.load(ON, WATER, photograph("15:40:00", until("15:50:00")))
    lander.env.run()
    ((view, record),) = lander.shots
    again = observe(life_of(view), view.t, "a", 0, "0001", view.seed, 2)
    assert unpack(record).attrs == again.attrs


def life_of(view):
    canister = Canister(view.site, view.seed, START + 86400.0)
    canister.plan = view.plan
    return canister.life


def test_a_command_alone_computes_nothing_and_a_known_plan_is_computed_once():
    lander = Lander()
    lander.load(ON, WATER)
    lander.env.run()
    assert lander.canister.life is lander.canister.life


def test_a_quality_takes_every_so_manieth_picture_at_its_commanded_time():
    full, coarse = Lander(), Lander(every=3)
    shoot = photograph("15:20:00", until("16:15:00"))
    for lander in (full, coarse):
        lander.load(ON, shoot)
        lander.env.run()
        assert len(lander.shots) == shoot.records(lander.quality)
    times = [[(view.index, view.t) for view, _ in lander.shots] for lander in (full, coarse)]
    assert times[1] == times[0][::3]


def test_sensors_are_read_until_the_power_goes_and_sent_by_the_hour():
    lander = Lander()
    lander.load(ON, OFF, order(BiosphereReport, "15:10:00", until=until("18:00:00"), every_s=300.0))
    lander.env.run()
    columns = unpack_packets(b"".join(packet for bundle in lander.bundles for packet in bundle))
    assert len(lander.bundles) == 1
    assert columns["t"] - START == pytest.approx([600.0 + 300.0 * k for k in range(11)], abs=1e-4)
    assert columns["count"].tolist() == list(range(11))
    assert lander.refused == [("biosphere.report", "powered off")]


def test_without_power_nothing_is_done():
    lander = Lander()
    early = (
        order(BiosphereWater, "15:01:00"),
        photograph("15:02:00", until("15:30:00")),
        order(BiosphereReport, "15:03:00", until=until("15:30:00"), every_s=60.0),
        order(BiospherePower, "15:04:00", on=False),
    )
    lander.load(*early)
    lander.env.run()
    assert lander.refused == [(command.do, "not powered") for command in early]
    assert not lander.shots and not lander.bundles


def test_it_is_powered_once_watered_once_and_off_for_good():
    lander = Lander()
    lander.load(ON, order(BiospherePower, "15:11:00", on=True), WATER, order(BiosphereWater, "15:36:00"), OFF)
    lander.load(order(BiospherePower, "16:10:00", on=True), order(BiosphereWater, "16:11:00"))
    lander.load(photograph("16:12:00", until("16:30:00")))
    lander.env.run()
    assert lander.refused == [
        ("biosphere.power", "powered already"),
        ("biosphere.water", "watered already"),
        ("biosphere.power", "powered off"),
        ("biosphere.water", "powered off"),
        ("biosphere.photograph", "powered off"),
    ]


@pytest.mark.parametrize("until", ["2019-01-03T15:00:00Z", "touchdown+4h", "2019-04-03T15:00:00Z"])
def test_pictures_that_cannot_be_counted_are_refused_at_once(until):
    with pytest.raises(ValidationError, match="until later than at"):
        photograph("15:20:00", until)


def test_the_mission_powers_and_photographs_as_published():
    orders = [o for s in mission.load("chang-e-4").sequences for o in s.commands if o.do.startswith("biosphere.")]
    power = [utc_to_t(o.at) for o in orders if o.do == "biosphere.power"]
    c = numbers()["canister"]
    assert power[0] == pytest.approx(utc_to_t(c["power_on_utc"].strftime("%Y-%m-%dT%H:%M:%SZ")))
    assert power[1] == pytest.approx(utc_to_t(c["power_off_utc"].strftime("%Y-%m-%dT%H:%M:%SZ")), abs=1800.0)
    pictures = [sum(o.records(qualities()[name]) for o in orders) for name in ("draft", "standard")]
    assert pictures[0] == 44 and c["pictures"] <= pictures[1] <= 1.05 * c["pictures"]
