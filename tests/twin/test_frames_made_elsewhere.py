"""Frames are the same bytes on one thread, two threads, two processes and a Dask cluster."""

from __future__ import annotations

import json
import pickle
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import frame_notes
import numpy as np
import pytest

from farside.errors import BadInput
from farside.twin import RECORDS, Clock, Quality, World, load_mission, qualities
from farside.twin.mission import Sequence
from farside.twin.scenery import Exposure
from farside.twin.shot import Made
from farside.work import Cluster, Pool, Processes, Stages, Workers

pytestmark = pytest.mark.xdist_group("frames")

TINY = Quality(
    **qualities()["draft"].model_dump()
    | {
        "lcam": {"frames": 6, "binning": 8},
        "lfs": {"longest_s": 20},
        "lpr": {"longest_m": 1},
        "pcam": qualities()["draft"].pcam.model_dump() | {"binning": 8},
        "relief": {"cells": 128, "finest_m": 0.08},
    }
)
ROVER = (
    {"at": "2019-01-03T07:07:00Z", "do": "rover.rolloff"},
    {"at": "2019-01-04T05:00:00Z", "do": "rover.drive", "with": {"waypoints_m": [[-6.0, 8.6]]}},
    {"at": "2019-01-04T05:00:00Z", "do": "lpr.sound", "with": {"sequence_id": "0001", "channels": ["2B"], "parts": 2}},
    {
        "at": "2019-01-04T06:00:00Z",
        "do": "pcam.portrait",
        "with": {
            "sequence_id": "0002", "first_index": 6, "yaws_deg": [0.0], "pitches_deg": [0.0],
            "left_after_s": 15.0, "pair_every_s": 60.0, "row_every_s": 60.0,
        },
    },
)  # fmt: skip
LANDER = (
    {"at": "2019-01-03T02:20:09Z", "do": "lcam.film", "with": {"sequence_id": "0001", "duration_s": 340.0}},
    {"at": "2019-01-04T07:00:00Z", "do": "lfs.listen", "with": {"sequence_id": "0001", "duration_s": 20.0}},
)


def flown(folder: Path, away: Workers | None = None) -> SimpleNamespace:
    """A flight of some frames, soundings and radio spectra: world, records as they came to Earth, and the truth."""
    mission = load_mission("chang-e-4")
    orders = tuple(
        Sequence(name=vehicle, vehicle=vehicle, preloaded=True, commands=commands)
        for vehicle, commands in (("lander", LANDER), ("rover", ROVER))
    )
    span = mission.span.model_copy(update={"end_utc": "2019-01-04T12:00:00Z"})
    with Pool(1) as pool:
        world = World(
            mission.model_copy(update={"sequences": orders, "span": span}), TINY, Stages(folder), pool, [], str, away
        )
        clock = Clock(world)
        records = [arrival.payload for arrival in clock.arrivals() if arrival.service == RECORDS]
    clock.truth.write(folder / "truth")
    return SimpleNamespace(
        world=world, clock=clock, records=records, truth=(folder / "truth" / "flight.json").read_text()
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Flown on one thread of this process."""
    return flown(tmp_path_factory.mktemp("alone"))


@pytest.fixture
def ground(alone, tmp_path):
    """A folder for a flight that has its ground already, and no record."""
    shutil.copytree(alone.world.stages.folder, tmp_path / "stages", ignore=shutil.ignore_patterns("records", "truth"))
    return tmp_path / "stages"


@pytest.fixture(scope="module")
def shots(alone):
    """Four frames of the landing camera, before there are wheel tracks, and two after a drive."""
    world, lander = alone.world, alone.clock.vehicles["lander"]
    touchdown, later = world.descent.touchdown_t, world.travel.drives[-1].stop + 60.0
    times = [touchdown - 300.0, touchdown - 100.0, touchdown - 20.0, touchdown, later, later + 1.0]
    return world.exposures([lander.aim("lcam", t, k, "0001") for k, t in enumerate(times)])


def test_a_flight_has_all_kinds_of_records_that_travel(alone):
    seen = [o["instrument"] for o in json.loads(alone.truth)["observations"]]
    assert {name: seen.count(name) for name in seen} == {"lcam": 6, "lpr": 2, "pcamr": 1, "pcaml": 1, "lfs": 1}
    assert len(alone.records) == len(set(alone.records)) == len(seen)


@contextmanager
def dask():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Cluster(cluster.scheduler_address) as workers,
    ):
        yield workers


HIRED = {"two threads": lambda: Pool(2), "two processes": lambda: Processes(2), "a cluster": dask}


@pytest.mark.parametrize("kind", HIRED)
def test_a_flight_is_the_same_bytes_whoever_makes_its_records(kind, alone, ground):
    with HIRED[kind]() as away:
        other = flown(ground, away=away)
        if kind != "two threads":
            # they have been at work: a process that has made nothing knows no kernel
            assert max(kernels for kernels, _ in away.map(frame_notes.compilations, range(6))) > 0
    assert other.records == alone.records
    assert other.truth == alone.truth


def test_what_is_sent_to_make_a_frame_is_small(shots):
    assert all(shot.travels for shot in shots)
    assert max(len(pickle.dumps(shot.make)) for shot in shots) < 3000


def test_a_worker_compiles_nothing_from_frame_to_frame_and_the_next_worker_nothing_at_all(shots):
    frames = [shot.make for shot in shots]
    with Processes(1) as worker:
        first = list(worker.map(make, frames))
        kernels, compiled = worker.submit(frame_notes.compilations, None).result()
        assert kernels > 0
        assert list(worker.map(make, frames)) == first
        assert worker.submit(frame_notes.compilations, None).result() == (kernels, compiled)
    with Processes(1) as worker:
        assert list(worker.map(make, frames)) == first
        assert worker.submit(frame_notes.compilations, None).result() == (kernels, 0)


def make(frame: Exposure) -> bytes:
    return frame()


def test_a_scene_is_built_once_in_a_process_and_outlives_the_frames_that_use_it(shots):
    before, after = shots[0].make.scenery, shots[-1].make.scenery
    bare = before.scene()
    assert pickle.loads(pickle.dumps(before)).scene() is bare
    trodden = after.scene()
    assert trodden is not bare
    assert trodden.shapes is bare.shapes
    assert before.scene() is bare
    assert after.scene() is trodden


def test_tracks_on_a_scene_are_those_of_a_scene_built_with_them(shots):
    after = shots[-1].make.scenery
    shots[0].make.scenery.scene()
    on_the_other, alone = after.scene(), after._build()
    np.testing.assert_array_equal(on_the_other.ground.heights, alone.ground.heights)
    np.testing.assert_array_equal(on_the_other.ground.albedo, alone.ground.albedo)
    for mine, its in zip(on_the_other.shapes + on_the_other.rocks, alone.shapes + alone.rocks, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("file", ["relief", "rocks", "tracks"])
def test_a_worker_that_does_not_see_the_flight_says_which_file(shots, file, tmp_path):
    unseen = replace(shots[-1].make.scenery, **{file: tmp_path / "elsewhere"})
    with pytest.raises(BadInput, match="every worker sees under this path") as refused:
        replace(shots[-1].make, scenery=unseen)()
    assert refused.value.source == str(tmp_path / "elsewhere")


def test_a_worker_with_other_sources_makes_nothing(alone, shots):
    assert Made(alone.world.code, shots[0].make)() == shots[0].make()
    with pytest.raises(BadInput, match="other sources or libraries"):
        Made("0" * 64, shots[0].make)()
