"""An export: a folder with a plot as GeoTIFF, its picture, the truth table of every crater and rock, and meshes."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from farside.errors import BadInput
from farside.geometry import Site
from farside.moon.export import census, hillshade
from farside.moon.export.gltf import MOST_STONES, check_size, write_glb
from farside.moon.export.mesh import Ground, Stones
from farside.moon.export.plot import Plot
from farside.moon.export.ply import write_ground, write_stones
from farside.moon.export.raster import BLOCK, read_rows, write_rasters
from farside.moon.moon import FINEST_M, Moon
from farside.moon.rocks import SMALLEST_M, Rocks, count
from farside.work import Pool, Stages, atomic_write, claim_folder, key_of

COMMAND = "farside terrain export"
RECORD = "export.json"
MESH_VERTICES = 1024
"""Vertices along a mesh's side where nobody says otherwise: what every viewer turns smoothly."""
LARGEST_ROCK_M = 5.0
_GDAL_BYTES = 64_000_000
"""GDAL would keep blocks of its files in a twentieth of the machine's memory."""
_FRAME = "MOON_ME, planetocentric latitude, east longitude; heights above the 1737.4 km sphere"


@dataclass(frozen=True)
class Wanted:
    """What to write besides the elevation.

    albedo: its raster, and colours in meshes; meshes: some of "glb", "ply"; mesh_post_m: spacing of vertices, None for
    at most 1024 along a side; tables: "parquet" or "csv"; rocks: stones in meshes; rocks_from_m: smallest diameter of
    rocks, None for a post (and no rocks where no rock is as wide).
    """

    albedo: bool = False
    meshes: tuple[str, ...] = ("glb", "ply")
    mesh_post_m: float | None = None
    tables: str = "parquet"
    rocks: bool = False
    rocks_from_m: float | None = None


@dataclass(frozen=True)
class Making:
    """How the work is done and told: the key of the ground, what files say of themselves, threads, who hears of it.

    stand: makes shapes of rocks, which are not the ground's business.
    """

    key: str
    about: dict[str, str]
    pool: Pool
    say: Callable[[str], None] = field(default=lambda what: None)
    count: Callable[[str, int, int], None] = field(default=lambda what, done, total: None)
    stand: Callable[[Rocks], Stones] | None = None


def export(moon: Moon, plot: Plot, folder: Path, wanted: Wanted, making: Making) -> dict[str, Path]:
    """Write a plot into a folder; returns the files by name. The same call finishes an export that was interrupted.

    Raises BadInput before any work for what cannot be made, and for a folder that holds something else.
    """
    import rasterio

    step, rocks_from = _step(plot, wanted), _rocks_from(plot, wanted)
    height = float(moon.elevation(plot.site.lat_deg, plot.site.lon_deg, max(FINEST_M, plot.post_m)))
    plot = replace(plot, site=Site(plot.site.lat_deg, plot.site.lon_deg, height))
    claim_folder(folder, (RECORD, "stages"), COMMAND, "export")
    with rasterio.Env(GDAL_CACHEMAX=_GDAL_BYTES):
        return _Export(moon, plot, folder, wanted, making, step, rocks_from).write()


def look(moon: Moon, plot: Plot, path: Path, title: str, about: str) -> tuple[float, float]:
    """Draw a plot from far enough that it fits a picture; returns its lowest and highest elevation (m)."""
    n = min(plot.n, hillshade.SIDE)
    seen = Plot(plot.site, plot.size_m / n, n)
    height, _ = moon.chart(seen.site, float(seen.east(np.array(0))), float(seen.north(np.array(n - 1))), seen.post_m, n)
    hillshade.draw(path, seen, height[::-1], title, about)
    return float(height.min()), float(height.max())


class _Export:
    """One export under way. step: posts between vertices; rocks_from: smallest rocks (m), None for none."""

    def __init__(
        self, moon: Moon, plot: Plot, folder: Path, wanted: Wanted, making: Making, step: int, rocks_from: float | None
    ) -> None:
        self.moon, self.plot, self.folder, self.wanted, self.making = moon, plot, folder, wanted, making
        self.step, self.rocks_from = step, rocks_from
        self.files: dict[str, Path] = {}
        self.rows: dict[str, int] = {}
        self.tags = {
            "FRAME": _FRAME,
            "SITE": f"{plot.site.lat_deg:.7f} {plot.site.lon_deg:.7f}",
            "RESOLUTION_M": f"{plot.post_m:g}",
            **{name.upper(): text for name, text in making.about.items()},
        }

    def write(self) -> dict[str, Path]:
        """All files, in the order in which one needs the other."""
        stages = Stages(self.folder / "stages")
        self._rasters(stages)
        self._picture()
        self._tables()
        self._meshes()
        self._record()
        shutil.rmtree(stages.folder)
        return self.files

    def _rasters(self, stages: Stages) -> None:
        plot, making = self.plot, self.making
        rasters = {name: self.folder / f"{name}.tif" for name in ("elevation", *["albedo"] * self.wanted.albedo)}
        place = (plot.site.lat_deg, plot.site.lon_deg, plot.post_m, plot.n, BLOCK)
        making.say(f"{plot.n} x {plot.n} posts, {plot.post_m:g} m apart")
        write_rasters(
            self.moon, plot, rasters, self.tags, stages, lambda i, j: key_of(making.key, place, i, j), making.pool,
            making.count,
        )  # fmt: skip
        self.files |= rasters

    def _picture(self) -> None:
        step = math.ceil(self.plot.n / hillshade.SIDE)
        m = self.plot.n // step
        seen = Plot(self.plot.site, self.plot.post_m * step, m)
        self.files["hillshade"] = path = self.folder / "hillshade.png"
        about = f"posts of {self.plot.post_m:g} m; {self.making.about['ground']}"
        height = read_rows(self.files["elevation"], 0, m, step, m)
        hillshade.draw(path, seen, height, self.making.about["place"], about)

    def _tables(self) -> None:
        """The truth: craters of two posts and more, which is all that show, and rocks."""
        for name, smallest, rows in (
            ("craters", 2 * self.plot.post_m, census.craters),
            ("rocks", self.rocks_from, census.stones),
        ):
            if smallest is None:
                continue
            self.files[name] = path = self.folder / f"{name}.{self.wanted.tables}"

            def told(done: int, total: int, name: str = name) -> None:
                self.making.count(name, done, total)

            pieces = rows(self.moon, self.plot, smallest, told)
            self.rows[name] = census.write_table(path, pieces, {**self.tags, "SMALLEST_M": f"{smallest:g}"})

    def _meshes(self) -> None:
        ground = Ground(self.plot, self.files["elevation"], self.files.get("albedo"), self.step)
        stones = None
        if self.wanted.rocks and self.making.stand is not None:
            stones = self.making.stand(self._rocks())
        comments = [f"{name}: {text}" for name, text in self.tags.items()]
        comments += ["metres east, north, up of the ground in the middle of the plot"]
        for kind in self.wanted.meshes:
            self.making.say(f"mesh of {ground.m} x {ground.m} vertices ({kind})")
            self.files[kind] = path = self.folder / f"ground.{kind}"
            if kind == "glb":
                write_glb(path, ground, stones, self.tags, f"farside {self.making.about['farside']}")
                continue
            write_ground(path, ground, comments)
            if stones is not None and len(stones.which):
                self.files["rocks-ply"] = self.folder / "rocks.ply"
                write_stones(self.files["rocks-ply"], stones, comments)

    def _rocks(self) -> Rocks:
        """The rocks of the table in the frame of the plot's middle, on the ground as the mesh has it."""
        rocks = census.read_table(self.files["rocks"])
        east, north = rocks["map_east_m"], rocks["map_north_m"]
        height, _ = self.moon.at(self.plot.direction(east, north), self.step * self.plot.post_m)
        return Rocks(
            position=self.plot.enu(east, north, height),
            diameter=rocks["diameter_m"],
            height=rocks["height_m"],
            turn=np.radians(rocks["turn_deg"]),
            shape=rocks["shape"].astype(np.uint32),
        )

    def _record(self) -> None:
        plot = self.plot
        record = {
            **self.making.about,
            "frame": _FRAME,
            "lat_deg": plot.site.lat_deg,
            "lon_deg": plot.site.lon_deg,
            "ground_m": plot.site.height_m,
            "size_m": plot.size_m,
            "post_m": plot.post_m,
            "posts": plot.n,
            "crs": plot.crs.to_wkt(),
            "mesh_post_m": self.step * plot.post_m,
            "mesh_axes": {"ply": "east, north, up", "glb": "east, up, south"},
            "rows": self.rows,
            "files": {name: path.name for name, path in self.files.items()},
        }
        self.files[RECORD] = path = self.folder / RECORD
        with atomic_write(path) as part:
            part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _step(plot: Plot, wanted: Wanted) -> int:
    """Posts between a mesh's vertices. Raises BadInput, also for a mesh that its format cannot hold."""
    step = math.ceil(plot.n / MESH_VERTICES)
    if wanted.mesh_post_m is not None:
        step = round(wanted.mesh_post_m / plot.post_m)
        if step < 1 or not math.isclose(step * plot.post_m, wanted.mesh_post_m, rel_tol=1e-6) or plot.n // step < 2:
            known = f"a whole number of posts ({plot.post_m:g} m), at most half the side"
            raise BadInput(COMMAND, "--mesh-post-m", wanted.mesh_post_m, known)
    if "glb" in wanted.meshes:
        check_size(COMMAND, plot.n // step, wanted.albedo, step * plot.post_m)
    return step


def _rocks_from(plot: Plot, wanted: Wanted) -> float | None:
    """Smallest diameter of rocks. Raises BadInput for one that is out of range, or for more than a mesh can hold."""
    smallest = wanted.rocks_from_m
    if smallest is None:
        if plot.post_m > LARGEST_ROCK_M and not wanted.rocks:
            return None
        smallest = min(LARGEST_ROCK_M, max(SMALLEST_M, plot.post_m))
    if not SMALLEST_M <= smallest <= LARGEST_ROCK_M:
        known = f"a diameter from {SMALLEST_M:g} to {LARGEST_ROCK_M:g} m"
        raise BadInput(COMMAND, "--rocks-from-m", smallest, known)
    many = float(count(smallest)) * plot.size_m**2
    if wanted.rocks and wanted.meshes and many > MOST_STONES:
        known = f"larger rocks or a smaller square: {MOST_STONES} in a mesh at most"
        raise BadInput(COMMAND, "--rocks-from-m", f"{smallest:g} m: about {many:.0f} rocks", known)
    return smallest
