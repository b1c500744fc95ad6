"""What the pictures show: the right way up, lit from the right side, with absolute radiance."""

from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ground import TOUCHDOWN_SUN, bumps, looking, nadir, nested, sun_at

from farside.errors import BadInput
from farside.geometry import Pose, utc_to_t
from farside.instruments import load
from farside.payload import Body, Rocks, Scene, light_planes, observe, radiance, truth_planes
from farside.payload.camera.fill import HOLLOWS, cells
from farside.payload.camera.render import first_look, render
from farside.payload.mesh import box, merge, moved, turn
from farside.payload.vehicles import Material
from farside.physics import (
    COLUMN_X,
    diffusive_reflectance,
    hapke_radf,
    light_above,
    limb_darkening,
    solar_irradiance,
    von_karman_regolith,
)

PAN_NM = 600.0
PAN_WIDTH_NM = 358.0


def matt(albedo):
    """A Lambert surface of this albedo in all bands."""
    return Material((albedo,) * 3, 0.0, (0.0,) * 3, 1.0)


def sunlight(au):
    """Irradiance in the landing camera's band."""
    return float(solar_irradiance(PAN_NM, au, PAN_WIDTH_NM))


@settings(max_examples=8, deadline=None)
@given(
    albedo=st.floats(0.05, 0.95), elevation=st.floats(5.0, 85.0), azimuth=st.floats(0, 360), au=st.floats(0.98, 1.02)
)
def test_a_lambert_plate_has_exactly_the_radiance_of_lamberts_law(plain, albedo, elevation, azimuth, au):
    plate = merge([("plate", *box((400.0, 400.0, 1.0), (0.0, 0.0, 1.0)))])
    scene = Scene.of(plain, {"plate": Body(plate, {"plate": matt(albedo)})})
    view = nadir(12.0, sun=sun_at(azimuth, elevation), sun_distance_au=au)
    expected = albedo * sunlight(au) / np.pi * np.sin(np.radians(elevation))
    np.testing.assert_allclose(radiance(scene, view), expected, rtol=1e-6)


def test_flat_ground_has_the_radiance_of_hapkes_formula_over_the_band(plain):
    view = nadir(12.0)
    pixels = radiance(Scene.of(plain, {}), view)
    camera = load("lcam").camera(view.binning)
    i, j = np.meshgrid(np.arange(camera.width) + 1, np.arange(camera.height) + 1)
    d = camera.rays(i, j)
    mu0, sun = TOUCHDOWN_SUN[2], np.array(TOUCHDOWN_SUN)
    step = PAN_WIDTH_NM / 18
    nm = PAN_NM - PAN_WIDTH_NM / 2 + step * (np.arange(18) + 0.5)
    slices = [float(solar_irradiance(n, 0.9833, step)) * hapke_radf(mu0, -d[..., 2], -d @ sun, von_karman_regolith(n))
              for n in nm]  # fmt: skip
    expected = sum(slices) * step / PAN_WIDTH_NM / np.pi
    np.testing.assert_allclose(pixels, expected, rtol=3e-3)


def test_without_bounce_a_slope_has_the_documented_light_of_its_surroundings(plain):
    """A slab tilted by 60 degrees from the Sun: r0 E mu0 (1 - cos 60) / 2, and for hollows (1 + HOLLOWS cos 60)."""
    slab = moved(box((40.0, 40.0, 1.0), (0.0, 0.0, 0.0)), turn("x", 60.0), (0.0, 0.0, 20.0))
    scene = Scene.of(plain, {"slab": Body(merge([("slab", *slab)]), {"slab": matt(0.4)})})
    view = nadir(60.0, sun=sun_at(0.0, 20.0))
    on_slab = truth_planes(scene, view).normal.to_numpy()[..., 2] < 0.6
    nm = PAN_NM + PAN_WIDTH_NM * ((np.arange(18) + 0.5) / 18 - 0.5)
    w = np.average([von_karman_regolith(n).w for n in nm], weights=solar_irradiance(nm, 1.0, PAN_WIDTH_NM / 18))
    expected = 0.4 * float(diffusive_reflectance(w)) * np.sin(np.radians(20.0)) * 0.25
    expected *= (1.0 + 0.5 * HOLLOWS) * sunlight(0.9833) / np.pi
    np.testing.assert_allclose(np.median(radiance(scene, view, bounce=False)[on_slab]), expected, rtol=0.02)


def test_from_high_up_the_light_of_the_surroundings_is_that_of_a_plain(plain):
    scene, view = Scene.of(plain, {}), nadir(30.0)
    np.testing.assert_array_equal(radiance(scene, view, bounce=True), radiance(scene, view, bounce=False))


def test_a_wall_that_the_sun_only_grazes_is_lit_by_the_floor_before_it(plain):
    """It sees half a hemisphere of sunlit floor: irradiance A E mu0 / 2."""
    floor = merge([("floor", *box((800.0, 800.0, 1.0), (0.0, 0.0, 1.0)))])
    wall = merge([("wall", *box((800.0, 1.0, 30.0), (0.0, 20.5, 15.0)))])
    albedo, high = 0.6, 40.0
    scene = Scene.of(plain, {"floor": Body(floor, {"floor": matt(albedo)}), "wall": Body(wall, {"wall": matt(0.5)})})
    view = looking(mast_deg=(0.0, 0.0), sun=sun_at(90.001, high))
    truth, light = truth_planes(scene, view), light_planes(scene, view)
    # not at its foot: along the wall the disc is half hidden
    height = truth.xyz_m.to_numpy()[..., 2] - 1.5
    on_wall = (
        (truth.body.to_numpy() == 3) & (truth.normal.to_numpy()[..., 1] < -0.999) & (height > 1.0) & (height < 3.0)
    )
    assert on_wall.sum() > 500
    found = light.radiance.to_numpy()[1][on_wall]
    band = load("tcam").bands[1]
    sun = float(solar_irradiance(band.centre_nm, view.sun_distance_au, band.width_nm))
    expected = 0.5 * albedo * np.sin(np.radians(high)) / 2.0 * sun / np.pi
    assert found.mean() == pytest.approx(expected, rel=0.01)
    assert found.std() < 0.02 * expected


def test_a_glossy_plate_mirrors_the_sun_where_the_law_of_reflection_says(plain):
    floor = merge([("mirror", *box((400.0, 400.0, 1.0), (0.0, 0.0, 1.0)))])
    coat = Material((0.0,) * 3, 0.0, (0.04,) * 3, 0.08)
    scene = Scene.of(plain, {"mirror": Body(floor, {"mirror": coat})})
    azimuth, elevation = 30.0, 78.0
    view = nadir(12.0, sun=sun_at(azimuth, elevation))
    pixels, camera = radiance(scene, view), load("lcam").camera(view.binning)
    # the eye looks down along the mirrored ray
    i, j = camera.project(-np.array(sun_at(azimuth + 180.0, elevation)))
    row, column = np.unravel_index(pixels.argmax(), pixels.shape)
    assert (column + 1, row + 1) == pytest.approx((float(i), float(j)), abs=2.5)


def test_the_horizon_of_a_plain_lies_where_the_camera_is_level(plain):
    view = looking(mast_deg=(35.0, 0.0))
    sky = truth_planes(Scene.of(plain, {}), view).body.to_numpy() == 0
    assert sky[0].all()
    assert not sky[-1].any()
    camera, pose = load("tcam").camera(view.binning), view.camera()
    i, j = np.meshgrid(np.arange(camera.width) + 1, np.arange(camera.height) + 1)
    d = camera.rays(i, j) @ pose.r.T
    # the grids end 512 m away to each side: sky where the ray is still above the ground there
    way = (512.0 - np.abs(pose.p[:2]).mean()) / np.abs(d[..., :2]).max(axis=-1)
    assert (sky == (pose.p[2] + way * d[..., 2] > 0.0)).mean() > 0.999


@pytest.mark.parametrize("along", [(1.0, 0.0), (0.0, 1.0)])
def test_edges_nearly_along_rows_or_columns_hardly_have_steps(plain, along):
    """Whatever the way, an edge lies within a twelfth of a pixel (rms) of where light says it is."""
    white = merge([("white", *box((400.0, 400.0, 1.0), (0.0, 0.0, 1.0)))])
    half = moved(box((400.0, 400.0, 1e-3), (200.0 * along[0], 200.0 * along[1], 1.501)), turn("z", 1.5))
    black = merge([("black", *half)])
    scene = Scene.of(plain, {"white": Body(white, {"white": matt(0.9)}), "black": Body(black, {"black": matt(0.0)})})
    lit = radiance(scene, nadir(12.0))
    lit = lit / lit.max()
    across = int(np.argmax([np.ptp(lit.mean(axis=1)), np.ptp(lit.mean(axis=0))]))
    edge = lit.sum(axis=across)
    place = np.arange(len(edge))
    inside = (edge > 3) & (edge < lit.shape[across] - 3)
    line = np.polynomial.Polynomial.fit(place[inside], edge[inside], 1)
    assert abs(line.convert().coef[1]) == pytest.approx(np.tan(np.radians(1.5)), rel=0.02)
    assert np.std(edge[inside] - line(place[inside])) < 1 / 12


def test_turning_the_mast_left_brings_what_is_to_the_left_into_view(plain):
    post = merge([("post", *box((0.6, 0.6, 6.0), (-10.0, 10.0, 3.0)))])
    scene = Scene.of(plain, {"post": Body(post, {"post": matt(0.5)})})
    columns = []
    for yaw in (40.0, 45.0, 50.0):
        body = truth_planes(scene, looking(mast_deg=(yaw, 0.0))).body.to_numpy()
        columns.append(np.nonzero(body == 2)[1].mean())
    assert columns == sorted(columns)
    assert columns[1] == pytest.approx(load("tcam").camera(16).width / 2, abs=8)


def test_shadows_point_away_from_the_sun(plain):
    block = merge([("block", *box((0.5, 0.5, 1.0), (0.0, 0.0, 0.5)))])
    scene = Scene.of(plain, {"block": Body(block, {"block": matt(0.9)})})
    view = nadir(5.0)
    truth, pixels = truth_planes(scene, view), radiance(scene, view)
    shade = (truth.body.to_numpy() == 1) & (pixels < 0.2 * np.median(pixels))
    east, north = truth.xyz_m.to_numpy()[shade][:, :2].mean(axis=0)
    assert np.degrees(np.arctan2(east, north)) % 360 == pytest.approx(230.7, abs=2.0)
    tip = np.hypot(*truth.xyz_m.to_numpy()[shade][:, :2].T).max()
    corner = 0.25 * (abs(TOUCHDOWN_SUN[0]) + abs(TOUCHDOWN_SUN[1])) / np.cos(np.radians(31.5))
    assert tip == pytest.approx(1.0 / np.tan(np.radians(31.5)) + corner, abs=0.08)


def test_penumbra_follows_the_visible_share_of_the_disc(plain):
    """A wall 30 m high at 20 degrees: across its shadow's edge the light falls as the disc sets behind a line."""
    wall = merge([("wall", *box((400.0, 1.0, 60.0), (0.0, 20.5, 0.0)))])
    scene = Scene.of(plain, {"wall": Body(wall, {"wall": matt(0.5)})})
    elevation, half = np.radians(20.0), np.arcsin(0.00465047 / 0.9833)
    edge = 30.0 / np.tan(elevation)
    view = nadir(6.0, sun=sun_at(0.0, 20.0))
    view = replace(view, lander=Pose.of(view.lander.p + np.array([0.0, 20.0 - edge, 0.0]), np.eye(3)))
    xyz = truth_planes(scene, view).xyz_m.to_numpy()
    beyond = 20.0 - xyz[..., 1].mean(axis=1)  # distance of each line from the wall's foot
    pixels, without_wall = radiance(scene, view), radiance(Scene.of(plain, {}), view)
    dark = pixels[beyond < edge - 1.5].mean()
    share = ((pixels - dark) / (without_wall - dark)).mean(axis=1)
    above = (np.arctan2(30.0, beyond) - elevation) / half
    law = limb_darkening(PAN_NM)
    expected, _ = light_above(np.repeat(above[:, None], len(COLUMN_X), axis=1), law)
    assert ((expected > 0.05) & (expected < 0.95)).sum() > 10
    assert np.abs(share - expected).max() < 0.005


ROVER_AHEAD = Pose.of(np.array([-1.0, 6.0, 0.0]), np.eye(3))


@pytest.mark.parametrize(
    "view",
    [
        looking(mast_deg=(10.0, -30.0), rover=ROVER_AHEAD),
        looking(mast_deg=(10.0, 0.0), rover=ROVER_AHEAD, sun=sun_at(200.0, 4.0)),
        looking(instrument="hazcaml", mast_deg=None, rover=ROVER_AHEAD),
        nadir(0.6),
        nadir(30.0),
    ],
    ids=["down", "low Sun", "through a lens that bends", "under the lander", "from above"],
)
def test_culling_never_changes_a_picture(view):
    """Stones near and far, and bodies around the camera: all are met that would be without masks."""
    r = np.random.default_rng(4)
    base = np.column_stack([r.uniform(-9.0, 9.0, (60, 2)), np.zeros(60)])
    size = r.uniform(0.05, 0.6, 60)
    rocks = Rocks.lying(base, size, 0.7 * size, r.uniform(0.0, 6.0, 60), np.arange(60) % 8)
    scene = Scene.build(nested(bumps), rocks)
    frame = scene.frame(view)
    screen, shadow, grid = frame.masks
    assert np.isinf(shadow).any()
    pictures = []
    for masks in (
        frame.masks,
        (np.full_like(screen, 255), np.full_like(shadow, np.inf), np.array([*grid[:2], 1e6, 1.0])),
    ):
        out, seen, fill = (
            np.empty(frame.shape, np.float32),
            first_look(*frame.shape),
            cells(*frame.shape, frame.light.flux.size, True),
        )
        render(scene.ground, frame.bodies, frame.light, frame.camera, frame.finest, masks, fill, seen, True, out)
        pictures.append(out)
    np.testing.assert_array_equal(*pictures)


def test_frames_made_side_by_side_are_the_frames_made_alone(landed):
    views = [looking(mast_deg=(yaw, -15.0), index=k) for k, yaw in enumerate((0.0, 90.0, 180.0, -90.0))]
    alone = [observe(landed, view).dn.to_numpy() for view in views]
    together: dict[int, np.ndarray] = {}

    def shoot(k):
        together[k] = observe(landed, views[k]).dn.to_numpy()

    threads = [Thread(target=shoot, args=(k,)) for k in (3, 1, 0, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, frame in enumerate(alone):
        np.testing.assert_array_equal(frame, together[k])


def test_a_raw_frame_says_what_was_commanded_and_nothing_of_the_truth(landed):
    frame = observe(landed, looking(mast_error_deg=(0.05, -0.02, 0.01)))
    assert frame.dn.dims == ("line", "sample")
    assert frame.dn.dtype == np.uint16
    assert frame.dn.shape == (108, 147)
    a = frame.attrs
    assert (a["instrument"], a["mode"], a["index"], a["sequence_id"], a["level"]) == ("tcam", "I", 2, "0004", "raw")
    assert (a["mast_yaw_deg"], a["mast_pitch_deg"], a["bayer"], a["binning"]) == (0.0, -15.0, "RGGB", 16)
    assert utc_to_t(a["stop_utc"]) - utc_to_t(a["start_utc"]) == pytest.approx(a["exposure_ms"] * 1e-3, abs=6e-4)
    assert not {"camera_position_m", "camera_rotation_deg"} & set(a)


def test_a_mast_error_moves_the_picture_and_not_the_header(landed):
    off, true = (observe(landed, looking(mast_error_deg=e)) for e in ((1.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    assert off.attrs["mast_yaw_deg"] == true.attrs["mast_yaw_deg"]
    assert (off.dn != true.dn).mean() > 0.5


def test_a_mast_camera_without_mast_angles_is_refused(landed):
    with pytest.raises(BadInput, match="mast_deg"):
        observe(landed, looking(mast_deg=None))
