"""The link of a flight: what a mission file says of it, who may command, what faults do, and what was predicted."""

from __future__ import annotations

import json
import zlib

import pytest

from farside.instruments.telemetry import sort_packets, unpack_table
from farside.link import Eid, Form, acknowledgement
from farside.link.bundle import ADMINISTRATIVE, Primary
from farside.twin import TELEMETRY, Clock, World, load_mission, qualities
from farside.twin.link import LinkSpec
from farside.twin.mission import Sequence
from farside.twin.services import SEQUENCES
from farside.work import Pool, Stages

COARSE = qualities()["draft"].model_copy(
    update={"relief": qualities()["draft"].relief.model_copy(update={"cells": 128, "finest_m": 0.08})}
)
ROLL_OFF = {"at": "2019-01-03T07:07:00Z", "do": "rover.rolloff"}


def reports(start, end):
    return {
        "at": f"2019-01-03T{start}Z",
        "do": "rover.report",
        "with": {"until": f"2019-01-03T{end}Z", "every_s": 20.0},
    }


REPORTS, UPLINKED = reports("13:00:00", "19:00:00"), reports("21:30:00", "21:31:00")


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    return Stages(tmp_path_factory.mktemp("stages"))


def clock_with(stages, **link) -> Clock:
    """A flight of the rover alone: reports for six hours, and one sequence from mission control."""
    mission = load_mission("chang-e-4")
    orders = (
        Sequence(name="mine", vehicle="rover", preloaded=True, commands=(ROLL_OFF, REPORTS)),
        Sequence(name="more", vehicle="rover", uplink_utc="2019-01-03T12:00:00Z", commands=(UPLINKED,)),
    )
    span = mission.span.model_copy(update={"end_utc": "2019-01-04T03:00:00Z"})
    changes = {"sequences": orders, "span": span, "link": LinkSpec(**link)}
    return Clock(World(mission.model_copy(update=changes), COARSE, stages, Pool(1), [], lambda _: None))


def arrivals(clock: Clock) -> list[tuple[bytes, float]]:
    return [(arrival.payload, arrival.t) for arrival in clock.arrivals() if arrival.service == TELEMETRY]


def fault(kind, *at, start="2019-01-03T14:00:00Z", end="2019-01-03T16:00:00Z", amount=0.0):
    return {"kind": kind, "at": at, "from_utc": start, "until_utc": end, "amount": amount}


@pytest.fixture(scope="module")
def undisturbed(stages):
    clock = clock_with(stages)
    return clock, arrivals(clock)


def test_faults_of_a_mission_file_delay_and_lose_nothing(stages, undisturbed):
    _, expected = undisturbed
    clock = clock_with(
        stages,
        frame_loss={"surface": 0.01, "earth": 0.01},
        faults=(
            fault("outage", "relay"),
            fault("power-loss", "relay", start="2019-01-03T16:30:00Z", end="2019-01-03T16:40:00Z"),
            fault("bit-errors", "rover", "relay", amount=1e-5),
            fault("cut", "relay", "Jiamusi", start="2019-01-03T12:30:00Z", end="2019-01-03T13:30:00Z"),
        ),
    )
    came = arrivals(clock)
    assert sorted(payload for payload, _ in came) == sorted(payload for payload, _ in expected)
    late = dict(came)
    assert max(late[payload] - t for payload, t in expected) > 3600.0
    assert clock.balance().closes
    assert clock.balance().delivered == clock.balance().generated


def test_a_flight_with_random_faults_is_a_function_of_its_seed(stages):
    tables = []
    for _ in range(2):
        clock = clock_with(stages, random_faults=8)
        arrivals(clock)
        tables.append(json.dumps(clock.ledger.table()))
    assert tables[0] == tables[1]
    assert len(clock.network.faults) == 8


def test_thin_mode_loses_what_bundles_do_not(stages, undisturbed):
    _, expected = undisturbed
    clock = clock_with(stages, mode="thin", frame_loss={"surface": 0.01, "earth": 0.01})
    came = arrivals(clock)
    assert 0.5 * len(expected) < len(came) < len(expected)
    assert {payload for payload, _ in came} < {payload for payload, _ in expected}
    balance = clock.balance()
    assert balance.closes and balance.lost > 0
    assert clock.predicted() == {}


def test_arrivals_are_predicted_from_the_contact_plan(undisturbed):
    clock, _ = undisturbed
    predicted = clock.predicted()
    rows = [row for row in clock.ledger.table() if not row["administrative"] and row["source"].startswith("ipn:11")]
    assert len(rows) > 300
    near = [
        abs(row["delivered_s"] - predicted[row["id"]]) <= max(1.0, 0.01 * (row["delivered_s"] - row["generated_s"]))
        for row in rows
    ]
    assert sum(near) >= 0.98 * len(near)


# Who may command ---------------------------------------------------------------------------------------------------


def commands_told(payloads: list[bytes]):
    tables = sort_packets(b"".join(payloads))
    return unpack_table("commands", tables["commands"])


def forged(clock: Clock, source: int) -> bytes:
    """A sequence that nobody has signed, as anyone with a transmitter could send it."""
    order = Sequence(name="theirs", vehicle="rover", preloaded=True, commands=(UPLINKED,))
    text = zlib.compress(json.dumps(order.model_dump(mode="json", by_alias=True)).encode())
    primary = Primary(Eid(11, SEQUENCES), Eid(source, SEQUENCES), 0, 0, 86_400_000)
    return Form(primary).pack(clock.network.nodes[20].clock.epoch_ms + 1, 77, text)


def test_commands_that_are_not_signed_are_refused_and_reported(stages):
    clock = clock_with(stages)
    for k, source in enumerate((40, 99)):
        wait = clock.env.timeout(43_200.0 + k)
        wait.callbacks.append(lambda _, source=source: clock.network.intrude(20, forged(clock, source)))
    told = commands_told([payload for payload, _ in arrivals(clock)])
    refused = [str(reason) for reason, no in zip(told["reason"], told["refused"], strict=True) if no]
    assert refused == ["unsigned", "unsigned"]
    assert clock.refused == [f"rover: commands from ipn:{source}.3: unsigned" for source in (40, 99)]
    assert len(told["t"]) == 5  # roll-off, both reports, and the refusals: nothing of the stranger's was obeyed


def test_a_command_that_is_sent_again_by_somebody_else_is_refused(stages):
    clock = clock_with(stages)
    caught: list[bytes] = []

    def overhear(number):
        handle = clock.network.nodes[number].handle

        def listening(now, *events):
            for event in events:
                caught.extend(getattr(event, "bundles", ()) if getattr(event, "neighbour", 0) == 40 else ())
            return handle(now, *events)

        clock.network.nodes[number].handle = listening

    for station in (30, 31, 32):
        overhear(station)
    clock.env.timeout(72_000.0).callbacks.append(lambda _: [clock.network.intrude(20, data) for data in caught])
    told = commands_told([payload for payload, _ in arrivals(clock)])
    refused = [str(reason) for reason, no in zip(told["reason"], told["refused"], strict=True) if no]
    assert set(refused) == {"came before"}
    assert [str(what) for what, no in zip(told["command"], told["refused"], strict=True) if no].count("commands") == 1


def test_an_acknowledgement_that_is_not_signed_frees_nothing(stages):
    clock = clock_with(stages)
    rover = clock.network.nodes[11]

    def forge(_):
        ranges = {service: [(0, 1 << 30)] for service in (1, 2)}
        primary = Primary(Eid(11), Eid(40), 0, 0, 86_400_000, ADMINISTRATIVE)
        data = Form(primary).pack(rover.clock.epoch_ms + 1, 1 << 20, acknowledgement.pack(ranges))
        kept.append([stored.id for stored in rover.store if stored.own])
        clock.network.intrude(11, data)
        kept.append([stored.id for stored in rover.store if stored.own])

    kept: list[list] = []
    clock.env.timeout(43_200.0).callbacks.append(forge)
    told = commands_told([payload for payload, _ in arrivals(clock)])
    assert kept[0] and set(kept[0]) <= set(kept[1])
    assert "unsigned" in [str(reason) for reason in told["reason"]]
    assert clock.balance().delivered == clock.balance().generated
    acknowledged = [row["acknowledged_s"] for row in clock.ledger.table() if row["source"].startswith("ipn:11")]
    assert sum(t is not None for t in acknowledged) > 0.9 * len(acknowledged)
