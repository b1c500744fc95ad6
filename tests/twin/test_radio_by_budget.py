"""Rates and losses that a mission file leaves to the link budget: what is planned, what is lost, and that it flies."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import simpy
import yaml

from farside.errors import BadInput
from farside.link.radio import budget, radio, sight
from farside.sky import site_motion
from farside.twin import World, builtin, load_mission, qualities
from farside.twin.contacts import Contacts
from farside.twin.link import LinkSpec, network
from farside.twin.radio import Losses
from farside.work import Pool, Stages

ROVER, RELAY, CENTRE = 11, 20, 40


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    return Stages(tmp_path_factory.mktemp("stages"))


def world(stages, mission) -> World:
    return World(mission, qualities()["draft"], stages, Pool(1), [], lambda what: None)


def mission(rate="by_budget", loss="by_budget", to_surface=125.0, start="2019-01-06T00:00:00Z", **link):
    """Three days of Chang'e 4 about the day on which the relay has come near enough for the rover's highest rate."""
    base = load_mission("chang-e-4")
    return base.model_copy(
        update={
            "span": base.span.model_copy(update={"start_utc": start, "end_utc": "2019-01-09T00:00:00Z"}),
            "rover": base.rover.model_copy(update={"to_relay_bps": rate}),
            "relay": base.relay.model_copy(update={"to_earth_bps": "by_budget", "to_surface_bps": to_surface}),
            "link": LinkSpec(frame_loss={"surface": loss, "earth": loss}, **link),
        }
    )


@pytest.fixture(scope="module")
def near(stages):
    """World and contacts."""
    made = world(stages, mission())
    return made, Contacts(made)


def of(contacts, *ends):
    return [c for c in contacts.plan if (c.sender, c.receiver) == ends]


def test_the_rover_goes_up_to_its_highest_rate_when_the_relay_is_near(near):
    _, contacts = near
    assert [c.rate_bps for c in of(contacts, ROVER, RELAY)] == [140e3, 285e3]
    slow, fast = of(contacts, ROVER, RELAY)
    assert (slow.start, slow.end, fast.end) == (0.0, fast.start, contacts.t1 - contacts.t0)
    assert [c.rate_bps for c in of(contacts, RELAY, ROVER)] == [125.0]
    assert [c.rate_bps for c in of(contacts, 10, RELAY)] == [555e3]


def test_each_station_has_the_rate_of_its_dish(near):
    made, contacts = near
    rates = {spec.name: {c.rate_bps for c in of(contacts, RELAY, spec.node)} for spec in made.mission.stations}
    assert rates == {"Jiamusi": {10e6}, "Kashi": {2e6}, "Neuquen": {2e6}}


def test_data_sent_across_a_change_of_rate_come_home_whole(near):
    made, contacts = near
    env = simpy.Environment()
    net = network(env, made.mission, contacts.plan, contacts.light_time, Losses(made, contacts.plan))
    slow, fast = of(contacts, ROVER, RELAY)
    sent = {bytes([k]) * 200_000 for k in range(100)}
    came: list[tuple[float, bytes]] = []
    net.agent(CENTRE).on_delivery(lambda source, created, payload, t: came.append((t, payload)))

    def give(_):
        for payload in sorted(sent):
            net.agent(ROVER).send((CENTRE, 1), payload)

    begun = fast.start - 600.0
    env.timeout(begun).callbacks.append(give)
    env.run(until=fast.end)
    assert {payload for _, payload in came} == sent
    assert len(came) == len(sent)
    assert net.balance().closes
    took = max(t for t, _ in came) - begun
    slowly, fastest = (8 * 200_000 * len(sent) / c.rate_bps for c in (slow, fast))
    assert fastest < took < slowly  # part of it went at either rate


def test_where_the_budget_gives_the_rate_next_to_nothing_is_lost(near):
    made, contacts = near
    losses = Losses(made, contacts.plan)
    t = np.linspace(0.0, contacts.t1 - contacts.t0, 50)
    assert np.all(losses(ROVER, RELAY, t) < 1e-9)
    assert losses(30, CENTRE, 5.0) == 0.0


def test_a_rate_kept_against_the_budget_is_paid_for_with_frames(stages):
    made = world(stages, mission(rate=285e3, radio={"terminals": {"rover-high-gain": {"power_w": 1.3}}}))
    contacts = Contacts(made)
    losses = Losses(made, contacts.plan)
    link = radio(made.mission.link.radio).link("rover-relay")
    places = {"site": site_motion(made.site), "relay": made.orbit.position}
    t = np.array([1000.0, contacts.t1 - contacts.t0 - 1000.0])
    margin = budget(link, sight(link, places, t + contacts.t0)).margin_db(285e3)
    early, late = losses(ROVER, RELAY, t)
    assert margin[0] < 0.0 < margin[1]
    assert early > 0.05 > 1e-3 > late
    assert losses(ROVER, RELAY, 1000.0) == pytest.approx(early)  # a number for a number


def test_no_rate_no_contact(stages):
    for power_w, rates in ((0.02, [700.0]), (1e-6, [])):
        weak = {"terminals": {"rover-high-gain": {"power_w": power_w}}}
        contacts = Contacts(world(stages, mission(radio=weak)))
        assert [c.rate_bps for c in of(contacts, ROVER, RELAY)] == rates


def test_contacts_of_one_direction_follow_each_other(near):
    _, contacts = near
    for ends in {(c.sender, c.receiver) for c in contacts.plan}:
        assert all(a.end <= b.start for a, b in pairwise(of(contacts, *ends)))


# The mission file --------------------------------------------------------------------------------------------------


def test_the_shipped_mission_says_what_it_said_before():
    told = load_mission("chang-e-4").model_dump(mode="json", by_alias=True)
    assert told["link"] == {
        "mode": "bundles",
        "frame_loss": {"surface": 0.0, "earth": 0.0},
        "evict": False,
        "copies": 2,
        "faults": [],
        "random_faults": 0,
    }
    assert told["rover"]["to_relay_bps"] == 285000.0


@pytest.mark.parametrize(
    ("section", "change", "told"),
    [
        ("relay", {"to_earth_bps": -2.0}, "relay.to_earth_bps: -2.0; expected a rate above 0 bit/s, or by_budget"),
        ("rover", {"to_relay_bps": "fast"}, "rover.to_relay_bps: 'fast'; expected a rate above 0 bit/s, or by_budget"),
        ("link", {"frame_loss": {"surface": 0.7}}, "link.frame_loss.surface: 0.7; expected a share of frames"),
        ("link", {"radio": {"terminals": {"kashi": {"power_w": -5}}}}, "terminals.kashi.power_w"),
        ("link", {"radio": {"hops": {"up": {}}}}, "hops.up"),
    ],
)
def test_what_cannot_be_is_told_by_file_and_field(tmp_path, section, change, told):
    text = builtin()["chang-e-4"].read_text()
    lines = yaml.safe_dump({section: change}, default_flow_style=True, width=1000).strip()[1:-1]
    field, value = next(iter(change.items()))
    if section == "link":
        text += f"\n{lines}\n"
    else:
        head, rest = text.split(f"\n{section}:\n", 1)
        old = next(line for line in rest.splitlines() if line.strip().startswith(f"{field}:"))
        text = f"{head}\n{section}:\n{rest.replace(old, f'  {field}: {value}', 1)}"
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        load_mission(path)
    assert str(path) in str(refused.value)
    assert told in str(refused.value)
