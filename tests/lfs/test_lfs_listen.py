"""``lfs.listen``: what is commanded is heard, record after record."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from radio_session import START

from farside.geometry import Pose, t_to_utc
from farside.instruments import lfs
from farside.twin.commands.lfs_listen import LfsListen
from farside.twin.mission import BurstSpec, SunSpec


def order(**arguments):
    told = {"sequence_id": "0001", "duration_s": 400.0, **arguments}
    return LfsListen.model_validate({"at": t_to_utc(START), "do": "lfs.listen", "with": told})


def quality(longest_s=1800.0):
    return SimpleNamespace(lfs=SimpleNamespace(longest_s=longest_s))


class Lander:
    """A lander at rest that notes what it is to carry out."""

    def __init__(self, bursts=(), longest_s=1800.0, events=("ignition", "touchdown")):
        self.t, self.quality, self.shots = START, quality(longest_s), []
        self.events = dict.fromkeys(events, START)
        sun = SunSpec(bursts=[
            BurstSpec(utc=t_to_utc(START + s), speed_c=0.2, angle_deg=30, flux_1mhz=3e-18) for s in bursts
        ])  # fmt: skip
        self.world = SimpleNamespace(
            mission=SimpleNamespace(seed=1, sun=sun),
            sun=lambda t: ((0.3, 0.7, 0.65), 0.98),
            lander_pose=lambda t: Pose.of(np.zeros(3), np.eye(3)),
        )

    def carry_out(self, shots):
        self.shots = list(shots)
        yield


def shots(lander, **arguments):
    list(order(**arguments).run(lander))
    return lander.shots


@pytest.mark.parametrize(("duration_s", "longest_s", "blocks"), [
    (400.0, 1800.0, [150, 150, 100]), (1800.0, 600.0, [150] * 4), (0.5, 600.0, [1]), (150.0, 600.0, [150]),
])  # fmt: skip
def test_session_is_cut_into_records_as_announced(duration_s, longest_s, blocks):
    made = shots(Lander(longest_s=longest_s), duration_s=duration_s)
    assert [shot.view.blocks for shot in made] == blocks
    assert order(duration_s=duration_s).records(quality(longest_s)) == len(blocks)


def test_record_is_complete_when_its_last_block_is_heard():
    made = shots(Lander())
    assert [shot.done - START for shot in made] == pytest.approx([150.0, 300.0, 400.0])
    assert [shot.view.t - START for shot in made] == pytest.approx([0.0, 150.0, 300.0])
    assert [shot.name for shot in made] == ["lfs-0001-0", "lfs-0001-1", "lfs-0001-2"]


def test_burst_is_that_of_the_world_from_the_record_on_in_which_it_begins():
    heard = [shot.view.burst for shot in shots(Lander(bursts=[200.0]))]
    assert heard[0] is None
    assert heard[1] == heard[2]
    assert heard[1].t == pytest.approx(START + 200.0, abs=1e-3)


def test_of_two_bursts_the_later_one_is_heard_and_one_long_past_is_not():
    bursts = [shot.view.burst for shot in shots(Lander(bursts=[-5000.0, 20.0, 320.0]))]
    assert [burst.t - START for burst in bursts] == pytest.approx([20.0, 20.0, 320.0], abs=1e-3)


def test_record_is_a_function_of_its_view():
    first, again = (shots(Lander(), duration_s=2.0)[0] for _ in range(2))
    assert first.make() == again.make()
    assert lfs.unpack(first.make()).attrs["sequence_id"] == "0001"


def test_view_says_who_when_and_which_and_json_keeps_it():
    view = asdict(shots(Lander(bursts=[0.0]))[0].view)
    assert {"instrument": "lfs", "sequence_id": "0001", "index": 0}.items() <= view.items()
    assert json.loads(json.dumps(view))["burst"]["speed_c"] == 0.2


def test_folded_antennas_hear_nothing():
    assert order().refusal(Lander(events=("ignition",))) == "antennas still folded"
    assert order().refusal(Lander()) is None
