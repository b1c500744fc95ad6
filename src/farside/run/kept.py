"""Orbits and horizons, kept between runs in the user's cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from farside.errors import BadInput
from farside.flight import Candidate, RelayOrbit
from farside.flight.almanac import Place
from farside.geometry import Site
from farside.moon import Horizon, Moon, horizon_of, terrain_sha256
from farside.run.progress import Progress
from farside.twin import code_key
from farside.work import Stages, key_of

Terrain = Path | str | Sequence[Path | str] | None


def kept_orbit(make: Callable[[], RelayOrbit], *depends_on: object) -> RelayOrbit:
    """An orbit that is made once for what it depends on."""
    path = _cache().file("relay", key_of(code_key(), *depends_on), ".npz", lambda part: make().save(part))
    return RelayOrbit.load(path)


def kept_candidate(one: Candidate, t0: float, t1: float, progress: Progress) -> RelayOrbit:
    """The orbit of a relay asked for by name, from t0 to t1 (TDB s past J2000)."""

    def make() -> RelayOrbit:
        progress.say(f"computing the orbit of {one.name}")
        return one.make(t0, t1)

    return make() if one.depends_on is None else kept_orbit(make, one.depends_on, t0, t1)


def kept_horizon(place: Place, terrain: Terrain, seed: int, progress: Progress) -> Horizon:
    """The site's horizon mask. Raises BadInput for elevation files that cannot be used or do not hold the site."""
    p, files = place.position, terrain_files(terrain)
    for file in files:
        if not is_file(file):
            raise BadInput(file, "terrain", "no such file", "an elevation file, such as a GeoTIFF of the Moon")
    key = key_of(code_key(), seed, terrain_sha256(files), p.lat_deg, p.lon_deg % 360.0, place.eye_m)

    def make(part: Path) -> None:
        moon = Moon(seed, files)
        if files and not moon.file_covers(p.lat_deg, p.lon_deg):
            raise BadInput(
                files[0], "terrain", f"no heights at {p.lat_deg:g} N {p.lon_deg:g} E", "an elevation file of the site"
            )
        progress.say(f"looking round the horizon of {place.title}")
        horizon_of(moon, Site(p.lat_deg, p.lon_deg % 360.0), place.eye_m).save(part)

    return Horizon.load(_cache().file("horizon", key, ".npz", make))


def terrain_files(terrain: Terrain) -> list[Path]:
    """The elevation files that were given: none, one or several."""
    return [Path(terrain)] if isinstance(terrain, str | Path) else [Path(file) for file in terrain or []]


def ground_of(files: Sequence[Path], seed: int) -> str:
    """What the ground is, in words."""
    return ", ".join(file.name for file in files) or f"built-in ground, seed {seed}"


def is_file(path: Path) -> bool:
    """Whether a path is a file; no name is too strange to ask."""
    try:
        return path.is_file()
    except OSError:  # a name no file can have
        return False


def _cache() -> Stages:
    """Where things are kept: the user's cache folder, or a temporary one where that fails."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "farside"
    try:
        home.mkdir(parents=True, exist_ok=True)
        usable = os.access(home, os.W_OK)
    except OSError:
        usable = False
    return Stages(home if usable else Path(tempfile.gettempdir()) / f"farside-{os.getuid()}")
