"""What a relay gives sites and regions: against the geometry that is known of Queqiao, maps against windows, and cost.

The year is 2019-01-03 to 2020-01-03. Places and numbers are those of the project's fact sheet on flight geometry; its
halo orbit was another solution of the same kind, so that shares of the time at places where the relay rises and sets
agree within half a per cent. Times are of the CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.claim import Claim
from farside import sky
from farside.flight import RelayOrbit, candidate, gaps, solve_halo, stations
from farside.flight.coverage import Service, coverage_map, facts, region, service
from farside.geometry import Site, utc_to_t

START, STOP = utc_to_t("2019-01-03"), utc_to_t("2020-01-03")
SITE = Site(-45.4446, 177.5991, -5935.0)
PLACES = {
    "Chang'e 4": (SITE, 21.3, 62.3, 1.0),
    "Chang'e 6": (Site(-41.6385, 206.0148, -5256.0), 18.2, 62.9, 1.0),
    "23.8 S 176.8 E": (Site(-23.8, 176.8), 36.8, 84.4, 1.0),
    "0 N 180 E": (Site(0.0, 180.0), 48.6, 85.9, 1.0),
    "Schrodinger": (Site(-75.0, 132.0), -14.0, 28.7, 0.654),
    "south pole": (Site(-90.0, 0.0), -22.0, 17.0, 0.336),
    "0 N 110 E": (Site(0.0, 110.0), -21.5, 55.9, 0.638),
}
"""Lowest and highest elevation, deg, and share of the time above 5 deg."""
LIGHT_S = {"site_relay_s": (0.1555, 0.2574), "relay_earth_s": (1.360, 1.613), "site_earth_s": (1.527, 1.871)}


def claims() -> Iterator[Claim]:
    orbit = solve_halo()
    queqiao, seconds = cpu(lambda: service("halo", orbit, SITE, list(stations().values()), START, STOP))
    yield Claim("year of a halo relay: site, three stations, eclipses, track", seconds, "s", 2.0)
    yield from chang_e_4(queqiao)
    yield from light(queqiao)
    found = {name: facts([service(name, orbit, place, [], START, STOP)]) for name, (place, *_) in PLACES.items()}
    elevations = [
        abs(found[name]["elevation_deg"][key] - value)
        for name, (_, lowest, highest, _) in PLACES.items()
        for key, value in (("lowest", lowest), ("highest", highest))
    ]
    shares = {name: 100.0 * (found[name]["site"]["share"] - share) for name, (*_, share) in PLACES.items()}
    yield Claim("elevations at seven places, largest distance from the fact sheet", max(elevations), "deg", 0.15)
    told = ", ".join(f"{name} {100.0 * found[name]['site']['share']:.1f}" for name in PLACES)
    yield Claim("shares of the time there, the same", max(map(abs, shares.values())), "%", 0.6, told)
    yield from maps(orbit)
    yield from ellipse()


def chang_e_4(queqiao: Service) -> Iterator[Claim]:
    found = facts([queqiao])
    yield Claim("Chang'e 4: share of the year with Queqiao above 5 deg", found["site"]["share"], "", 1.0, least=True)
    yield Claim("Chang'e 4: lowest elevation", found["elevation_deg"]["lowest"], "deg", 21.0, least=True)
    yield Claim("Chang'e 4: highest elevation", found["elevation_deg"]["highest"], "deg", 62.5)
    passes = [abs(one["passes"] - 353) for one in found["stations"].values()]
    yield Claim("passes of three stations, distance from 353 each", float(max(passes)), "", 0.0)
    yield Claim(
        "share of the year with any station, distance from 96.7",
        abs(100.0 * found["any_station"]["share"] - 96.7),
        "%",
        0.05,
    )
    yield Claim("eclipses by the Moon, distance from 5", abs(found["eclipses"]["moon"]["times"] - 5.0), "", 0.0)


def light(queqiao: Service) -> Iterator[Claim]:
    found = facts([queqiao])
    off = max(
        abs(found[key][edge] - value)
        for key, ends in LIGHT_S.items()
        for edge, value in zip(("lowest", "highest"), ends, strict=True)
    )
    yield Claim("light times site, relay, Earth: largest distance of the year's ranges", 1e3 * off, "ms", 1.0)
    t, here, relay = queqiao.track.t, sky.site_motion(SITE), queqiao.orbit.position
    up = sky.light_time(here, relay, t)
    _, heard = sky.received_from(here, relay(t + up), t + up)
    there, back = sky.light_time(relay, here, t + up), sky.received_from(relay, here(t), t)[1]
    yield Claim("the same way by its sending and by its hearing", 1e6 * float(np.abs(up - heard).max()), "us", 1.0)
    # the Moon carries both round the Sun at 30 km/s, one way along the signal and one against it
    yield Claim("the way back against the way there", 1e6 * float(np.abs(there - up).max()), "us", 60.0)
    again = sky.light_time(relay, here, t - back)
    yield Claim("relay to site by its hearing and by its sending", 1e6 * float(np.abs(again - back).max()), "us", 1.0)


def maps(orbit: RelayOrbit) -> Iterator[Claim]:
    area = region("far-side")
    coverage_map([orbit], area, START, START + 1e6)  # compiles
    found, seconds = cpu(lambda: coverage_map([orbit], area, START, STOP))
    yield Claim(f"year of the far side in cells of 2 deg, {found.step_s / 60.0:.0f} min steps", seconds, "s", 1.0)
    fine, seconds = cpu(lambda: coverage_map([orbit], area, START, STOP, step_s=300.0))
    yield Claim("the same with 5 min steps", seconds, "s", 5.0)
    yield Claim("what the shorter steps change at most, of the year", 100.0 * worst(found.share, fine.share), "%", 0.01)
    shares, longest = [], []
    for k in range(7, len(area.up), 811):
        x, y, z = area.up[k]
        place = Site(float(np.degrees(np.arcsin(z))), float(np.degrees(np.arctan2(y, x))) % 360.0)
        seen = service("halo", orbit, place, [], START, STOP, step_s=86_400.0).site
        without = gaps(seen, START, STOP)
        shares.append(abs(found.share[k] - sum(b - a for a, b in seen) / (STOP - START)))
        longest.append(abs(found.longest_gap_s[k] - max((b - a for a, b in without), default=0.0)))
    what = f"{len(shares)} cells against windows found to a millisecond"
    yield Claim(f"{what}: share of the year", 100.0 * float(max(shares)), "%", 0.01)
    yield Claim(f"{what}: longest gap", float(max(longest)), "s", 120.0)


def ellipse() -> Iterator[Claim]:
    orbit = candidate("elfo").make(START, STOP)
    place = Site(-75.0, 132.0)
    seen, seconds = cpu(lambda: service("elfo", orbit, place, list(stations().values()), START, STOP))
    yield Claim("year of a 24 h ellipse: site, three stations, eclipses, track", seconds, "s", 10.0)
    edges = np.array(seen.site).ravel()
    edges = edges[(edges > START) & (edges < STOP)]

    def over(t: np.ndarray) -> np.ndarray:
        return sky.direction_to(orbit.position, place, t)[:, 2] - np.sin(np.radians(5.0))

    rate = (over(edges + 0.5) - over(edges - 0.5)) / 1.0
    off = 1e3 * float(np.abs(over(edges) / rate).max())
    yield Claim(f"{len(edges)} rises and sets of it at 75 S, from where it stands at 5 deg", off, "ms", 1.0)
    area = region("south-pole", 1.0)
    found, seconds = cpu(lambda: coverage_map([orbit], area, START, STOP))
    yield Claim("year of the south polar cap in 3600 cells under it", seconds, "s", 5.0)
    fine = coverage_map([orbit], area, START, STOP, step_s=20.0)
    what = f"what steps of 20 s change in it, where it took {found.step_s:.0f} s"
    yield Claim(f"{what}: of the year", 100.0 * worst(found.share, fine.share), "%", 0.05)
    yield Claim(f"{what}: of the longest gap", worst(found.longest_gap_s, fine.longest_gap_s), "s", 120.0)


def worst(some: np.ndarray, others: np.ndarray) -> float:
    return float(np.abs(some - others).max())


def cpu(work: Callable[[], Any]) -> tuple[Any, float]:
    """What work gives, and the CPU's seconds."""
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
