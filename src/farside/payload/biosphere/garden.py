"""What stands in the canister at an instant: seeds, seedlings, eggs and larvae as shapes, from their true state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.instruments.biosphere import numbers
from farside.payload.biosphere.brush import Leaf, Stalk
from farside.payload.biosphere.chemistry import model, molar_mass
from farside.payload.biosphere.kernel import instar_of
from farside.payload.biosphere.life import Life
from farside.payload.biosphere.parts import DEGREES
from farside.work import rng

Array = NDArray[np.float64]
Shape = Leaf | Stalk

# reflectances in red, green, blue: assumed
SEED, ROOT = np.array([0.26, 0.13, 0.07]), np.array([0.72, 0.70, 0.62])
STEM_LOW, STEM_HIGH = np.array([0.50, 0.44, 0.38]), np.array([0.33, 0.46, 0.15])
COTYLEDON_YOUNG, COTYLEDON_OLD = np.array([0.32, 0.42, 0.08]), np.array([0.085, 0.26, 0.04])
EGG, SHELL = np.array([0.20, 0.19, 0.23]), np.array([0.62, 0.60, 0.50])
ANT, WORM, HEAD = np.array([0.085, 0.065, 0.05]), np.array([0.50, 0.47, 0.39]), np.array([0.04, 0.03, 0.025])
HATCHLING_MM, HATCHLING_MG = 3.0, 0.45


def shapes(life: Life, t: float, seed: int) -> list[Shape]:
    """Everything that grows or crawls at t, in the canister frame."""
    return _plants(life, t, seed) + _silkworms(life, t, seed)


def seed_places(seed: int, count: int) -> Array:
    """Where the seeds lie, (count, 2) mm: at least 9 mm apart, clear of dish, card and edge."""
    spec, draw = numbers(), rng(seed, "biosphere", "sowing")
    tray, card = spec["tray"], spec["card"]
    found: list[Array] = []
    apart = 9.0
    while len(found) < count:
        for p in draw.uniform(-44.0, 44.0, (400, 2)):
            clear = (
                np.hypot(*p) < 44.0
                and p[1] > -34.0
                and np.hypot(*(p - tray["centre_mm"][:2])) > tray["radius_mm"] + 5.0
                and (np.abs(p - card["centre_mm"][:2]) > np.array(card["size_mm"]) / 2 + 5.0).any()
            )
            if clear and all(np.hypot(*(p - q)) > apart for q in found):
                found.append(p)
            if len(found) == count:
                break
        apart *= 0.9
    return np.array(found)


def _plants(life: Life, t: float, seed: int) -> list[Shape]:
    m = model()["mustard"]
    warmth, area = float(life.at(life.warmth, t)), life.at(life.leaf_m2, t) * 1e6
    out: list[Shape] = []
    for n, (x, y) in enumerate(seed_places(seed, len(life.brood.seeds))):
        draw = rng(seed, "biosphere", "seedling", n)
        azimuth, lean, tall = draw.uniform(0, 2 * np.pi), draw.uniform(0.02, 0.16), draw.uniform(0.75, 1.25)
        germinates, emerges, _ = life.brood.seeds[n]
        up = np.array([x, y, 0.0])
        outward = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        since = warmth - emerges
        if since < 0.0:
            out.append(_grain(up + np.array([0.0, 0.0, 0.5]), 0.95, SEED))
            root = min(max((warmth - germinates) / 30.0, 0.0), 1.0) * 5.0
            if root > 0.1:
                steps = np.linspace(0.0, 1.0, 6)[:, None]
                path = (
                    up
                    + root * steps * outward
                    + [0, 0, 0.35]
                    + 0.6 * np.sin(3 * steps) * np.array([-outward[1], outward[0], 0])
                )
                out.append(Stalk(path, np.linspace(0.35, 0.15, 6), np.tile(ROOT, (6, 1))))
            continue
        out += _seedling(up, outward, lean, 30.0 * tall, since, float(area[n]), float(m["unfold_cd"]))
    return out


def _seedling(
    up: Array, outward: Array, lean: float, tall: float, since: float, area: float, unfold: float
) -> list[Shape]:
    """A hooked stem that straightens, and two cotyledons that unfold; since: thermal time since it came up."""
    length = 1.2 + tall * (1.0 - np.exp(-since / 28.0))
    straight = min(since / 16.0, 1.0)
    s = np.linspace(0.0, 1.0, 12)
    heading = lean + (1.0 - straight) * 2.6 * s**3 + 0.25 * lean * np.sin(2.5 * s)
    step = np.stack([np.sin(heading), np.cos(heading)], axis=1) * length / 11.0
    along = np.vstack([[0.0, 0.0], np.cumsum(step[1:], axis=0)])
    points = up + along[:, :1] * outward + along[:, 1:] * np.array([0.0, 0.0, 1.0])
    tint = s[:, None] ** 0.7
    out: list[Shape] = [Stalk(points, np.linspace(0.62, 0.45, 12), STEM_LOW + tint * (STEM_HIGH - STEM_LOW))]
    tip = np.sin(heading[-1]) * outward + np.cos(heading[-1]) * np.array([0.0, 0.0, 1.0])
    sideways = np.array([-outward[1], outward[0], 0.0])
    flat = np.radians(12.0 + 66.0 * min(max((since - 6.0) / unfold, 0.0), 1.0))
    blade = float(np.sqrt(2.0**2 + area / 1.7))
    age = min(since / 30.0, 1.0)
    colour = COTYLEDON_YOUNG + age * (COTYLEDON_OLD - COTYLEDON_YOUNG)
    for side in (-1.0, 1.0):
        direction = np.cos(flat) * tip + side * np.sin(flat) * sideways
        base = points[-1] + 0.18 * blade * direction
        out.append(Stalk(np.array([points[-1], base]), np.array([0.4, 0.35]), np.tile(STEM_HIGH, (2, 1))))
        out.append(
            Leaf(base, direction, np.cross(direction, np.cross(tip, sideways) + 1e-9), blade, 1.2 * blade, colour)
        )
    return out


def _silkworms(life: Life, t: float, seed: int) -> list[Shape]:
    tray, instars = np.array(numbers()["tray"]["centre_mm"]), np.array(model()["silkworm"]["instars_dd"], float)
    degrees = float(life.at(life.states[:, DEGREES], t))
    fresh_mg = life.at(life.larvae, t) @ molar_mass("larva") * 1e3
    alive = float(life.at(life.states[:, 5], t)) > 0.5
    hour = (t - life.t[0]) / 3600.0
    out: list[Shape] = []
    for n, hatches in enumerate(life.brood.eggs):
        draw = rng(seed, "biosphere", "silkworm", n)
        nest = tray + np.array([5.0 + 1.5 * (n % 3), 6.0 + 1.4 * (n // 3), 0.6])
        instar, over = instar_of(degrees, hatches, instars)
        out.append(_grain(nest, 0.62, SHELL if instar else EGG))
        if not instar:
            continue
        phase, period = draw.uniform(0, 2 * np.pi, 4), draw.uniform(3.0, 17.0, 4)
        size = HATCHLING_MM * (fresh_mg[n] / HATCHLING_MG) ** (1 / 3)
        at = hour if alive else 0.0
        wander = lambda h, k=(phase, period): np.array(  # noqa: E731
            [np.sin(h / k[1][0] + k[0][0]) + 0.6 * np.sin(h / k[1][1] * 2.1 + k[0][1]),
             np.sin(h / k[1][2] + k[0][2]) + 0.6 * np.sin(h / k[1][3] * 1.7 + k[0][3])])  # fmt: skip
        reach = (13.0 - 2.0 - size / 2) / 1.7
        middle = tray[:2] + reach * wander(at)
        ahead = wander(at + 0.2) - wander(at)
        turn = float(np.arctan2(ahead[1], ahead[0]))
        s = np.linspace(-0.5, 0.5, 14)
        bend = turn + 0.9 * np.sin(4.0 * s + hour + phase[0])
        step = np.stack([np.cos(bend), np.sin(bend)], axis=1) * size / 13.0
        path = np.cumsum(step, axis=0)
        path += middle - path.mean(axis=0)
        radius = size / 13.0 * np.sqrt(np.clip(1.0 - (2 * s) ** 6, 0.15, 1.0)) * (1.0 + 0.06 * np.cos(40.0 * s))
        pale = min(max((instar - 1 + over) / 1.6, 0.0), 1.0)
        colour = np.tile(ANT + pale * (WORM - ANT), (14, 1)) * (1.0 - 0.25 * (np.arange(14) % 2))[:, None]
        colour[-2:] = HEAD
        out.append(Stalk(np.column_stack([path, 0.8 + radius]), radius, colour))
    return out


def _grain(centre: Array, radius: float, colour: Array) -> Stalk:
    half = np.array([0.3 * radius, 0.0, 0.0])
    ends = np.array([centre - half, centre + half])
    return Stalk(ends, np.array([radius, 0.9 * radius]), np.tile(colour, (2, 1)))
