"""Portraits and depth."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.geometry import Pinhole, euler_to_rotation
from farside.instruments import load
from farside.payload import truth_planes
from farside.products.portrait import depth_map, portrait


@pytest.fixture(scope="module")
def depth(shoot):
    return depth_map(shoot("pcaml"), shoot("pcamr"))


@pytest.fixture(scope="module")
def true_depth(scene, look, depth, rover):
    """True depth of every pixel of the depth map, NaN for sky."""
    a, view = depth.attrs, look("pcaml")
    model = load("pcaml").camera(view.binning)
    axes = np.array(a["rotation"]).reshape(3, 3)
    i, j = np.meshgrid(np.arange(model.width) + 1.0, np.arange(model.height) + 1.0)
    rays = Pinhole(model.width, model.height, model.focal_mm, model.pixel_um).rays(i, j) @ axes.T
    i, j = model.project(rays @ euler_to_rotation(*a["left_rotation_deg"]))
    column, row = np.rint(i).astype(int) - 1, np.rint(j).astype(int) - 1
    seen = (column >= 0) & (column < model.width) & (row >= 0) & (row < model.height)
    xyz = np.full((*seen.shape, 3), np.nan)
    xyz[seen] = truth_planes(scene, view)["xyz_m"].to_numpy()[row[seen], column[seen]]
    return -((xyz - rover.p) @ rover.r - np.array(a["centre_m"])) @ axes[:, 2]


def test_depths_are_right_within_their_errors(depth, true_depth):
    z, sigma = depth["depth"].to_numpy(), depth["sigma"].to_numpy()
    known = np.isfinite(z) & np.isfinite(true_depth)
    error = np.abs(z - true_depth)[known]
    assert known.mean() > 0.15
    assert np.median(error) < 0.15
    assert (error < sigma[known]).mean() > 0.6
    assert (error < 2 * sigma[known]).mean() > 0.85


def test_the_sky_has_no_depth(depth, true_depth):
    assert np.isfinite(depth["depth"].to_numpy()[np.isnan(true_depth)]).mean() < 0.02


def test_errors_of_depth_grow_with_its_square(depth):
    z, sigma = depth["depth"].to_numpy(), depth["sigma"].to_numpy()
    a, known = depth.attrs, np.isfinite(z)
    sigma_px = (sigma * a["baseline_m"] * a["focal_px"] / z**2)[known]
    assert sigma_px.min() > 0.05
    assert sigma_px.max() < 0.75
    far = z[known] > np.median(z[known])
    assert np.median(sigma_px[far]) == pytest.approx(np.median(sigma_px[~far]), rel=0.5)


def test_panchromatic_frames_have_depths_too(shoot, depth):
    """Mode Q has no colour filter: here both eyes' green, in steps of two samples."""
    from farside.instruments import observation

    def grey(frame):
        a = frame.attrs
        wide = {"mode": "Q", "bayer": "", "pixel_size_um": 2 * a["pixel_size_um"], "binning": 2 * a["binning"]}
        centre = {"x0": a["x0"] + a["pixel_size_um"] * 0.5e-3, "y0": a["y0"] - a["pixel_size_um"] * 0.5e-3}
        return observation(frame["dn"].to_numpy()[::2, 1::2], **{**a, **wide, **centre})

    small = depth_map(grey(shoot("pcaml")), grey(shoot("pcamr")))["depth"].to_numpy()
    large = depth["depth"].to_numpy()[: 2 * small.shape[0] : 2, : 2 * small.shape[1] : 2]
    assert np.isfinite(small).mean() > 0.1
    assert np.nanmedian(np.abs(small - large)) < 0.3


def test_one_eye_alone_gives_no_depth(shoot):
    with pytest.raises(BadInput, match="one pair"):
        depth_map(shoot("pcaml"), shoot("pcamr", index=8))


def test_a_portrait_shows_the_lander_where_it_stands(shoot, rover):
    frames = [shoot("pcaml", aside, above, 6 + k) for k, (aside, above) in enumerate([(-12.9, 0), (0, 0), (12.9, -6)])]
    whole = portrait(frames, distance_m=12.0)
    a = whole.attrs
    assert a["frames"] == 3
    axes, eye = np.array(a["rotation"]).reshape(3, 3), np.array(a["eye_m"])
    image = whole["image"].to_numpy().astype(float).mean(axis=2)
    sky = image[: len(image) // 8]  # black on top, but for the head of the lander's mast
    assert (sky > 0.05 * np.percentile(image, 99)).mean() < 0.01

    def at(place):  # light about a place of the site
        x, y, z = ((np.array(place) - rover.p) @ rover.r - eye) @ axes
        row = round(a["principal_px"][1] + a["focal_px"] * y / z)
        column = round(a["principal_px"][0] - a["focal_px"] * x / z)
        return image[row - 2 : row + 3, column - 2 : column + 3].mean()

    assert at([0.0, 0.0, 1.9]) > 5.0 * at([0.0, 0.0, 2.4])  # the mast of the lander and the sky above it
    assert at([-1.0, -1.0, 1.3]) > 1.3 * at([1.0, -1.0, 1.1])  # its sunlit side and the one in the shade


def test_a_portrait_at_the_right_distance_has_no_double_edges(shoot):
    """Two frames turned against each other agree best on the lander when its distance is known."""
    frames = [shoot("pcaml", aside, 0.0, 6 + k) for k, aside in enumerate((-4.0, 4.0))]

    def sharpness(distance_m):
        image = portrait(frames, distance_m)["image"].to_numpy().astype(float).mean(axis=2)
        middle = image[image.shape[0] // 3 : -image.shape[0] // 3, image.shape[1] // 3 : -image.shape[1] // 3]
        return np.abs(np.diff(middle, axis=1)).mean() / middle.mean()

    assert sharpness(12.0) > sharpness(4.0)


def test_frames_too_far_apart_make_no_flat_picture(shoot):
    with pytest.raises(BadInput, match="pointings"):
        portrait([shoot("pcaml"), shoot("pcaml", 110.0)])
