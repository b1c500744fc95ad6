"""A relay's orbit from a file flies in the twin and answers questions of windows, in place of the solved halo."""

from __future__ import annotations

import re

import numpy as np
import pytest

from farside.errors import BadInput
from farside.flight import solve_halo, write_oem, write_spk
from farside.geometry import utc_to_t
from farside.run import windows
from farside.run.plan import halo_for
from farside.run.progress import Silence
from farside.twin import OrbitFile, World, builtin, load_mission, qualities
from farside.work import Pool, Stages

TEXT = builtin()["chang-e-4"].read_text()


@pytest.fixture(scope="module")
def orbit():
    return solve_halo(revolutions=3)


def mission(folder, orbit_fields):
    """The built-in mission with other fields under relay.orbit."""
    text, count = re.subn(
        r"  orbit:\n(    .*\n)+", "  orbit:\n" + "".join(f"    {line}\n" for line in orbit_fields), TEXT, count=1
    )
    assert count == 1
    (folder / "mine.yaml").write_text(text)
    return folder / "mine.yaml"


def refused(path):
    with pytest.raises(BadInput) as caught:
        load_mission(path)
    return str(caught.value)


@pytest.mark.parametrize(("name", "write"), [("relay.bsp", write_spk), ("relay.oem", write_oem)])
def test_the_twin_flies_the_orbit_of_the_file_beside_the_mission(name, write, orbit, tmp_path):
    write(orbit, tmp_path / name)
    mine = load_mission(mission(tmp_path, [f"file: {name}"]))
    assert isinstance(mine.relay.orbit, OrbitFile)
    with Pool(1) as pool:
        world = World(mine, qualities()["draft"], Stages(tmp_path / "stages"), pool, (), lambda what: None)
        t = np.linspace(mine.span.start, mine.span.end, 300)
        assert np.linalg.norm(world.orbit.position(t) - orbit.position(t), axis=1).max() < 1e-6


def test_a_flight_with_another_file_is_another_flight(orbit, tmp_path):
    write_spk(orbit, tmp_path / "relay.bsp")
    spec = load_mission(mission(tmp_path, ["file: relay.bsp"])).relay.orbit
    before = spec.inputs
    write_spk(orbit, tmp_path / "relay.bsp", name="other")
    assert before != spec.inputs
    assert load_mission("chang-e-4").relay.orbit.inputs == ()


def test_the_spacecraft_may_be_named_as_a_number(orbit, tmp_path):
    write_spk(orbit, tmp_path / "relay.bsp", target=-42)
    assert load_mission(mission(tmp_path, ["file: relay.bsp", "target: -42"])).relay.orbit.read().start == orbit.start
    assert "target: '-43'; expected one of -42" in refused(mission(tmp_path, ["file: relay.bsp", "target: -43"]))


def test_what_is_wrong_with_the_file_is_said_in_one_line(orbit, tmp_path):
    assert "none.bsp: 'No such file or directory'; expected a file with an orbit" in refused(
        mission(tmp_path, ["file: none.bsp"])
    )
    write_spk(solve_halo("2020-01-01", revolutions=1), tmp_path / "late.bsp")
    late = refused(mission(tmp_path, ["file: late.bsp"]))
    assert "a relay orbit (file) that covers the span" in late
    assert "2020-01-01T00:00:00Z to 2020-01-15T18:00:00Z" in late
    write_spk(orbit, tmp_path / "relay.bsp")
    misspelt = refused(mission(tmp_path, ["file: relay.bsp", "revolution: 3"]))
    assert "relay.orbit.revolution: 3; expected no such field" in misspelt
    other = refused(mission(tmp_path, ["z_amplitude_km: 1.0", "epoch_utc: 2018-12-20T00:00:00Z", "revolutions: 29"]))
    assert "relay.orbit.z_amplitude_km: 1.0; expected greater than or equal to 1000" in other


def test_windows_of_such_a_mission_are_asked_of_its_orbit(orbit, tmp_path):
    write_spk(orbit, tmp_path / "relay.bsp")
    mine = mission(tmp_path, ["file: relay.bsp"])
    t0, t1 = utc_to_t("2019-01-03"), utc_to_t("2019-01-20")
    np.testing.assert_array_equal(halo_for(mine, t0, t1, Silence()).position(t0), orbit.position(t0))
    with pytest.raises(BadInput, match=r"relay.bsp: span: .*expected times two minutes inside.*2018-12-20T00:00:00Z"):
        windows(mine, "2019-06-01", "2019-06-10", sun=False, earth=False)
