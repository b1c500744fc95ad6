"""The page of a relay's orbit: Earth, Moon, relays and lines of sight in three dimensions, with a time slider."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.control.release import page_template, script_json, write_changed
from farside.errors import BadInput

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OrbitSite:
    """The place that looks for the relay: planetocentric, degrees, on the sphere of 1737.4 km.

    mask_deg: elevation above which a line of sight counts as open.
    """

    name: str
    lat_deg: float
    lon_deg: float
    mask_deg: float


@dataclass(frozen=True)
class OrbitLane:
    """A row of bars under the scene: from and to in seconds since the first sample; shadow: the Sun is hidden then."""

    name: str
    spans: Sequence[tuple[float, float]]
    shadow: bool = False


@dataclass(frozen=True)
class RelayPath:
    """One relay: a short name, what it is, its way about the Moon's centre, km, ICRF axes, shape (n, 3), and how long a
    revolution takes, s.
    """

    title: str
    text: str
    path_km: Array
    period_s: float
    lanes: Sequence[OrbitLane] = ()


@dataclass(frozen=True)
class OrbitScene:
    """What the page shows, sampled at n equal steps from ``start_utc``.

    earth_km: Earth's centre from the Moon's, km, shape (n, 3); sun: directions to the Sun (n, 3); moon_rotation:
    matrices (n, 3, 3) that turn ICRF vectors into mean-Earth axes (MOON_ME). All axes ICRF.
    """

    title: str
    text: str
    start_utc: str
    step_s: float
    earth_km: Array
    sun: Array
    moon_rotation: Array
    relays: Sequence[RelayPath]
    site: OrbitSite | None = None


def write_orbit_page(folder: Path, scene: OrbitScene) -> Path:
    """Write the page ``orbit.html`` with what it shows, ``orbit.js``, into ``folder``; return the page's path.

    It opens from disk, without network. Same scene, same bytes. Raises BadInput for arrays that do not fit together.
    """
    count = len(scene.earth_km)
    arrays = {
        "earth_km": (scene.earth_km, (3,)),
        "sun": (scene.sun, (3,)),
        "moon_rotation": (scene.moon_rotation, (3, 3)),
    }
    arrays |= {f"relay {relay.title}": (relay.path_km, (3,)) for relay in scene.relays}
    for name, (values, shape) in arrays.items():
        if np.shape(values) != (count, *shape) or count < 4:
            raise BadInput("orbit page", name, str(np.shape(values)), f"{(max(count, 4), *shape)}: a row for each time")
    if not scene.relays or not scene.step_s > 0.0:
        raise BadInput("orbit page", "relays, step", (len(scene.relays), scene.step_s), "a relay, a step above 0 s")
    page = page_template("orbit.html").replace(
        "<title>farside</title>", f"<title>{html.escape(scene.title)} · farside</title>", 1
    )
    write_changed(folder / "orbit.html", page)
    write_changed(folder / "orbit.js", f'farside("orbit", {script_json(_content(scene))})\n')
    return folder / "orbit.html"


def _content(scene: OrbitScene) -> dict[str, Any]:
    from scipy.spatial.transform import Rotation

    turns = Rotation.from_matrix(scene.moon_rotation).as_quat()
    # a turn and its negative are the same: neighbours must not lie on opposite sides, for the page reads between them
    turns *= np.where(np.cumsum(np.r_[False, np.sum(turns[1:] * turns[:-1], axis=1) < 0.0]) % 2, -1.0, 1.0)[:, None]
    return {
        "title": scene.title,
        "text": scene.text,
        "start_utc": scene.start_utc,
        "step_s": scene.step_s,
        "count": len(scene.earth_km),
        "earth": _packed(scene.earth_km * 1e-3),
        "sun": _packed(scene.sun),
        "moon_turn": _packed(turns),
        "site": scene.site and asdict(scene.site),
        "orbits": [_relay(relay) for relay in scene.relays],
        "finished": True,
    }


def _relay(relay: RelayPath) -> dict[str, Any]:
    return {
        "title": relay.title,
        "text": relay.text,
        "period_s": relay.period_s,
        "path": _packed(relay.path_km * 1e-3),
        "lanes": [asdict(lane) for lane in relay.lanes],
    }


def _packed(values: ArrayLike) -> str:
    """Numbers as base64 of little-endian float32: metres at the distance of a relay."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")
