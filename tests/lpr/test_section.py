"""From received bytes to a section with layers: against the ground that answered, and on the real file."""

import hashlib

import numpy as np
import pytest

from farside.errors import BadInput, DamagedFile
from farside.instruments.lpr import from_bytes, pack, radar, to_bytes, unpack
from farside.instruments.lpr.dielectric import one_way
from farside.payload.lpr import Ground, Layer, Track, observe, site_ground
from farside.products.lpr import calibrate, distance_m, moving_records, radargram, write_picture
from farside.products.lpr.migrate import stolt


def received(raw):
    """What the ground reads back: over the raw record and the level-2B file."""
    return from_bytes(to_bytes(calibrate(unpack(pack(raw)))))


def true_depth(ground, i, track, section):
    return ground.boundary(i, track.at(section["t"].values).position[:, :2])


def nearest_layer(section, depth):
    """The marked layer nearest to a depth: its depth, low and high, each (trace,)."""
    k = int(np.abs(section["layer_depth_m"].values - depth).mean(axis=1).argmin())
    return (section[f"layer_{name}_m"].values[k] for name in ("depth", "low", "high"))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_base_of_the_fine_layer_is_found_to_half_a_metre_in_a_draft_drive(seed, straight):
    ground = site_ground(seed)
    section = radargram(received(observe(ground, straight, "2B", "0001", seed, 200)))
    truth = true_depth(ground, 0, straight, section)
    found, low, high = nearest_layer(section, truth)
    assert np.abs(found - truth).mean() < 0.5
    assert ((low < truth) & (truth < high)).mean() > 0.6
    assert section["layer_depth_m"].median("trace").min() > 10.0  # nothing is marked where there is nothing


@pytest.mark.parametrize("base", [5.0, 7.0, 10.0])
def test_boundary_above_twelve_metres_is_found_wherever_it_is(base, straight):
    layers = (
        Layer("fine", base, "carrier", 0.004, 0.03),
        Layer("coarse", 24.0, 4.2, 0.004, 0.5),
        Layer("below", 60.0, 4.6, 0.005, 0.0),
    )
    ground = Ground(layers, 5, 1.05)
    section = radargram(received(observe(ground, straight, "2B", "0001", 5, 300)))
    truth = true_depth(ground, 0, straight, section)
    found, _, _ = nearest_layer(section, truth)
    assert np.abs(found - truth).mean() < 0.5


def test_whole_drive_gives_velocity_and_deep_layers_within_their_intervals(straight):
    ground = site_ground(2)
    section = radargram(received(observe(ground, straight, "2B", "0001", 2)))
    eps = float(section["permittivity"].sel(depth=section["depth_m"].values.searchsorted(8.0)))
    true_eps = float(np.interp(8.0, ground.depths, ground.permittivity()))
    assert eps == pytest.approx(true_eps, rel=0.04)
    assert section.attrs["diffractions"] > 20
    errors = []
    for i in (0, 2, 3, 6):
        truth = true_depth(ground, i, straight, section)
        found, low, high = nearest_layer(section, truth)
        errors.append(np.abs(found - truth).mean())
        assert ((low < truth) & (truth < high)).mean() > 0.9
    assert errors[0] < 0.3
    assert max(errors) < 1.5


def test_channel_1_finds_the_lava(straight):
    ground = site_ground(3)
    section = radargram(received(observe(ground, straight, "1", "0001", 3)))
    truth = true_depth(ground, 6, straight, section)
    found, low, high = nearest_layer(section, truth)
    assert np.abs(found - truth).mean() < 3.0
    assert ((low < truth) & (truth < high)).all()


def test_ground_without_layers_shows_none(straight):
    ground = Ground((Layer("fine", 60.0, "carrier", 0.004, 0.03),), 6)
    section = radargram(received(observe(ground, straight, "2B", "0001", 6, 300)))
    assert section.sizes["layer"] == 0


def stop_and_go():
    t = np.arange(0.0, 600.0)
    way = np.interp(t, [0, 100, 250, 400, 500, 600], [0.0, 5.4, 5.4, 13.5, 13.5, 18.9])
    position = np.column_stack([way, 0 * way, 0 * way])
    return Track(6.0e8 + t, position, position / 0.965, np.zeros((600, 3))), way


def test_records_taken_standing_are_told_and_lengths_follow_the_odometry(ground):
    track, way = stop_and_go()
    level2 = received(observe(ground, track, "2B", "0001", 4))
    here = np.interp(level2["t"].values, track.t, way)
    moved = np.concatenate([[True], np.diff(here) > 1e-3])
    told = moving_records(level2)
    assert (told & moved).sum() / (told | moved).sum() > 0.95
    length, sd = distance_m(level2, told)
    assert length[-1] == pytest.approx(way[-1], rel=0.05)
    assert sd == radar().odometry_sd


def test_migration_brings_a_diffraction_back_to_its_point():
    v, dt, dx, z, x0 = 0.16, 0.3125, 0.04, 4.0, 6.0
    x, t = np.arange(300) * dx, np.arange(512) * dt
    late = t[None, :] - 2.0 * np.hypot(z, x[:, None] - x0) / v
    section = ((1 - 2 * (np.pi * 0.5 * late) ** 2) * np.exp(-((np.pi * 0.5 * late) ** 2))).astype(np.float32)
    got = stolt(section, dx, dt, v, (0.1, 0.9))
    assert got.shape == section.shape
    i, j = np.unravel_index(np.abs(got).argmax(), got.shape)
    assert x[i] == pytest.approx(x0, abs=dx)
    assert t[j] == pytest.approx(2.0 * z / v, abs=dt)
    focus = np.abs(got[i - 8 : i + 9, j - 8 : j + 9]).max()
    assert np.abs(got[: i - 40]).max() < 0.1 * focus


def test_height_and_offset_matter_above_four_metres():
    """Liu et al. 2025: leaving them out makes permittivity wrong by 5 % and more above 4 m."""
    x, z, n = np.linspace(0, 1.5, 20), 1.5, 1.8
    t = 2 * one_way(np.hypot(x, 0.16), z, 0.3, n)[0]
    slope = np.polyfit(x**2, t**2, 1)[0]
    assert abs(slope * 0.299792458**2 / 4 / n**2 - 1) > 0.05


def test_section_carries_errors_and_where_it_came_from(draft):
    section = radargram(received(draft))
    assert (section["variance"].values > 0).all()
    assert (section["layer_low_m"] < section["layer_high_m"]).all()
    assert '"step": "radargram"' in section.attrs["provenance"]
    assert section.attrs["time_zero_by"] == "direct wave"
    assert section.attrs["time_zero_ns"] == pytest.approx(radar().channel("2B").time_zero_ns, abs=0.2)


def test_picture_is_the_same_bytes_every_time(draft, tmp_path):
    section = radargram(received(draft))
    prints = {hashlib.sha256(write_picture(section, tmp_path / f"{k}.png").read_bytes()).hexdigest() for k in "ab"}
    assert len(prints) == 1


def test_real_channel_1_product_becomes_a_section_with_positions_and_attitude(real, tmp_path):
    data = (real / "CE4_GRAS_LPR-1_SCI_N_20231216075001_20231217065500_0316_A.2B").read_bytes()
    section = radargram(from_bytes(data))
    assert 15 <= section.sizes["trace"] <= 40  # it moved twice, with a turn on the spot at the end
    assert 4.0 < float(section["distance_m"][-1]) < 9.0
    assert np.ptp(section["position"].values[:, 1]) == pytest.approx(2.869, abs=0.01)
    assert np.ptp(section["attitude"].values[:, 2]) > 4.0
    assert np.isfinite(section["migrated"]).all()
    assert write_picture(section, tmp_path / "real.png").stat().st_size > 50_000


def test_real_single_record_is_still_a_section(real, tmp_path):
    section = radargram(from_bytes((real / "ce4_lpr2b_seq0316_first_record.2B").read_bytes()))
    assert section.sizes["trace"] == 1
    assert section.attrs["only_standing"] == 1
    write_picture(section, tmp_path / "one.png")


def test_what_cannot_be_used_is_named(draft):
    level2 = received(draft)
    with pytest.raises(DamagedFile, match="no usable record"):
        radargram(level2.assign(damaged=level2["damaged"] | True))
    with pytest.raises(BadInput, match="level-2B"):
        radargram(draft)
