"""An export: a folder with a plot as GeoTIFF, its picture, meshes, and the truth table of every crater and rock."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from farside.errors import BadInput
from farside.geometry import Site
from farside.moon.export import census, hillshade
from farside.moon.export.gltf import MOST_STONES, write_glb
from farside.moon.export.mesh import Ground, Stones
from farside.moon.export.plot import Plot
from farside.moon.export.ply import write_ground, write_stones
from farside.moon.export.raster import BLOCK, read_rows, write_rasters
from farside.moon.moon import FINEST_M, Moon
from farside.moon.rocks import SMALLEST_M, Rocks, count
from farside.work import Pool, Stages, atomic_write, key_of

RECORD = "export.json"
MESH_VERTICES = 1024
"""Vertices along a mesh's side where nobody says otherwise: what every viewer turns smoothly."""


@dataclass(frozen=True)
class Wanted:
    """What to write besides the elevation.

    albedo: its raster, and colours in meshes; meshes: some of "glb", "ply"; mesh_post_m: spacing of vertices, None for
    at most 1024 along a side; tables: "parquet" or "csv"; rocks: stones in meshes; rocks_from_m: smallest diameter.
    """

    albedo: bool = False
    meshes: tuple[str, ...] = ("glb", "ply")
    mesh_post_m: float | None = None
    tables: str = "parquet"
    rocks: bool = False
    rocks_from_m: float | None = None


@dataclass(frozen=True)
class Making:
    """How the work is done and told: the key of the ground, threads, and who hears of progress."""

    key: str
    about: dict[str, str]
    pool: Pool
    say: Callable[[str], None] = field(default=lambda what: None)
    count: Callable[[str, int, int], None] = field(default=lambda what, done, total: None)
    stand: Callable[[Rocks], Stones] | None = None
    """Makes shapes of rocks, which are not the ground's business."""


def export(moon: Moon, plot: Plot, folder: Path, wanted: Wanted, making: Making) -> dict[str, Path]:
    """Write a plot into a folder; returns the files by name. The same call finishes an export that was interrupted.

    Raises BadInput before any work for what cannot be made, and for a folder that holds something else.
    """
    step, rocks_from = _step(plot, wanted), _rocks_from(plot, wanted)
    plot = grounded(moon, plot)
    _claim(folder)
    files = {"elevation": folder / "elevation.tif"}
    if wanted.albedo:
        files["albedo"] = folder / "albedo.tif"
    stages = Stages(folder / "stages")
    place = (plot.site.lat_deg, plot.site.lon_deg, plot.post_m, plot.n)
    making.say(f"{plot.n} x {plot.n} posts, {plot.post_m:g} m apart")
    write_rasters(moon, plot, files, _tags(plot, making), stages, lambda i, j: key_of(making.key, place, BLOCK, i, j),
                  making.pool, making.count)  # fmt: skip
    files |= _pictures(plot, files, folder, making)
    tables, rows = _tables(moon, plot, folder, wanted, rocks_from, making)
    files |= tables | _meshes(moon, plot, files, folder, wanted, step, rocks_from, making)
    files[RECORD] = _record(folder, plot, wanted, making, files, rows, step)
    shutil.rmtree(stages.folder)
    return files


def look(moon: Moon, plot: Plot, path: Path, title: str, about: str) -> tuple[float, float]:
    """Draw a plot from far enough that it fits a picture; returns its lowest and highest elevation (m)."""
    n = min(plot.n, hillshade.SIDE)
    seen = Plot(plot.site, plot.size_m / n, n)
    height, _ = moon.chart(seen.site, float(seen.east(np.array(0))), float(seen.north(np.array(n - 1))), seen.post_m, n)
    hillshade.draw(path, seen, height[::-1], title, about)
    return float(height.min()), float(height.max())


def grounded(moon: Moon, plot: Plot) -> Plot:
    """The plot with its middle on the ground."""
    site = plot.site
    height = float(moon.elevation(site.lat_deg, site.lon_deg, max(FINEST_M, plot.post_m)))
    return replace(plot, site=Site(site.lat_deg, site.lon_deg, height))


def _step(plot: Plot, wanted: Wanted) -> int:
    """Posts between a mesh's vertices."""
    if wanted.mesh_post_m is None:
        return math.ceil(plot.n / MESH_VERTICES)
    step = round(wanted.mesh_post_m / plot.post_m)
    if step < 1 or not math.isclose(step * plot.post_m, wanted.mesh_post_m, rel_tol=1e-6) or plot.n // step < 2:
        raise BadInput("farside terrain export", "--mesh-post-m", wanted.mesh_post_m,
                       f"a whole number of posts ({plot.post_m:g} m), at most half the side")  # fmt: skip
    return step


def _rocks_from(plot: Plot, wanted: Wanted) -> float:
    """Smallest diameter of rocks. Raises BadInput for one that is out of range, or for more than a mesh can hold."""
    smallest = plot.post_m if wanted.rocks_from_m is None else wanted.rocks_from_m
    smallest = max(SMALLEST_M, smallest) if wanted.rocks_from_m is None else smallest
    if not SMALLEST_M <= smallest <= 5.0:
        raise BadInput("farside terrain export", "--rocks-from-m", smallest, f"a diameter from {SMALLEST_M:g} to 5 m")
    many = float(count(smallest)) * plot.size_m**2
    if wanted.rocks and wanted.meshes and many > MOST_STONES:
        raise BadInput("farside terrain export", "--rocks-from-m", f"{smallest:g} m: about {many:.0f} rocks",
                       f"larger rocks or a smaller square: {MOST_STONES} in a mesh at most")  # fmt: skip
    return smallest


def _claim(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadInput("farside terrain export", "--out", str(folder), "a folder")
    ours = (folder / RECORD).exists() or (folder / "stages").is_dir()
    if folder.is_dir() and not ours and any(folder.iterdir()):
        raise BadInput("farside terrain export", "--out", str(folder), "a new or empty folder, or one of an export")
    folder.mkdir(parents=True, exist_ok=True)


def _tags(plot: Plot, making: Making) -> dict[str, str]:
    return {
        "FRAME": "MOON_ME, planetocentric latitude, east longitude; heights above the 1737.4 km sphere",
        "SITE": f"{plot.site.lat_deg:.7f} {plot.site.lon_deg:.7f}",
        "RESOLUTION_M": f"{plot.post_m:g}",
        **{name.upper(): text for name, text in making.about.items()},
    }


def _pictures(plot: Plot, files: dict[str, Path], folder: Path, making: Making) -> dict[str, Path]:
    step = math.ceil(plot.n / hillshade.SIDE)
    m = plot.n // step
    seen = Plot(plot.site, plot.post_m * step, m)
    height = read_rows(files["elevation"], 0, m, step, m)
    path = folder / "hillshade.png"
    hillshade.draw(path, seen, height, making.about["place"], f"posts of {plot.post_m:g} m; {making.about['ground']}")
    return {"hillshade": path}


def _tables(
    moon: Moon, plot: Plot, folder: Path, wanted: Wanted, rocks_from: float, making: Making
) -> tuple[dict[str, Path], dict[str, int]]:
    """The truth: craters of two posts and more, which is all that show, and rocks."""
    about = {**_tags(plot, making)}
    files = {name: folder / f"{name}.{wanted.tables}" for name in ("craters", "rocks")}
    rows = {
        "craters": census.write_table(
            files["craters"],
            census.craters(moon, plot, 2 * plot.post_m, lambda done, total: making.count("craters", done, total)),
            {**about, "SMALLEST_M": f"{2 * plot.post_m:g}"},
        ),
        "rocks": census.write_table(
            files["rocks"],
            census.stones(moon, plot, rocks_from, lambda done, total: making.count("rocks", done, total)),
            {**about, "SMALLEST_M": f"{rocks_from:g}"},
        ),
    }
    return files, rows


def _meshes(
    moon: Moon, plot: Plot, files: dict[str, Path], folder: Path, wanted: Wanted, step: int, rocks_from: float,
    making: Making,
) -> dict[str, Path]:  # fmt: skip
    ground = Ground(plot, files["elevation"], files.get("albedo"), step)
    stones = None
    if wanted.rocks and wanted.meshes and making.stand is not None:
        stones = making.stand(_all_rocks(moon, plot, rocks_from, step * plot.post_m))
    comments = [f"{name}: {text}" for name, text in _tags(plot, making).items()]
    comments += ["metres east, north, up of the ground in the middle of the plot"]
    made = {}
    for kind in wanted.meshes:
        making.say(f"mesh of {ground.m} x {ground.m} vertices ({kind})")
        made[kind] = path = folder / f"ground.{kind}"
        if kind == "glb":
            write_glb(path, ground, stones, _tags(plot, making), f"farside {making.about['farside']}")
            continue
        write_ground(path, ground, comments)
        if stones is not None and len(stones.which):
            made["rocks-ply"] = folder / "rocks.ply"
            write_stones(made["rocks-ply"], stones, comments)
    return made


def _all_rocks(moon: Moon, plot: Plot, from_m: float, resolution_m: float) -> Rocks:
    """Rocks of the whole plot, in the frame of its middle, on the ground as a mesh of that resolution has it."""
    found = moon.rocks(plot.site, 0.72 * plot.size_m, from_m)
    me = plot.site.from_enu(found.position.astype(float))
    east, north = plot.map(me)
    inside = census.plot_holds(plot, east, north)
    height, _ = moon.at(me[inside], resolution_m)
    position = plot.enu(east[inside], north[inside], height)
    return Rocks(position, found.diameter[inside], found.height[inside], found.turn[inside], found.shape[inside])


def _record(
    folder: Path, plot: Plot, wanted: Wanted, making: Making, files: dict[str, Path], rows: dict[str, int], step: int
) -> Path:
    record: dict[str, Any] = {
        **making.about,
        "frame": _tags(plot, making)["FRAME"],
        "lat_deg": plot.site.lat_deg,
        "lon_deg": plot.site.lon_deg,
        "ground_m": plot.site.height_m,
        "size_m": plot.size_m,
        "post_m": plot.post_m,
        "posts": plot.n,
        "crs": plot.crs.to_wkt(),
        "mesh": {"axes": "east, north, up (ply); east, up, south (glb)", "post_m": step * plot.post_m}
        if wanted.meshes
        else None,
        "rows": rows,
        "files": {name: path.name for name, path in files.items()},
    }
    path = folder / RECORD
    with atomic_write(path) as part:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path
