"""Everything that a landing film tells: films, the way down, where the lander stands, and the ground as a map.

    frames ── cut ─────────────────────────► the film, its table, a poster
       └── chain ── trajectory ── sights ──► the way down, a film held still, sheets of the ground, the place
                        │
                    telemetry

Real frames come without telemetry. Then there is no trajectory, for nothing tells how large the ground is; what remains
are the films, and heights as shares of one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from farside import archive
from farside.errors import BadInput, FarsideError
from farside.geometry import Pinhole, Site, t_to_utc, utc_to_t
from farside.instruments import pinhole
from farside.products.desk import Curve, Film, Finding, Report, Still
from farside.products.frames import COUNTS, clock, demand, level2
from farside.products.lcam import maps, relative, way
from farside.products.lcam.chain import Chain, chain
from farside.products.lcam.choice import sharpest
from farside.products.lcam.footage import Footage, Telemetry, cut
from farside.products.lcam.ortho import Sheet, sheets
from farside.products.lcam.place import Place, find_in_map
from farside.products.lcam.sight import Sights
from farside.products.lcam.stand import way_down
from farside.products.lcam.steady import Steady, steady_by_chain, steady_by_way
from farside.products.lcam.trajectory import (
    AT_REST_S,
    FROM_M,
    MAP_FRAME,
    Trajectory,
    expected,
    rest_of,
)  # fmt: skip
from farside.products.provenance import provenance, source
from farside.products.still import write_still

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

GIVEN = "MOON_ME as the site is given"
PLACE = "Place on the Moon"
BY_MAP = f"{PLACE}, by the map"
NEEDED = "t", "altitude_m", "velocity_mps", "quaternion", "phase"
"""Columns of telemetry that a trajectory needs."""


@dataclass(frozen=True)
class Wishes:
    """What is to be made beside the film.

    overlay: write UTC, height, speed and a scale bar into films. stabilise: make the film held still, too. map_file: an
    orbital map in which the landing point is sought. derived: folder for level-3 products with PDS4 labels, None: none.
    """

    overlay: bool = False
    stabilise: bool = True
    map_file: Path | None = None
    derived: Path | None = None


class _Some(Sequence["xr.Dataset"]):
    """Level-2 frames, some of a sequence; counts are calibrated as they are asked for."""

    def __init__(self, frames: Sequence[xr.Dataset], numbers: Sequence[int], site: Site | None) -> None:
        self._frames, self._numbers, self._site = frames, numbers, site

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, k: int) -> xr.Dataset: ...
    @overload
    def __getitem__(self, k: slice) -> _Some: ...
    def __getitem__(self, k: int | slice) -> xr.Dataset | _Some:
        if isinstance(k, slice):
            return _Some(self._frames, self._numbers[k], self._site)
        frame = self._frames[self._numbers[k]]
        return level2(frame, self._site) if frame.attrs["level"] in COUNTS else frame


@dataclass
class _Found:
    """What is found, as it grows."""

    products: dict[str, Path] = field(default_factory=dict)
    films: list[Film] = field(default_factory=list)
    stills: list[Still] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def say(self, name: str, value: str, error: str = "", meaning: str = "") -> None:
        self.findings.append(Finding(name, value, error, meaning))


def footage(
    frames: Sequence[xr.Dataset],
    out: str | Path,
    telemetry: Telemetry | None = None,
    site: Site | None = None,
    wishes: Wishes | None = None,
    say: Callable[[str], object] = lambda what: None,
) -> Report:
    """Make everything of a landing film that can be made of these frames, in the folder ``out``.

    frames: of one camera, level 1 (needs ``site``) or 2, in any order; each is asked for several times and not kept.
    Those that cannot be read, say too little or are of another size than most are left out and named. telemetry: the
    gnc table of the lander; without it sizes are not known. site: where the lander stands, or is thought to. say: told
    what is being done. The report's findings say what was found, and why what is missing is missing.
    Raises BadInput without a frame that can be used, or for telemetry that lacks what is NEEDED of it.
    """
    wishes, folder, found = wishes or Wishes(), Path(out), _Found()
    if telemetry is not None and (lacking := [name for name in NEEDED if name not in telemetry]):
        raise BadInput("footage", "telemetry", list(telemetry), f"a table with {', '.join(lacking)}, too")
    say(f"reading {len(frames)} frames of the landing camera")
    usable = _usable(frames)
    if not usable.order:
        first = f"; the first that is not: {usable.skipped[0]}" if usable.skipped else ""
        raise BadInput("footage", "frames", len(frames), f"at least one frame that can be used{first}")
    some = _Some(frames, [k for _, k in usable.order], site)
    times = np.array([t for t, _ in usable.order])
    given, telemetry = telemetry is not None, _then(telemetry, times)
    low = _low(times, telemetry)
    say(f"registering {low.stop - low.start} frames to each other")
    links, fall, why = _descent(some[low.start : low.stop], telemetry)
    heights, pixels = _heights(times, telemetry, links, fall, low), None
    if fall is not None and links is not None and isinstance(links.camera, Pinhole):
        pixels = {"t": times[low], "pixel_m": heights[low] * links.camera.pixel_rad}
    say(f"cutting the film of {len(some)} frames")
    film = cut(some, folder / "landing.mp4", telemetry, wishes.overlay, pixels)
    _film(found, film, float(times[0]), usable.lost, fall)
    say("measuring in it")
    if links is not None:
        _links(found, links, why)
        if fall is not None:
            _landed(found, some[low.start : low.stop], links, fall, folder, site, telemetry, wishes)
        else:
            _unscaled(found, some[low.start : low.stop], links, folder, wishes)
    else:
        found.say("Way down by the film", "not found", "", why)
    if given and telemetry is None:
        found.say("Telemetry", "not used", "", "It tells nothing of the time of the film.")
    if fall is None and wishes.map_file is not None:
        found.say(BY_MAP, "not sought", "", "Only the way down tells how large the ground in the film is.")
    photos = []
    for number in sharpest(some, heights):
        frame = some[number]
        path = write_still(frame, folder / f"landing-still-{_metres(heights[number])}.png")
        found.products[path.stem] = path
        caption = f"Landing camera, {clock(frame.attrs['start_utc'])} UTC, {heights[number]:,.3g} m up"
        photos.append(Still(path, caption, "The ground as the lander comes down"))
    return Report(
        found.products, (*photos, *found.stills), tuple(found.films), findings=tuple(found.findings),
        curves=tuple(found.curves), descent=None if fall is None else way.descent(fall), skipped=usable.skipped,
    )  # fmt: skip


class _Usable(NamedTuple):
    """order: start (TDB s past J2000) and number of frames that can be used, in the order of time. lost: how many are
    not, in words. skipped: a line for each of those.
    """

    order: list[tuple[float, int]]
    lost: str
    skipped: tuple[str, ...]


def _usable(frames: Sequence[xr.Dataset]) -> _Usable:
    read: dict[int, tuple[dict[Any, Any], tuple[int, ...]]] = {}
    bad: list[str] = []
    for k in range(len(frames)):
        try:
            frame = frames[k]
            demand(frame, "lcam")
        except FarsideError as error:
            bad.append(str(error))
        else:
            read[k] = frame.attrs, frame["dn"].shape
    size = Counter(shape for _, shape in read.values()).most_common(1)[0][0] if read else ()
    odd = [
        f"{a.get('product_id', k)}: {_pixels(shape)} pixels; expected {_pixels(size)}, as the film has"
        for k, (a, shape) in read.items()
        if shape != size
    ]
    fit = {k: a for k, (a, shape) in read.items() if shape == size}
    indices = {int(a.get("index", k)) for k, a in fit.items()}
    missing = max(indices) - min(indices) + 1 - len(indices) - len(bad) - len(odd) if indices else 0
    counts = {
        "cannot be read": len(bad),
        "of another size": len(odd),
        "more missing, by their numbers": max(missing, 0),
    }
    lost = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return _Usable(sorted((utc_to_t(a["start_utc"]), k) for k, a in fit.items()), lost, (*bad, *odd))


def _pixels(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _then(telemetry: Telemetry | None, times: Array) -> Telemetry | None:
    """Rows of telemetry that are whole, in the order of time; None where they are of another time than the film."""
    if telemetry is None or not len(telemetry["t"]):
        return None
    t = np.asarray(telemetry["t"], float)
    whole = [np.isfinite(np.asarray(telemetry[name], float)).reshape(len(t), -1).all(axis=1) for name in NEEDED]
    rows = np.flatnonzero(np.all(whole, axis=0))
    rows = rows[np.argsort(t[rows], kind="stable")]
    if not rows.size or t[rows[0]] > times[-1] or t[rows[-1]] < times[0]:
        return None
    return {name: values[rows] for name, values in telemetry.items()}


def _low(times: Array, telemetry: Telemetry | None) -> slice:
    """Of frames in the order of time, those whose ground is level; all of them where nothing is known."""
    if telemetry is None:
        return slice(0, len(times))
    height = np.interp(times, telemetry["t"], telemetry["altitude_m"], np.inf, 0.0)
    low = np.flatnonzero(height < FROM_M)
    try:
        last = rest_of(telemetry) + AT_REST_S
    except BadInput:
        last = np.inf
    low = low[times[low] <= last]
    return slice(int(low[0]), int(low[-1]) + 1) if low.size else slice(0, 0)


def _descent(frames: Sequence[xr.Dataset], telemetry: Telemetry | None) -> tuple[Chain | None, Trajectory | None, str]:
    """The chain of the frames and the trajectory, as far as there are; and why not."""
    if len(frames) < 2:
        return None, None, f"Fewer than two frames from below {FROM_M:,.0f} m."
    if telemetry is None:
        return chain(frames), None, "Without telemetry of the lander nothing tells how large the ground is."
    camera = pinhole(frames[0])
    try:
        links = chain(frames, expected(telemetry, camera)) if isinstance(camera, Pinhole) else chain(frames)
        return links, way_down(frames, links, telemetry), ""
    except BadInput as error:
        return chain(frames), None, f"Found {error.value}; expected {error.expected}."


def _heights(
    times: Array, telemetry: Telemetry | None, links: Chain | None, fall: Trajectory | None, low: slice
) -> Array:
    """Height of each frame, m, by the film where it tells, else by telemetry; NaN where nobody does."""
    told = np.full(len(times), np.nan)
    if telemetry is not None:
        told = np.interp(times, telemetry["t"], telemetry["altitude_m"], np.nan, np.nan)
    if fall is not None and links is not None:
        seen = fall.frames >= 0
        told[low.start + np.array(links.order)[fall.frames[seen]]] = fall.position_m[seen, 2]
    return told


def _metres(height: float) -> str:
    return f"{height:.0f}m" if height >= 10.0 else f"{height:.1f}m".replace(".", "_")


# What is said -----------------------------------------------------------------------------------------------------


def _film(found: _Found, film: Footage, start: float, lost: str, fall: Trajectory | None) -> None:
    found.products |= {"landing-footage": film.path, "landing-frames": film.table}
    caption = (
        f"{film.frames} frames of the landing camera, shown {film.speed:.0f} times faster than they were taken. "
        "The camera looks along the engine: ahead to the horizon while braking, then straight down."
    )
    error = "" if fall is None else f"landing point ± {np.sqrt(np.diag(fall.landing_covariance)).max():.2g} m"
    found.films.append(Film(film.path, caption, start, film.speed, film.duration_s, film.poster, error))
    found.say("Frames in the film", str(film.frames), lost, f"{film.duration_s:.0f} s of film")


def _links(found: _Found, links: Chain, why: str) -> None:
    """How frames hang together."""
    held = sorted({n for s in links.steps for n in (s.first, s.second)})
    runs = len(links.runs)
    meaning = "Each is registered to the one before." if runs == 1 else f"They make {runs} runs without a link."
    if links.faults:
        reasons = sorted(set(links.faults.values()))
        meaning += f" Left out: {', '.join(f'{list(links.faults.values()).count(r)} ({r})' for r in reasons)}."
    if runs > 1 and not why:
        meaning += " Telemetry bridges the gaps."
    value = f"{len(held)} of {len(links.t)}"
    error = ""
    if links.steps:
        error = f"± {np.sqrt(np.mean([s.match.sigma_px(links.shape) ** 2 for s in links.steps])):.3f} px a step"
    found.say("Frames that hang together", value, error, meaning)
    if why:
        found.say("Way down by the film", "not found", "", why)


def _landed(
    found: _Found, frames: Sequence[xr.Dataset], links: Chain, fall: Trajectory, folder: Path, site: Site | None,
    telemetry: Telemetry | None, wishes: Wishes,
) -> None:  # fmt: skip
    """What a trajectory tells."""
    sights = Sights(frames, links, fall)
    attrs = _attrs(frames, links, fall)
    found.products |= way.write_way(fall, wishes.derived or folder, f"{attrs['product_id']}-WAY", attrs)
    picture = way.draw_way(fall, folder / "landing-way.png")
    found.products["landing-way-figure"] = picture
    sigma = np.sqrt(np.diag(fall.landing_covariance))
    first = float(fall.position_m[0, 2])
    (east, north), up = fall.landing_m, np.sqrt(fall.covariance[:, 2, 2])
    when = clock(t_to_utc(float(fall.t[0])))
    meaning = f"{MAP_FRAME}: from the ground on the axis of the frame of {when} UTC, {first:,.0f} m up."
    found.say(
        "Landing point", f"{east:+.2f} m east, {north:+.2f} m north", f"± {sigma[0]:.2f} m, ± {sigma[1]:.2f} m", meaning
    )
    found.say(
        "Height of the film's first frame used", f"{first:,.1f} m", f"± {up[0]:.1f} m",
        f"{len(fall.t)} places of the way down from there; steps fit to {fall.misfit:.1f} standard errors.",
    )  # fmt: skip
    found.curves.append(way.curve(fall))
    laid = sheets(sights)
    place = _place(found, laid, site, telemetry, float(fall.t[-1]), wishes.map_file)
    _ground(found, laid, folder, place, attrs, wishes.derived)
    caption = "The way down by the film: height over time, and the track over the landing ground"
    found.stills.append(Still(picture, caption, error=f"landing point ± {sigma.max():.2g} m"))
    if wishes.stabilise:
        _steady(found, steady_by_way(sights, fall, folder / "landing-steady.mp4", wishes.overlay), "north up")


def _attrs(frames: Sequence[xr.Dataset], links: Chain, fall: Trajectory) -> dict[str, Any]:
    """Attributes of level-3 products of the way down."""
    used = [links.order[n] for n in fall.frames if n >= 0]
    first, last = frames[used[0]].attrs, frames[used[-1]].attrs
    inputs = [source(frames[k]) for k in used]
    return {
        "product_id": f"{first.get('mission', 'CE4')}_LCAM-LANDING",
        "instrument": first["instrument"],
        "sequence_id": first["sequence_id"],
        "start_utc": first["start_utc"], "stop_utc": last.get("stop_utc", last["start_utc"]),
        "provenance": provenance("landing", inputs, from_m=FROM_M),
        "landing_m": fall.landing_m.tolist(), "landing_covariance_m2": fall.landing_covariance.tolist(),
        "landing_frame": MAP_FRAME,
    }  # fmt: skip


def _place(
    found: _Found, laid: list[Sheet], site: Site | None, telemetry: Telemetry | None, t: float, map_file: Path | None
) -> Place | None:
    """Where on the Moon the landing point is, as far as anybody knows."""
    if site is None:
        found.say(PLACE, "not known", "", "Neither the lander's place nor a map of it was given.")
        return None
    if map_file is not None:
        try:
            place = find_in_map(laid, map_file, site, t)
        except BadInput as error:
            found.say(BY_MAP, "not found", "", f"{error.field}: {error.value}; expected {error.expected}.")
        else:
            assert place.sigma_m is not None
            found.say(
                PLACE, _latlon(place), f"± {place.sigma_m[0]:.2g} m east, ± {place.sigma_m[1]:.2g} m north",
                f"{place.frame}; correlation {place.correlation:.2f}. The map's own error comes on top.",
            )  # fmt: skip
            return place
    if telemetry is not None and "position_m" in telemetry:  # it counts from the site
        lat, lon, _ = site.geodetic(np.asarray(telemetry["position_m"], float)[-1] * (1.0, 1.0, 0.0))
        place = Place(float(lat), float(lon), None, GIVEN)
    else:
        place = Place(site.lat_deg, site.lon_deg, None, GIVEN)
    found.say(PLACE, _latlon(place), "", f"{GIVEN}; the film by itself does not tell, an orbital map would.")
    return place


def _latlon(place: Place) -> str:
    return f"{abs(place.lat_deg):.5f}° {'S' if place.lat_deg < 0 else 'N'}, {place.lon_deg:.5f}° E"


def _ground(
    found: _Found, laid: list[Sheet], folder: Path, place: Place | None, attrs: dict[str, Any], derived: Path | None
) -> None:
    """Maps of the landing ground."""
    for sheet in laid:
        width = f"{sheet.width_m:,.0f} m"
        found.products |= maps.write_geotiffs(sheet, folder, place)
        if derived is not None:
            for layers in maps.layers_of(sheet, attrs["product_id"], attrs, place):
                found.products[layers.attrs["product_id"].lower()] = archive.write_layers(layers, derived)
        off = float(np.nanmedian(sheet.sigma))
        picture = maps.write_picture(sheet, folder / f"landing-ground-{sheet.width_m:.0f}m.png")
        caption = f"The landing ground from the film, {width} across, north up; the cross marks the landing point"
        found.stills.append(Still(picture, caption, "Map of the landing ground", f"places ± {off:.2g} m"))
        if sheet.relief is None:
            found.say(
                f"Relief of {width}", "not measured", "", "Too few pairs of frames see it from different heights."
            )
            continue
        known, height = np.isfinite(sheet.relief.height), sheet.relief.height
        found.say(
            f"Relief of {width}", f"{np.nanstd(height):.2g} m", f"± {np.nanmedian(sheet.relief.sigma):.2g} m a post",
            f"RMS about its mean, by parallax over {100 * known.mean():.0f} % of the map; a post is the mean of "
            f"{sheet.relief.window_m:.2g} m.",
        )  # fmt: skip


def _steady(found: _Found, steady: Steady | None, turned: str) -> None:
    if steady is None:
        found.say("Film held still", "not made", "", "Too few frames hang together.")
        return
    found.products["landing-steady"] = steady.path
    duration = len(steady.t) / steady.rate_fps
    speed = float(steady.t[-1] - steady.t[0]) / duration
    caption = f"The same film, {turned}, held still over the place of landing: the ground only comes closer."
    found.films.append(Film(steady.path, caption, float(steady.t[0]), speed, duration, steady.poster))


def _unscaled(found: _Found, frames: Sequence[xr.Dataset], links: Chain, folder: Path, wishes: Wishes) -> None:
    """What is known without telemetry."""
    shares = relative.heights(links)
    if shares is not None:
        ratio, error = float(shares.ratio[0]), float(shares.sigma[0])
        found.say(
            "Height of the first frame that hangs together", f"{ratio:,.1f} times that of the last", f"± {error:.2g}",
            f"{len(shares.t)} frames; how far the ground has come closer, for a camera that looks straight down.",
        )  # fmt: skip
        text = "Height over that of the last frame, by how much larger the ground has become."
        found.curves.append(Curve("Height over that of the last frame", "", shares.t, {"film": shares.ratio}, text))
    if wishes.stabilise:
        film = steady_by_chain(frames, links, folder / "landing-steady.mp4", wishes.overlay)
        _steady(found, film, "turned as the last frame is")
