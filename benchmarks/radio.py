"""The radio link held against the numbers that were worked out by hand, and what a year of it costs and carries.

What rates hold depends on antennas and powers that nobody has published; those of radio.yaml are assumed, and the
claims that rest on them say so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.claim import Claim
from farside import sky
from farside.flight import (
    RelayOrbit,
    doppler_hz,
    range_rate,
    relay_course,
    site_course,
    solve_halo,
    station_course,
    station_elevation,
    stations,
)
from farside.geometry import Site, utc_to_t
from farside.link.radio import Sight, budget, free_space_loss_db, radio, rungs, volume_per_day
from farside.run import link_plan

SITE = Site(-45.4446, 177.5991, -5935.0)
START, STOP = "2019-01-03", "2020-01-03"
YEAR = np.arange(utc_to_t(START), utc_to_t(STOP), 600.0)
S_BAND_HZ = 2.2345e9
STEADY = {"terminals": {name: {"pointing_error_deg": 0.0} for name in ("kashi", "jiamusi", "relay-spiral")}}
WORKED = {"kashi": (71.9, (8.9, 5.8, 1.9)), "jiamusi": (None, (14.4, 11.4, 7.4))}
LOSSES_DB = {
    (2.2345, 407_806): 211.6, (2.2345, 483_593): 213.1, (8.47, 46_624): 204.4, (8.47, 77_165): 208.8,
    (8.47, 483_593): 224.7, (8.45, 47_000): 204.4, (8.45, 79_000): 208.9, (2.25, 400_000): 211.5,
    (2.25, 480_000): 213.1,
}  # fmt: skip
PUBLISHED_GB = 20.9
"""Of twelve lunar days, CNSA 2020-01-03."""


def claims() -> Iterator[Claim]:
    yield from by_hand()
    yield from motion(solve_halo())
    yield from rates()
    yield from year()


def by_hand() -> Iterator[Claim]:
    """The worked case of the fact sheet, and its free-space losses; both printed to a tenth."""
    off = []
    for station, (cn0, ebn0) in WORKED.items():
        found = budget(radio(STEADY).link("relay-earth", station), Sight(483_593.0))
        off += [found.ebn0_db(rate) - value for rate, value in zip((2e6, 4e6, 10e6), ebn0, strict=True)]
        off += [found.cn0_dbhz - cn0] if cn0 else []
    yield Claim("worked S-band case, 35 m and 66 m: largest difference", float(np.abs(off).max()), "dB", 0.1)
    off = [free_space_loss_db(d, f) - value for (f, d), value in LOSSES_DB.items()]
    yield Claim("free-space losses: largest difference", float(np.abs(off).max()), "dB", 0.1)


def motion(orbit: RelayOrbit) -> Iterator[Claim]:
    """Light times and Doppler over the reference year, against the ranges of the fact sheet."""
    site, relay = site_course(SITE), relay_course(orbit)
    up = sky.light_time(site.position, relay.position, YEAR)
    yield Claim("site to relay: light time, least (155.5)", abs(float(up.min()) * 1e3 - 155.5), "ms", 0.1)
    yield Claim("site to relay: light time, most (257.4)", abs(float(up.max()) * 1e3 - 257.4), "ms", 0.1)
    _, down = sky.received_from(site.position, relay.position(YEAR + up), YEAR + up)
    apart_us = float(np.abs(up - down).max()) * 1e6
    yield Claim("light time as sent and as received: largest difference", apart_us, "us", 1.0)
    rate = range_rate(site, relay, YEAR)
    yield Claim("site to relay: range rate, most less 0.085", abs(float(rate.max()) - 0.085), "km/s", 0.001)
    yield Claim("site to relay: range rate, least less -0.080", abs(float(rate.min()) + 0.080), "km/s", 0.001)
    shift = float(np.abs(doppler_hz(site, relay, YEAR, 8.4e9)).max())
    yield Claim("site to relay: Doppler at 8.4 GHz, less 2.4", abs(shift * 1e-3 - 2.4), "kHz", 0.05)
    fastest, worst, unlike = 0.0, 0.0, 0.0
    for station in stations().values():
        ground = station_course(station)
        seen = YEAR[station_elevation(orbit, station)(YEAR) > np.radians(station.min_elevation_deg)]
        fastest = max(fastest, float(np.abs(range_rate(ground, relay, seen)).max()))
        shift = doppler_hz(ground, relay, seen, S_BAND_HZ)
        worst = max(worst, float(np.abs(shift).max()))
        stretch = slope(lambda t, ground=ground: sky.light_time(ground.position, relay.position, t), seen)
        unlike = max(unlike, float(np.abs(shift + S_BAND_HZ * stretch / (1.0 + stretch)).max()))
    yield Claim("station to relay above 10 deg: range rate (0.475)", fastest, "km/s", 0.475)
    yield Claim("station to relay above 10 deg: Doppler at 2.2345 GHz (3.54)", worst * 1e-3, "kHz", 3.54)
    yield Claim("its Doppler against the slope of the light time", unlike * 1e3, "mHz", 10.0)


def slope(f: Callable[[np.ndarray], np.ndarray], t: np.ndarray, h: float = 60.0) -> np.ndarray:
    """Derivative by five points."""
    return (8.0 * (f(t + h) - f(t - h)) - (f(t + 2.0 * h) - f(t - 2.0 * h))) / (12.0 * h)


def rates() -> Iterator[Claim]:
    """The rung that holds at both ends of the published range, and to the Earth at its farthest; assumed radio."""
    cases = (
        ("lander-relay", "", 79_000.0, 280e3), ("lander-relay", "", 47_000.0, 555e3),
        ("rover-relay", "", 79_000.0, 140e3), ("rover-relay", "", 47_000.0, 285e3),
        ("relay-earth", "kashi", 483_593.0, 2e6), ("relay-earth", "jiamusi", 483_593.0, 10e6),
    )  # fmt: skip
    for hop, station, distance, target in cases:
        link = radio().link(hop, station)
        moon = (1.2, 1.5) if station == "" else (90.0, 0.0)  # the beam on the Moon's disc
        found = budget(link, Sight(np.full(2, distance), 0.0, 0.0, *moon))
        margins = np.array([found.margin_db(rate) for rate in link.hop.rates_bps])
        rung = rungs(margins, link.radio.wanted_margin_db, 0.0, 1)[0]
        rate = link.hop.rates_bps[rung - 1] if rung else 0.0
        what = f"{hop} {station}".strip() + f" at {distance:,.0f} km: rate with 3 dB left (assumed radio)"
        yield Claim(what, rate, "bit/s", target, least=True)


def year() -> Iterator[Claim]:
    """Ten ways for a year, margins every minute: what it costs and what they carry; assumed radio."""
    link_plan("chang-e-4", START, "2019-01-05")  # loads kernels, solves the orbit
    begun = time.process_time()
    plan = link_plan("chang-e-4", START, STOP)
    yield Claim("a year of contacts and rates, ten ways, every 60 s", time.process_time() - begun, "s CPU", 10.0)
    gigabytes: dict[str, float] = {}
    for way in plan.ways:
        carried = float(volume_per_day(way.pieces, plan.start, plan.stop).sum()) * 1e-9
        gigabytes[way.link.name] = gigabytes.get(way.link.name, 0.0) + carried
    lander, rover, home = (gigabytes[hop] for hop in ("lander-relay", "rover-relay", "relay-earth"))
    note = f"twelve lunar days brought {PUBLISHED_GB} GB home"
    yield Claim("lander to relay, a year: 2188 at 555 kbit/s (assumed radio)", lander, "GB", 2180.0, note, least=True)
    yield Claim("rover to relay, a year: 1124 at 285 kbit/s (assumed radio)", rover, "GB", 552.0, note, least=True)
    yield Claim("relay to Earth over lander and rover (assumed radio)", home / (lander + rover), "x", 1.0, least=True)


if __name__ == "__main__":
    for made in claims():
        print(made.line(), flush=True)
