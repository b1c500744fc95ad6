"""Ground as files: exports of a site, its picture, and published elevation files cut to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from farside import __version__
from farside.errors import BadInput
from farside.moon import Moon, Rocks, terrain_sha256
from farside.moon.export import Making, Plot, Stones, Wanted
from farside.moon.export import export as write_export
from farside.moon.export import look as draw
from farside.run.plan import SEED, mission_of, place_named
from farside.run.progress import Progress, Silence
from farside.twin import code_key
from farside.work import Pool, key_of

DETAIL = 1
"""Subdivisions of the stones' shapes: 80 triangles."""


def spot(site: str | None, lat: float | None, lon: float | None, source: str) -> tuple[str, float, float, int]:
    """What a mission, a site, or a latitude and longitude mean: title, latitude, longitude (degrees) and seed.

    source: the command that asks. Raises BadInput.
    """
    if (lat is None) != (lon is None) or (site is None) == (lat is None):
        raise BadInput(source, "SITE", site, "a mission or site (see farside plan sites), or --lat and --lon")
    if lat is not None and lon is not None:
        return f"{abs(lat):g}°{'S' if lat < 0 else 'N'} {lon % 360.0:g}°E", lat, lon, SEED
    try:
        mission, place = mission_of(site), place_named(str(site))
    except BadInput as error:
        raise BadInput(source, "SITE", site, error.expected) if error.source == "windows" else error from None
    return place.title, place.position.lat_deg, place.position.lon_deg, mission.seed if mission else SEED


def export(
    plot: Plot,
    out: str | Path,
    place: str,
    wanted: Wanted,
    seed: int,
    terrain: Sequence[Path] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Write a plot of the Moon as files into the folder ``out``; returns them by name.

    place: what the plot is called. The result is a function of plot, seed, elevation files and what is wanted alone; an
    interrupted export is finished by the same call. Raises BadInput before any work starts, OutOfSpace.
    """
    progress = progress or Silence()
    moon = _moon(plot, seed, terrain, progress)
    about = _about(place, seed, terrain)
    key = key_of(code_key(), seed, terrain_sha256(terrain))
    with Pool(workers) as pool:
        making = Making(key, about, pool, progress.say, lambda what, k, n: progress.count(what, k, n, ""), _stones)
        return write_export(moon, plot, Path(out), wanted, making)


def look(
    plot: Plot,
    out: Path,
    place: str,
    seed: int,
    terrain: Sequence[Path] = (),
    progress: Progress | None = None,
) -> tuple[float, float]:
    """Draw a plot of the Moon as a PNG; returns its lowest and highest elevation (m)."""
    moon = _moon(plot, seed, terrain, progress or Silence())
    return draw(moon, plot, out, place, _about(place, seed, terrain)["ground"])


def _moon(plot: Plot, seed: int, terrain: Sequence[Path], progress: Progress) -> Moon:
    """The Moon; elevation files, if there are any, have to hold the middle of the plot."""
    moon, site = Moon(seed, list(terrain)), plot.site
    for note in moon.notes:
        progress.say(note)
    if terrain and not moon.file_covers(site.lat_deg, site.lon_deg):
        here = f"no heights at {site.lat_deg:g} N {site.lon_deg:g} E"
        raise BadInput(terrain[0], "terrain", here, "an elevation file of the site, or a coarser one besides")
    return moon


def _about(place: str, seed: int, terrain: Sequence[Path]) -> dict[str, str]:
    files = [f"{Path(path).name} {terrain_sha256([path])}" for path in terrain]
    names = ", ".join(Path(path).name for path in terrain)
    return {
        "farside": __version__,
        "place": place,
        "seed": str(seed),
        "terrain": "; ".join(files) or "built-in",
        "ground": f"{names or 'built-in ground'}, seed {seed}",
    }


def _stones(rocks: Rocks) -> Stones:
    """Rocks as instances of the stones that cameras see."""
    from farside.payload import SHAPES, stand, stone

    shapes = [stone(k, DETAIL) for k in range(SHAPES)]
    scale, lift = stand(rocks.diameter.astype(float), rocks.height.astype(float))
    position = rocks.position.astype(float) + np.column_stack([0 * lift, 0 * lift, lift])
    return Stones(shapes, rocks.shape.astype(np.int64) % SHAPES, position, rocks.turn.astype(float), scale)
