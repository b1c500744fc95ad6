"""What the page of a relay's orbit shows of relays that were compared for a site."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farside import sky
from farside.control import OrbitLane, OrbitScene, OrbitSite, RelayPath
from farside.flight.coverage import Service, Track
from farside.flight.windows import Span
from farside.geometry import t_to_utc
from farside.run.comparison import RelayComparison

Array = NDArray[np.float64]

_TURN = 0.25  # rad of a relay about the Moon between samples: the page draws a cubic through them
_STEP_S = (60.0, 3600.0)
_MOST = 20_000  # samples


def relay_scene(found: RelayComparison) -> OrbitScene:
    """The compared relays as a scene: as much of the span as a page holds at the pace of the fastest one."""
    told = {s.name: (s, title) for one in found.compared for s, title in zip(one.services, one.titles, strict=True)}
    turn = max(speed / nearest for nearest, _, speed in (s.orbit.extremes for s, _ in told.values()))
    step = float(np.clip(_TURN / turn, *_STEP_S))
    t = np.arange(found.start, min(found.stop, found.start + _MOST * step), step)
    sun = sky.position("sun", t)
    return OrbitScene(
        title=f"Relays for {found.place.title}",
        text=f"Shown: {np.ptp(t) / 86_400.0:.0f} days from {t_to_utc(found.start, 0)[:10]}.",
        start_utc=t_to_utc(found.start, 0),
        step_s=step,
        earth_km=sky.position("earth", t),
        sun=sun / np.linalg.norm(sun, axis=1, keepdims=True),
        moon_rotation=sky.moon_rotation(t),
        relays=[
            RelayPath(name, f"{title[:1].upper()}{title[1:]}.", s.orbit.position(t), revolution(s.track), _lanes(s, t))
            for name, (s, title) in told.items()
        ],
        site=OrbitSite("the site", found.site.lat_deg, found.site.lon_deg, found.place.min_elevation_deg),
    )


def revolution(track: Track) -> float:
    """Mean time between passes nearest to the Moon, s; the whole track where there are not two of them."""
    r = track.moon_km
    nearest = track.t[1:-1][(r[1:-1] <= r[:-2]) & (r[1:-1] < r[2:])]
    return float(np.ptp(nearest) / (len(nearest) - 1)) if len(nearest) > 1 else float(np.ptp(track.t))


def _lanes(s: Service, t: Array) -> list[OrbitLane]:
    lanes = [OrbitLane("seen by the site", _within(s.site, t)), OrbitLane("site to a station", _within(s.home, t))]
    for body, words in (("moon", "Moon before the Sun"), ("earth", "Earth before the Sun")):
        lanes.append(OrbitLane(words, _within(s.eclipses[body], t), shadow=True))
    return lanes


def _within(spans: Sequence[Span], t: Array) -> list[tuple[float, float]]:
    """Spans as seconds from the first sample, cut to what is shown."""
    return [(max(a, t[0]) - t[0], min(b, t[-1]) - t[0]) for a, b in spans if b > t[0] and a < t[-1]]
