"""What there is to say about relays over a site, as plain numbers: of one relay, or of several that serve together.

Together means: whichever is in view. Shares and gaps are those of all; ranges reach over all; of eclipses and of the
time behind the Moon the relay that has most counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.coverage.service import Service
from farside.flight.windows import Span, gaps, union, within

Array = NDArray[np.float64]


def facts(services: Sequence[Service]) -> dict[str, Any]:
    """Availability, elevation, distances, light times, losses of Earth and Sun; hours, degrees, km, s, shares of 1.

    Distances from the site and its light times are those while the relay is in view, None where it never is.
    """
    first = services[0]
    start, stop = first.start, first.stop
    seen = [within(service.track.t, service.site) for service in services]
    tracks = [service.track for service in services]
    elevation = np.degrees(np.max([track.elevation for track in tracks], axis=0))
    site_earth = [track.site_s + track.earth_s for track in tracks]
    return {
        "site": _availability(union(*(s.site for s in services)), start, stop),
        "home": _availability(union(*(s.home for s in services)), start, stop),
        "elevation_deg": {
            **_range(elevation), "median": float(np.median(elevation)),
            "median_in_view": _median(elevation[np.any(seen, axis=0)]),
        },
        "site_km": _over([track.site_km for track in tracks], seen),
        "moon_km": _over([track.moon_km for track in tracks]),
        "earth_km": _over([track.earth_km for track in tracks]),
        "site_relay_s": _over([track.site_s for track in tracks], seen),
        "relay_earth_s": _over([track.earth_s for track in tracks]),
        "site_earth_s": _over(site_earth, seen),
        "site_relay_earth_deg": _over([np.degrees(track.angle) for track in tracks], seen),
        "earth_hidden": _most([s.hidden for s in services]),
        "eclipses": {body: _most([s.eclipses[body] for s in services]) for body in first.eclipses},
        "stations": {
            name: _availability(union(*(s.stations[name] for s in services)), start, stop) for name in first.stations
        },
        "any_station": _availability(union(*(s.any_station for s in services)), start, stop),
    }  # fmt: skip


def _availability(spans: Sequence[Span], start: float, stop: float) -> dict[str, Any]:
    without = gaps(spans, start, stop)
    return {
        "share": _total(spans) / (stop - start),
        "passes": len(spans),
        "longest_pass_h": _longest(spans),
        "gaps": len(without),
        "longest_gap_h": _longest(without),
    }


def _most(lists: Sequence[Sequence[Span]]) -> dict[str, Any]:
    spans = max(lists, key=_total)
    return {"times": len(spans), "total_h": _total(spans) / 3600.0, "longest_h": _longest(spans)}


def _total(spans: Sequence[Span]) -> float:
    return float(sum(end - begin for begin, end in spans))


def _longest(spans: Sequence[Span]) -> float:
    return float(max((end - begin for begin, end in spans), default=0.0)) / 3600.0


def _over(values: Sequence[Array], where: Sequence[NDArray[np.bool_]] | None = None) -> dict[str, float | None]:
    some = np.concatenate(values if where is None else [v[w] for v, w in zip(values, where, strict=True)])
    return _range(some) if len(some) else dict.fromkeys(("lowest", "mean", "highest"))


def _range(values: Array) -> dict[str, float | None]:
    return {"lowest": float(values.min()), "mean": float(values.mean()), "highest": float(values.max())}


def _median(values: Array) -> float | None:
    return float(np.median(values)) if len(values) else None
