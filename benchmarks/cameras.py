"""The cameras: the same rays as Embree, scene memory, the Sun's penumbra, radiance and counts, and time a frame.

The scene is the built-in ground of Von Karman with its rocks; Embree gets the same triangles. Rates are of CPU time
(all threads), the best of the rounds. Frames of a whole sequence are extrapolated from a few: the claims say so.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numba import njit
from numpy.typing import NDArray

from benchmarks.claim import Claim
from benchmarks.peers.scene import triangles
from farside.geometry import Pose, Site
from farside.instruments import Instrument, load
from farside.moon import Moon, Relief, build_relief
from farside.payload import Body, Rocks, Scene, View, observe, radiance, truth_planes
from farside.payload.camera.bvh import STACK
from farside.payload.camera.ground import hit_ground, make_ground
from farside.payload.camera.instances import hit_instances
from farside.payload.camera.kernel import KERNEL
from farside.payload.camera.optics import band_pattern, electron_rate
from farside.payload.camera.planes import trace
from farside.payload.camera.sensor import expose
from farside.payload.mesh import box, merge
from farside.payload.vehicles import Material
from farside.physics import light_above, limb_darkening, solar_angular_radius, solar_irradiance
from farside.physics.disc import COLUMN_X
from farside.products import calibrate
from farside.products.flat import lens_falloff

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "payload"))
from small_ground import flat, looking, nadir, nested, sun_at

Array = NDArray[np.float64]

SEED = 20190103
SITE = Site(-45.4446, 177.5991, -5935.0)
POSTS, FINEST_M, REACH_M = 1024, 0.125, 16_000.0
NEAR = 3
"""Levels that Embree gets too: 512 m a side, 5.2 million triangles, as many as scene A of the fact sheet."""
ROCKS_M, ROCK_M = 120.0, 0.1
LOW_SUN = sun_at(50.7, 5.0)
FRAMES, PANORAMA, CORES = 5358, 120, 2
HEIGHTS_M = (8000.0, 1500.0, 300.0, 100.0, 30.0, 3.0)
LEAK_RAYS = 300_000
ROUNDS = 3
LARGE = """
import json, time
from dataclasses import replace
from pathlib import Path
import numpy as np
from benchmarks.cameras import LOW_SUN, nadir
from farside.payload import Scene, radiance
class Plain:
    posts_m = [0.25]
    albedo = [np.ones((17, 17), np.float32)]
    heights = np.random.default_rng(1).standard_normal((1, 8193, 8193), np.float32)
Plain.heights *= np.float32(0.02)
start = time.process_time()
scene = Scene.of(Plain, {})
build = time.process_time() - start
bright = [radiance(scene, replace(nadir(h, sun=LOW_SUN), binning=1), bounce=False).min() > 0 for h in (1500.0, 300.0)]
if not all(bright):
    raise SystemExit("a plain with holes")
# not getrusage, whose maximum a process inherits from the one that started it
most = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([build, int(most.split()[1]) * 1024 / 1e9]))
"""


@cache
def relief() -> Relief:
    """The ground to 16 km from the site."""
    return build_relief(Moon(SEED), SITE, POSTS, FINEST_M, REACH_M)


def near() -> Relief:
    """Its finest levels."""
    r = relief()
    return Relief(r.site, r.heights[:NEAR], r.posts_m[:NEAR], r.albedo[:NEAR])


@cache
def rocks() -> Rocks:
    """The rocks around the site."""
    found = Moon(SEED).rocks(relief().site, ROCKS_M, ROCK_M)
    base = np.array(found.position, float)
    base[:, 2] = relief().height(base[:, 0], base[:, 1])
    return Rocks.lying(base, found.diameter, found.height, found.turn, found.shape.astype(np.int64))


def resident() -> int:
    """Octets of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu(what: Callable[[], Any], rounds: int = 1) -> tuple[float, Any]:
    """Least CPU seconds of the rounds, and the last result."""
    best, result = np.inf, None
    for _ in range(rounds):
        start = time.process_time()
        result = what()
        best = min(best, time.process_time() - start)
    return best, result


@dataclass(frozen=True)
class Peer:
    """Embree with the triangles of a scene: what it took."""

    scene: Any
    triangles: int
    octets: int
    build_s: float


def embree(meshes: list[tuple[NDArray[np.float32], NDArray[np.int32]]]) -> Peer:
    """Embree's scene; it builds at the first ray."""
    gc.collect()
    ray = np.array([[0.0, 0.0, 1e3]], np.float32), np.array([[0.0, 0.0, -1.0]], np.float32)
    before, scene = resident(), EmbreeScene()

    def build() -> None:
        for vertices, faces in meshes:
            TriangleMesh(scene, vertices, faces)
        scene.run(*ray, query="OCCLUDED")

    seconds, _ = cpu(build)
    return Peer(scene, sum(len(faces) for _, faces in meshes), resident() - before, seconds)


def octets(scene: Scene) -> int:
    """Of all arrays that rays look at."""
    arrays = (*scene.ground, *scene.shapes, *scene.rocks, *scene.palette)
    return sum(a.nbytes for a in arrays)


@njit(**KERNEL)
def shadows(ground, shapes, group, clear, stack, origins, sun, dark):  # type: ignore[no-untyped-def]
    """Fill ``dark``: whether ground or rocks stand between each origin (n, 3) and one point of the Sun."""
    dx, dy, dz = sun[0], sun[1], sun[2]
    for n in range(origins.shape[0]):
        x, y, z = origins[n, 0], origins[n, 1], origins[n, 2]
        t, _ = hit_ground(ground, 0, clear, x, y, z, dx, dy, dz, 1e6)
        if t < 0.0:
            _, k, _ = hit_instances(shapes, group, stack, x, y, z, dx, dy, dz, 1e6, True)
            dark[n] = k >= 0
        else:
            dark[n] = True


@njit(**KERNEL)
def distances(ground, clear, origins, ways, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n,) with distances to the ground, or -1."""
    for n in range(origins.shape[0]):
        o, d = origins[n], ways[n]
        out[n], _ = hit_ground(ground, 0, clear, o[0], o[1], o[2], d[0], d[1], d[2], 1e6)


@dataclass(frozen=True)
class Match:
    """One view traced by both.

    misses, shades: shares of the pixels that differ. lit: share of the shadow rays that reach the Sun. far: distances
    apart, m. holes: pixels where only Embree meets something. rates, shade_rates: million rays a CPU second, both.
    """

    misses: float
    shades: float
    lit: float
    far: Array
    holes: int
    rates: tuple[float, float]
    shade_rates: tuple[float, float]


def match(scene: Scene, peer: Peer, view: View) -> Match:
    """Primary rays through the front door; shadow rays from 2 mm above what Embree saw, the same for both."""
    truth, frame = truth_planes(scene, view), scene.frame(view)
    t, body, number = np.empty(frame.shape), np.empty(frame.shape, np.uint16), np.empty(frame.shape, np.int32)
    albedo, normal = np.empty(frame.shape, np.float32), np.empty((*frame.shape, 3))
    ours_s, _ = cpu(lambda: trace(scene, frame, t, body, number, albedo, normal), ROUNDS)
    pose, camera = view.camera(), load(view.instrument).camera(view.binning)
    i, j = np.meshgrid(np.arange(camera.width) + 1, np.arange(camera.height) + 1)
    d = (camera.rays(i, j) @ pose.r.T).reshape(-1, 3).astype(np.float32)
    o = np.broadcast_to(pose.p.astype(np.float32), d.shape).copy()
    theirs_s, _ = cpu(lambda: peer.scene.run(o, d, query="INTERSECT"), ROUNDS)
    theirs = peer.scene.run(o, d, query="INTERSECT", output=1)
    tfar, ours = theirs["tfar"].astype(float), truth.range_m.to_numpy().ravel()
    hit, we = tfar < 1e30, np.isfinite(ours)
    both = hit & we
    n = theirs["Ng"][both].astype(float)
    n *= -np.sign(np.sum(n * d[both], axis=1, keepdims=True)) / np.linalg.norm(n, axis=1, keepdims=True)
    start = (o[both] + tfar[both, None] * d[both] + 2e-3 * n).astype(np.float32)
    sun = np.array(view.sun, np.float32)
    dark, stack = np.zeros(len(start), bool), np.empty(STACK, np.int32)
    clear = np.full(len(scene.ground.posts), np.inf)
    exact, to_sun = start.astype(float), sun.astype(float)
    shadows(scene.ground, scene.shapes, scene.rocks, clear, stack, exact[:1], to_sun, dark[:1])
    dark_s, _ = cpu(lambda: shadows(scene.ground, scene.shapes, scene.rocks, clear, stack, exact, to_sun, dark), ROUNDS)
    ways = np.broadcast_to(sun, start.shape).copy()
    their_dark_s, found = cpu(lambda: peer.scene.run(start, ways, query="OCCLUDED"), ROUNDS)
    return Match(
        float(np.mean(hit != we)),
        float(np.sum(dark != (found >= 0)) / len(ours)),
        float(1 - np.mean(dark)),
        np.abs(ours - tfar)[both],
        int((hit & ~we).sum()),
        (len(ours) / ours_s / 1e6, len(ours) / theirs_s / 1e6),
        (len(start) / dark_s / 1e6, len(start) / their_dark_s / 1e6),
    )


def leaks(ground: Relief) -> int:
    """Rays aimed a millimetre under posts, diagonals and borders of levels that meet nothing before they are there."""
    draw, n = np.random.default_rng(2), ground.heights[0].shape[0] - 1
    level = np.arange(LEAK_RAYS) % NEAR
    post = np.array(ground.posts_m)[level]
    x, y = draw.integers(-n // 2 + 1, n // 2, (2, LEAK_RAYS)) * post
    kind, along = np.arange(LEAK_RAYS) // NEAR % 3, draw.random(LEAK_RAYS) * post
    x[kind == 1] += along[kind == 1]
    y[kind == 1] += along[kind == 1]
    border = kind == 2
    x[border] = n / 2 * post[border] * np.where(level[border] < NEAR - 1, 1.0, 0.5)
    way = np.column_stack([draw.normal(size=(LEAK_RAYS, 2)) * 2.0, np.full(LEAK_RAYS, -1.0)])
    way[::5, :2] = 0.0
    way[::7, 0] = 0.0  # along the posts
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    inside = np.maximum(np.abs(x), np.abs(y)) < n / 2 * ground.posts_m[-1]
    start = np.column_stack([x, y, ground.height(x, y) - 1e-3]) - 30.0 * way
    made = make_ground(np.stack(ground.heights), np.stack(ground.albedo), np.array(ground.posts_m))
    out = np.empty(LEAK_RAYS)
    distances(made, np.full(NEAR, np.inf), start, way, out)
    return int((inside & ~((out >= 0.0) & (out <= 30.0))).sum())


def geometry() -> Iterator[Claim]:
    """The same rays as Embree; what the scene weighs."""
    ground, stones = near(), rocks().mesh()
    parts = [triangles(ground), (stones.vertices.astype(np.float32), stones.faces.astype(np.int32))]
    peer = embree(parts)
    scene = Scene.of(ground, {}, rocks())
    above = match(scene, peer, replace(nadir(300.0, sun=LOW_SUN), binning=1))
    level = match(scene, peer, looking(mast_deg=(0.0, 0.0), binning=2, sun=LOW_SUN))
    for name, m in (("landing camera at 300 m", above), ("terrain camera, horizon", level)):
        rates = f"primary: {m.rates[0]:.1f} M rays a CPU-s, Embree {m.rates[1]:.1f}"
        yield Claim(f"{name}: hit or miss differs from Embree, share of pixels", m.misses, "", 1e-5, rates)
        rates = f"{m.lit:.0%} lit; shadow: {m.shade_rates[0]:.1f} M rays a CPU-s, Embree {m.shade_rates[1]:.1f}"
        yield Claim(f"{name}: shadow differs from Embree, share of pixels", m.shades, "", 5e-5, rates)
    apart = f"median {np.median(above.far):.1e} m, {(above.far > 0.01).sum()} pixels over 1 cm"
    yield Claim(
        "distance at 300 m: 99.9 % within, of Embree's", 1e3 * float(np.quantile(above.far, 0.999)), "mm", 0.1, apart
    )
    lost = leaks(ground)
    yield Claim(
        "leaked rays, seen from above and aimed at posts", float(above.holes + lost), "", 0.0, f"{LEAK_RAYS} aimed"
    )
    mine = octets(scene)
    shape = octets(scene) - scene.ground.albedo.nbytes - scene.shapes.normals.nbytes - scene.shapes.material.nbytes
    data = (
        f"{mine / 1e6:.0f} MB for {peer.triangles / 1e6:.1f} M triangles, {len(stones.faces) / 1e6:.2f} M of them rocks"
    )
    data += f"; {shape / 1e6:.0f} MB without albedo, normals and materials, which Embree's lacks"
    yield Claim("scene memory, Embree's / ours", peer.octets / mine, "", 15.0, data, least=True)
    bare = embree(parts[:1])
    build_s, _ = cpu(lambda: Scene.of(ground, {}), ROUNDS)
    yield Claim(
        "ground alone: CPU to build, Embree's / ours", bare.build_s / build_s, "", 100.0, f"{build_s:.3f} s", least=True
    )
    done = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout)
    yield Claim("134 M triangles built and pictured: most memory", memory, "GB", 1.0, f"built in {seconds:.2f} CPU-s")


def matt(albedo: float) -> Material:
    """A Lambert surface of this albedo in all bands."""
    return Material((albedo,) * 3, 0.0, (0.0,) * 3, 1.0)


def penumbra() -> Iterator[Claim]:
    """A wall 30 m high at 20 degrees: how much of the limb-darkened disc each pixel behind it sees."""
    plain = nested(flat, levels=7, finest_m=0.25)
    wall = merge([("wall", *box((400.0, 1.0, 60.0), (0.0, 20.5, 0.0)))])
    scene = Scene.of(plain, {"wall": Body(wall, {"wall": matt(0.5)})})
    elevation = np.radians(20.0)
    view = replace(nadir(6.0, sun=sun_at(0.0, 20.0)), binning=4)
    edge = 30.0 / np.tan(elevation)
    view = replace(view, lander=Pose.of(view.lander.p + np.array([0.0, 20.0 - edge, 0.0]), np.eye(3)))
    away = 20.0 - truth_planes(scene, view).xyz_m.to_numpy()[..., 1]
    pixels, lit = radiance(scene, view).astype(float), radiance(Scene.of(plain, {}), view).astype(float)
    dark = pixels[away < edge - 1.5].mean()
    share = (pixels - dark) / (lit - dark)
    above = (np.arctan2(30.0, away.mean(axis=1)) - elevation) / solar_angular_radius(view.sun_distance_au)
    law = limb_darkening(load("lcam").bands[0].centre_nm)
    expected, _ = light_above(np.repeat(above[:, None], len(COLUMN_X), axis=1), law)
    inside = np.abs(above) < 1.0
    off = np.abs(share - expected[:, None])[inside]
    line = np.abs(share.mean(axis=1) - expected)[inside]
    data = f"rms {np.sqrt(np.mean(off**2)):.4f}, {inside.sum()} lines"
    yield Claim("penumbra of an edge: visible share off the analytic one, any pixel", float(off.max()), "", 0.005, data)
    yield Claim("the same, mean of a line of pixels", float(line.max()), "", 0.005)


def plate() -> Iterator[Claim]:
    """A Lambert plane half in the shadow of a wall: what the Sun adds is lit less shaded."""
    albedo, elevation = 0.3, 30.0
    plain = nested(flat, levels=7, finest_m=0.25)
    floor = merge([("plate", *box((400.0, 400.0, 1.0), (0.0, 0.0, 1.0)))])
    wall = merge([("wall", *box((400.0, 1.0, 400.0), (0.0, 100.0, 0.0)))])
    paint = {"plate": matt(albedo), "wall": matt(0.0)}
    view = nadir(50.0, sun=sun_at(0.0, elevation))
    lit = radiance(Scene.of(plain, {"plate": Body(floor, paint)}), view).astype(float)
    shaded = radiance(Scene.of(plain, {"plate": Body(floor, paint), "wall": Body(wall, paint)}), view).astype(float)
    camera = load("lcam").bands[0]
    law = albedo * np.sin(np.radians(elevation)) / np.pi
    sunlight = float(solar_irradiance(camera.centre_nm, view.sun_distance_au, camera.width_nm))
    off = float(np.abs((lit - shaded) / (law * sunlight) - 1.0).max())
    data = f"light of the surroundings: {shaded.mean() / (law * sunlight):.1%} more"
    yield Claim("Lambert plane off A E mu0 / pi d^2, E of the camera's band", off, "", 1e-6, data)


def bias(measured: Array, truth: Array, use: NDArray[np.bool_]) -> tuple[float, float]:
    """Per cent by which light is over or under: of all pixels, and of the worst tenth of them by brightness."""
    m, t = measured[use], truth[use]
    order = np.array_split(np.argsort(t, kind="stable"), 10)
    tenths = [100 * abs(m[k].sum() / t[k].sum() - 1) for k in order]
    return float(100 * abs(m.sum() / t.sum() - 1)), float(max(tenths))


def closed_loop(scene: Scene) -> Iterator[Claim]:
    """Radiance to counts and back, by the published numbers."""
    for view in (looking(mast_deg=(40.0, -30.0), binning=1), replace(nadir(100.0), binning=1)):
        camera = load(view.instrument)
        truth, raw = radiance(scene, view).astype(float), observe(scene, view)
        d, flat_field = camera.detector, lens_falloff(camera.camera(1)).astype(float)
        bands = np.tile(electron_rate(camera)[band_pattern(camera)], np.array(truth.shape) // 2)
        seconds = raw.attrs["exposure_ms"] * 1e-3
        # electrons of a full-scale count above the bias, over those of unit radiance
        unit = (d.full_scale - d.bias_dn) * d.gain_e_per_dn / (bands * seconds)
        counts = raw["dn"].to_numpy().astype(float)  # below the bias, whole numbers without a sign would wrap
        use = counts < d.full_scale
        level = calibrate(raw, SITE)
        dn = level["dn"].to_numpy().astype(float) / (2 ** int(level.attrs["bits"]) - 1)
        if dn.ndim == 3:
            dn = np.take_along_axis(dn, np.tile(band_pattern(camera), np.array(truth.shape) // 2)[..., None], axis=2)[
                ..., 0
            ]
        else:
            dn /= flat_field
        dark = d.dark_e_per_s * 2.0 ** ((view.temperature_c - d.reference_temperature_c) / d.dark_doubling_k) * seconds
        own = (counts - d.bias_dn - dark / d.gain_e_per_dn) / (d.full_scale - d.bias_dn) / flat_field
        for name, share in (("raw", own), (str(level.attrs["level"]), dn)):
            whole, worst = bias(share * unit, truth, use)
            data = f"worst tenth by brightness {worst:.2f} %, {100 * np.mean(~use):.2f} % saturated"
            yield Claim(f"{camera.id}: radiance to {name} counts and back, bias", whole, "%", 0.5, data)


def photon_transfer() -> Iterator[Claim]:
    """Gain from the variance of the difference of equal frames against their mean, without filters."""
    camera = load("tcam")
    camera = camera.model_copy(
        update={"detector": camera.detector.model_copy(update={"bayer": ""}), "bands": camera.bands[:1]}
    )
    found = [transfer(camera, seed) for seed in range(3)]
    gain, data = camera.detector.gain_e_per_dn, ", ".join(f"{k:.2f}" for k in found)
    off = max(abs(k / gain - 1) for k in found)
    yield Claim("gain from photon transfer, off the true one", 100 * off, "%", 1.0, f"{data} e-/DN of {gain}")


def transfer(camera: Instrument, seed: int) -> float:
    """Electrons a count from one pair of frames of a ramp in sixty steps."""
    d = camera.detector
    steps = np.linspace(1.0, 60.0, 60, dtype=np.float32).repeat(-(-d.width // 60))[: d.width]
    ramp = np.broadcast_to(steps, (d.height, d.width))
    a, b = (expose(ramp, camera, 1, 20.0, seed, frame)[0].astype(float) for frame in (1, 2))
    mean, variance = [], []
    for level in np.unique(steps)[1:]:
        at = steps == level
        mean.append((a[:, at] + b[:, at]).mean() / 2)
        variance.append((a[:, at] - b[:, at]).var() / 2)
    return float(1.0 / np.polyfit(mean, variance, 1)[0])


def speed(scene: Scene) -> Iterator[Claim]:
    """CPU seconds of radiance for whole frames; sequences extrapolated to frames side by side on two idle cores."""
    seconds = []
    for height in HEIGHTS_M:
        view = replace(nadir(height), binning=1)
        radiance(scene, replace(view, binning=8))
        seconds.append(cpu(lambda v=view: radiance(scene, v), 2)[0])
    each = ", ".join(f"{h:g} m: {s:.2f}" for h, s in zip(HEIGHTS_M, seconds, strict=True))
    mean = float(np.mean(seconds))
    yield Claim("landing camera, 1024 x 1024, CPU a frame, mean of six heights", mean, "s", 1.0, each)
    whole = f"extrapolated: {FRAMES} frames of {mean:.2f} CPU-s on {CORES} idle cores"
    yield Claim("landing sequence, rendering only", FRAMES * mean / CORES / 60, "min", 45.0, whole)
    views = [looking(mast_deg=(90.0, pitch), binning=1) for pitch in (0.0, -15.0, -30.0)]
    rings = [cpu(lambda v=v: radiance(scene, v), 2)[0] for v in views]
    mean, each = float(np.mean(rings)), "pitch 0, -15, -30: " + ", ".join(f"{s:.2f}" for s in rings)
    yield Claim("terrain camera, 2352 x 1728, soft Sun, CPU a frame", mean, "s", 15.0, each)
    whole = f"extrapolated: {PANORAMA} frames of {mean:.2f} CPU-s on {CORES} idle cores"
    yield Claim("terrain camera's panorama, rendering only", PANORAMA * mean / CORES / 60, "min", 15.0, whole)


def claims() -> Iterator[Claim]:
    yield from geometry()
    yield from penumbra()
    yield from plate()
    scene = Scene.build(relief(), rocks())
    yield from closed_loop(scene)
    yield from photon_transfer()
    yield from speed(scene)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
