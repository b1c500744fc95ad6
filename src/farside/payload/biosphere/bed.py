"""The still parts of the scene: soil, dish, grey card, ledge and wall, as reflectances and as lit by either light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.instruments.biosphere import View, numbers, view
from farside.work import rng

Floats = NDArray[np.float32]

DRY = (0.23, 0.165, 0.11)
"""Reflectance of dry potting soil in red, green, blue: assumed, as are all colours here."""
WET_DARKENING = 0.5
PERLITE = (0.62, 0.60, 0.54)
METAL = (0.46, 0.46, 0.47)
DISH = (0.70, 0.69, 0.66)
DIET = (0.25, 0.21, 0.10)
WALL_MM = 82.0
_TILE, _TILE_MM = 1024, 96.0


@dataclass
class Canvas:
    """A picture in the making. reflectance (line, sample, 3); pipe, lamp: light received, (line, sample), relative to
    that on level soil below the light pipe and to the lamp's in the middle of the bed.
    """

    reflectance: Floats
    pipe: Floats
    lamp: Floats

    def copy(self) -> Canvas:
        """One that can be painted on."""
        return Canvas(self.reflectance.copy(), self.pipe.copy(), self.lamp.copy())

    def paint(self, box: tuple[slice, slice], alpha: Floats, colour: Floats, pipe: Floats, lamp: Floats) -> None:
        """Lay a surface over what is there, in a box: alpha, pipe and lamp (line, sample), colour (..., 3)."""
        self.reflectance[box] += alpha[..., None] * (colour - self.reflectance[box])
        self.pipe[box] += alpha * (pipe - self.pipe[box])
        self.lamp[box] += alpha * (lamp - self.lamp[box])


@lru_cache(maxsize=8)
def _still(camera: str, binning: int, seed: int) -> tuple[Canvas, Floats]:
    eye = view(camera, binning)
    x, y = np.moveaxis(eye.on_soil().astype(np.float32), -1, 0)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    height, fleck = _texture(seed)
    rough, flecks = _sample(height, x, y), _sample(fleck, x, y)
    slope = [_sample(np.asarray(g, np.float32), x, y) for g in np.gradient(height, _TILE_MM / _TILE)]
    level = np.ones_like(x)
    normal = np.stack([-slope[1], -slope[0], level], axis=-1)
    spec = numbers()
    soil = radius < spec["canister"]["bed_radius_mm"]
    normal[~soil | _laid(x, y)] = (0.0, 0.0, 1.0)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    where = np.stack([x, y, np.zeros_like(x)], axis=-1)
    wall = radius > WALL_MM
    up = np.where(wall, (radius / WALL_MM - 1.0) * eye.position[2] * 0.9, 0.0)
    where[wall] *= (WALL_MM / radius[wall])[:, None]
    where[..., 2] = up
    normal[wall] = np.stack([-np.cos(angle), -np.sin(angle), 0.35 * level], axis=-1)[wall]
    pipe, lamp = lights(eye, where, normal)
    hollow = np.where(soil, np.clip(0.8 + 0.5 * rough, 0.35, 1.1), 1.0)

    colour = np.empty((*x.shape, 3), np.float32)
    tone = np.clip(1.0 + 0.45 * rough, 0.4, 1.7)[..., None]
    colour[:] = np.array(DRY) * tone
    light = np.clip((flecks - 2.3) * 4.0, 0.0, 1.0)[..., None]
    colour += light * (np.array(PERLITE) * np.clip(tone, 0.85, 1.15) - colour)
    wettable = np.where(soil, 1.0 - 0.6 * light[..., 0], 0.0).astype(np.float32)
    streaks = 0.10 * _sample(height, 14.0 * radius, angle * 3.0)
    colour[~soil] = (np.array(METAL) * (1.0 + np.clip(streaks, -0.3, 0.3))[..., None])[~soil]
    edge = spec["canister"]["bed_radius_mm"]
    hollow *= 1.0 - 0.55 * np.exp(-(((radius - edge) / 1.0) ** 2)) - 0.4 * np.exp(-(((radius - WALL_MM) / 1.5) ** 2))
    for k in range(10):
        turn = 2 * np.pi * (k + 0.5) / 10
        dx, dy = x - 71.0 * np.cos(turn), y - 71.0 * np.sin(turn)
        head = np.clip((2.6 - np.hypot(dx, dy)) * 4.0, 0.0, 1.0)
        slot = np.abs(dx * np.cos(k) + dy * np.sin(k)) < 0.35
        hollow *= 1.0 - head * (0.15 + 0.5 * slot) - 0.4 * np.exp(-(((np.hypot(dx, dy) - 2.9) / 0.4) ** 2))
    wettable *= _dish(x, y, rough, colour, hollow)
    wettable *= _card(x, y, colour, hollow)
    return Canvas(colour, (pipe * hollow).astype(np.float32), (lamp * hollow).astype(np.float32)), wettable


def bed(camera: str, binning: int, seed: int, wetness: float) -> Canvas:
    """A fresh canvas of the still scene; wetness 0 to 1 darkens the soil."""
    still, wettable = _still(camera, binning, seed)
    canvas = still.copy()
    canvas.reflectance *= (1.0 - np.float32((1.0 - WET_DARKENING) * wetness) * wettable)[..., None]
    return canvas


def lights(eye: View, where: NDArray[np.floating], normal: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Light of pipe and lamp on surfaces at ``where`` (..., 3), mm, with unit normals (..., 3)."""
    source = np.array(numbers()["light_pipe_mm"])
    to = source - where
    distance = np.linalg.norm(to, axis=-1)
    spot = 0.35 + 0.65 * np.exp(-((where[..., 0] ** 2 + (where[..., 1] - 8.0) ** 2) / 42.0**2))
    pipe = spot * _facing(to, normal, distance) * (source[2] / distance) ** 2
    to = eye.position + np.array([-8.0, 0.0, 4.0]) - where
    distance = np.linalg.norm(to, axis=-1)
    lamp = _facing(to, normal, distance) * (np.linalg.norm(eye.position) / distance) ** 2
    return pipe.astype(np.float32), lamp.astype(np.float32)


def _facing(to: NDArray[np.floating], normal: NDArray[np.floating], distance: NDArray[np.floating]) -> Any:
    """How much a surface faces a light; an eighth comes from everywhere, scattered in the canister."""
    return 0.125 + 0.875 * np.maximum((to * normal).sum(-1), 0.0) / distance


@lru_cache(maxsize=2)
def _texture(seed: int) -> tuple[Floats, Floats]:
    """Relief of the soil in mm and how much a place stands out as a fleck, on a tile that repeats."""
    from scipy.ndimage import gaussian_filter

    draw = rng(seed, "biosphere", "soil")
    height = np.zeros((_TILE, _TILE), np.float32)
    for sigma in (2.0, 4.5, 10.0, 24.0, 60.0):
        noise = gaussian_filter(draw.standard_normal(height.shape, np.float32), sigma, mode="wrap")
        height += noise / noise.std() * np.float32(0.075 * sigma**0.45)
    fleck = gaussian_filter(draw.standard_normal(height.shape, np.float32), 3.2, mode="wrap")
    return height, fleck / fleck.std()


def _sample(tile: Floats, x: Floats, y: Floats) -> Floats:
    import cv2

    scale = _TILE / _TILE_MM
    u, v = (np.mod(np.nan_to_num(p) * scale, _TILE).astype(np.float32) for p in (x, y))
    return np.asarray(cv2.remap(tile, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


def _laid(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Where the dish or the card lies on the soil."""
    tray, card = numbers()["tray"], numbers()["card"]
    dish = np.hypot(x - tray["centre_mm"][0], y - tray["centre_mm"][1]) < tray["radius_mm"]
    dx, dy = np.abs(x - card["centre_mm"][0]), np.abs(y - card["centre_mm"][1])
    return np.asarray(dish | ((dx < card["size_mm"][0] / 2) & (dy < card["size_mm"][1] / 2)))


def _dish(x: Floats, y: Floats, rough: Floats, colour: Floats, hollow: NDArray[np.floating]) -> Floats:
    """Lay the dish with its block of diet; returns 0 on it, 1 elsewhere."""
    tray = numbers()["tray"]
    dx, dy = x - tray["centre_mm"][0], y - tray["centre_mm"][1]
    r = np.hypot(dx, dy)
    inside = np.clip((tray["radius_mm"] - r) * 5.0, 0.0, 1.0)
    hollow *= 1.0 - 0.6 * np.exp(-(np.maximum(r - tray["radius_mm"], 0.0) ** 2) / 1.6) * (1.0 - inside)
    colour += inside[..., None] * (np.array(DISH) - colour)
    rim = (r - (tray["radius_mm"] - 1.0)) / 0.7
    facing = -dy / np.maximum(r, 1e-3)
    hollow *= 1.0 + inside * (1.0 / hollow - 1.0)
    hollow *= 1.0 + inside * np.exp(-(rim**2)) * (0.25 * facing - 0.12)
    block = np.minimum(4.6 - np.abs(dx - 1.0 + 0.4 * rough), 3.4 - np.abs(dy + 2.2 - 0.3 * rough))
    there = np.clip(block * 3.0, 0.0, 1.0) * inside
    hollow *= 1.0 - 0.45 * inside * (1.0 - there) * np.exp(-(np.maximum(-block, 0.0) ** 2) / 0.6)
    food = np.array(DIET) * np.clip(1.0 + 0.35 * rough, 0.6, 1.5)[..., None]
    colour += there[..., None] * (food - colour)
    return (1.0 - inside).astype(np.float32)


def _card(x: Floats, y: Floats, colour: Floats, hollow: NDArray[np.floating]) -> Floats:
    """Lay the grey card; returns 0 on it, 1 elsewhere."""
    card = numbers()["card"]
    dx, dy = x - card["centre_mm"][0], y - card["centre_mm"][1]
    wide, deep = card["size_mm"]
    outside = np.maximum(np.abs(dx) - wide / 2, np.abs(dy) - deep / 2)
    on = np.clip(0.5 - outside * 5.0, 0.0, 1.0)
    hollow *= 1.0 - 0.5 * (1.0 - on) * np.exp(-(np.maximum(outside, 0.0) ** 2) / 0.8)
    hollow += on * (1.0 - hollow)
    shades = np.array(card["reflectance"])
    patch = np.clip(((dx / wide + 0.5) * len(shades)).astype(int), 0, len(shades) - 1)
    colour += on[..., None] * (shades[patch][..., None] - colour)
    return (1.0 - on).astype(np.float32)
