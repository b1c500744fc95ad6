"""Delivered pictures show the Sun where SPICE has it, and the shadows that follow from it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from shadow_oracle import Shadows, kernels, spice_sun, turned, view_of

from farside import archive
from farside.geometry import Pose, Site, azel, utc_to_t
from farside.instruments import load
from farside.moon import Relief
from farside.payload import Rocks, Scene, View, truth_planes

pytestmark = pytest.mark.xdist_group("flight")

REACH_M = 60.0
"""Relief and rocks beyond it stand before no point near the lander while the Sun is 20 degrees high or more."""
GROUND = 1


@pytest.fixture(scope="module")
def spice():
    with kernels():
        yield


@pytest.fixture(scope="module")
def relief(flight) -> Relief:
    (folder,) = (flight.folder / "stages" / "relief").glob("*/*")
    return Relief.load(folder)


@pytest.fixture(scope="module")
def stones(flight):
    (path,) = (flight.folder / "stages" / "rocks").glob("*/*")
    return path


@pytest.fixture(scope="module")
def scene(relief, stones) -> Scene:
    """Ground, rocks and vehicles; wheel tracks are left out: they are a few millimetres deep."""
    with np.load(stones) as file:
        return Scene.build(relief, Rocks.lying(*(file[k] for k in ("position", "diameter", "height", "turn", "shape"))))


def frame_of(flight, view: View):
    """The level-2 frame that a view became."""
    pattern = f"*_{load(view.instrument).id}-*-{view.index:03d}_SCI_*_{view.sequence_id}_*L"
    (label,) = (flight.folder / "archive" / archive.LEVEL2).rglob(pattern)
    return archive.read(label)


def in_sight(view: View, caster: Pose, high_m: float) -> float:
    """How much of the line under the shadow of something that is so high and stands there is in the picture."""
    sun = np.array(view.sun)
    line = caster.p - np.linspace(0.0, high_m, 61)[:, None] / sun[2] * sun * [1.0, 1.0, 0.0]
    pose, camera = view.camera(), load(view.instrument).camera(view.binning)
    ways = (line - pose.p) @ pose.r
    i, j = camera.project(ways)
    return float(np.mean((ways[:, 2] < 0.0) & (i > 0) & (i < camera.width) & (j > 0) & (j < camera.height)))


def bright(frame) -> tuple[np.ndarray, np.ndarray]:
    """Light of each pixel of a level-2 frame, and which of them count: of a Bayer mosaic the green ones."""
    dn = frame["dn"].to_numpy().astype(float)
    if dn.ndim == 3:
        return dn[..., 1], np.full(dn.shape[:2], True)
    line, sample = np.indices(dn.shape)
    return dn, (line + sample) % 2 == 1


@pytest.mark.parametrize(
    ("camera", "sequence", "caster", "high_m", "off_deg"),
    [("pcaml", "0002", "lander", 3.0, 3.0), ("tcam", "0008", "rover", 1.0, 6.0), ("tcam", "0004", "rover", 1.0, 15.0)],
)
def test_shadows_lie_where_spice_and_embree_put_them(
    flight, truth, relief, stones, scene, spice, camera, sequence, caster, high_m, off_deg
):
    """Ground that surely sees all of the Sun is bright in the picture, ground that surely sees none of it is dark.

    Looked at is the frame of a sequence that has most of one vehicle's shadow; where the shadows of another Sun,
    ``off_deg`` aside, would contradict, the picture does not follow them: the shorter they are, the farther aside.
    """
    told = [o for o in truth["observations"] if (o["instrument"], o["sequence_id"]) == (camera, sequence)]
    view = max(map(view_of, told), key=lambda view: in_sight(view, getattr(view, caster), high_m))
    planes = truth_planes(scene, view)
    ground, xyz = planes["body"].to_numpy() == GROUND, planes["xyz_m"].to_numpy()
    near = ground & (np.linalg.norm(xyz - view.lander.p, axis=-1) < REACH_M / 2)
    shadows = Shadows(relief, stones, view, planes.attrs["finest_post_m"], REACH_M)
    sun, radius = spice_sun(relief.site, view.t)

    def certain(degrees: float, apart_px: int) -> list[np.ndarray]:
        """Where all of a Sun turned aside is seen, and where nothing of it, so far from any pixel that is not sure."""
        maps = []
        for known in shadows.certain(xyz[near], turned(sun, degrees), radius):
            plane = np.zeros(near.shape, bool)
            plane[near] = known
            maps.append(binary_erosion(plane, np.ones((2 * apart_px + 1,) * 2)))
        return maps

    light, counted = bright(frame_of(flight, view))
    shown = light > 0.5 * np.median(light[ground & counted])
    counted &= planes["normal"].to_numpy() @ sun > 0.5 * sun[2]  # slopes that the Sun grazes are dark without a shadow
    lit, dark = (known & counted for known in certain(0.0, 2))
    assert lit.sum() > 2000
    assert dark.sum() > 200
    assert shown[lit].mean() > 0.98
    assert shown[dark].mean() < 0.02
    for degrees in (-off_deg, off_deg):
        lit_then, dark_then = certain(degrees, 0)
        contradicts = lit & dark_then | dark & lit_then
        assert contradicts.sum() > 40
        assert (shown == lit_then)[contradicts].mean() < 0.1


def test_labels_say_where_the_sun_is_geometrically(flight, spice):
    """As the real labels do: without light time and aberration, which are 0.006 degrees."""
    seen = set()
    for path in sorted((flight.folder / "archive" / archive.LEVEL2).rglob("*CAM*L")):
        attrs = archive.read(path).attrs
        if "sun_azimuth_deg" not in attrs:
            continue
        lander = Site(attrs["lander_lat_deg"], attrs["lander_lon_deg"], 0.0)
        sun, _ = spice_sun(lander, utc_to_t(attrs["start_utc"]), "NONE")
        az, el = np.degrees(azel(sun))
        assert attrs["sun_incidence_deg"] == pytest.approx(90.0 - el, abs=1e-4)
        assert attrs["sun_azimuth_deg"] == pytest.approx(az, abs=1e-4)
        seen.add(attrs["instrument"])
    assert {"tcam", "pcaml", "pcamr", "navcaml", "hazcamr"} <= seen


def test_the_gallery_marks_the_sun_where_it_is(flight, truth, relief, spice):
    text = (flight.folder / "release" / "flight.js").read_text()
    told = json.loads(text[text.index("{") : text.rindex("}") + 1])["panoramas"][0]["marks"]
    first = min(o["t"] for o in truth["observations"] if (o["instrument"], o["sequence_id"]) == ("tcam", "0004"))
    az, _ = np.degrees(azel(spice_sun(relief.site, first, "NONE")[0]))
    assert [mark["name"] for mark in told] == ["Sun"]
    assert told[0]["az_deg"] == pytest.approx(az, abs=0.001)
