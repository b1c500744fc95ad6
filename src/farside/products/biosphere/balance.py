"""Pictures of the canister in units of reflectance: dark signal off, in colour, and balanced on the grey card."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments import observation
from farside.instruments.biosphere import camera, numbers, product_id, view
from farside.products.provenance import provenance, source

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float32]

WHITE_DN = 230
"""Level 2 counts of something white beside the card."""
_PEDESTAL, _SCALE = 4096.0, 40000.0  # 16-bit integers for the demosaicker, with room for noise below zero


def reflectance(raw: xr.Dataset) -> Floats:
    """Apparent reflectance (line, sample, RGB): what the card's patches say that the light is, wherever it falls.

    Exposure and the colour of the light cancel; its fall-off across the bed does not. Raises BadInput for another
    level or instrument.
    """
    import cv2

    mosaic = np.rint(_signal(raw) * _SCALE + _PEDESTAL).clip(0, 65535).astype(np.uint16)
    rgb = cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB_EA).astype(np.float32)
    rgb = (rgb - np.float32(_PEDESTAL)) / np.float32(_SCALE)
    return rgb * _gain(rgb, str(raw.attrs["camera"]), int(raw.attrs["binning"]))


def soft_reflectance(raw: xr.Dataset, sigma_px: float) -> Floats:
    """As ``reflectance``, each colour the Gaussian mean of its own pixels: no false colours at edges, less noise."""
    import cv2

    mosaic = _signal(raw)
    rgb = np.empty((*mosaic.shape, 3), np.float32)
    for band, places in enumerate((((0, 0),), ((0, 1), (1, 0)), ((1, 1),))):
        mine = np.zeros_like(mosaic)
        for i, j in places:
            mine[i::2, j::2] = 1.0
        weight = cv2.GaussianBlur(mine, (0, 0), sigma_px)
        rgb[..., band] = cv2.GaussianBlur(mosaic * mine, (0, 0), sigma_px) / weight
    return rgb * _gain(rgb, str(raw.attrs["camera"]), int(raw.attrs["binning"]))


def _signal(raw: xr.Dataset) -> Floats:
    """Share of full scale that light makes up, (line, sample), without the lens's fall-off. Raises BadInput."""
    a, c = raw.attrs, camera()
    if a.get("level") not in ("raw", "1") or a.get("instrument") != c.name:
        raise BadInput(str(a.get("product_id")), "level", a.get("level"), "a raw biosphere picture (level 1)")
    d = c.detector
    zero = d.bias_dn + d.dark(a["temperature_c"]) * a["exposure_ms"] * 1e-3 / d.gain_e_per_dn
    signal = (raw["dn"].to_numpy().astype(np.float32) - np.float32(zero)) / np.float32(d.full_scale - d.bias_dn)
    return np.asarray(signal / _falloff(int(a["binning"])), np.float32)


def balanced(raw: xr.Dataset) -> xr.Dataset:
    """The level-2C picture of a level-1 one: 8 bits of red, green, blue, linear in reflectance."""
    dn = np.rint(reflectance(raw) * np.float32(WHITE_DN)).clip(0, 255).astype(np.uint8)
    a: dict[Any, Any] = {**raw.attrs, "product_id": raw.attrs.get("product_id") or product_id(raw.attrs)}
    made = provenance("balance", [named_source(raw)], white_dn=WHITE_DN)
    return observation(
        dn, **{**a, "level": camera().data_product_level, "bits": 8, "bayer": "", "acali": [1.0], "provenance": made}
    )


def named_source(raw: xr.Dataset) -> dict[str, str]:
    """Identity of a picture for a product's provenance."""
    return source(raw.assign_attrs(product_id=raw.attrs.get("product_id") or product_id(raw.attrs)))


def _gain(rgb: Floats, name: str, binning: int) -> Floats:
    """Factors (3,) that bring the card's patches to their reflectances; 1 over full scale where no card is seen."""
    known = np.array(numbers()["card"]["reflectance"])
    masks = _patches(name, binning)
    if min(int(m.sum()) for m in masks) < 4:
        bright = np.percentile(rgb.reshape(-1, 3), 98.0, axis=0)
        return (0.7 / np.maximum(bright, 1e-4)).astype(np.float32)
    seen = np.array([np.median(rgb[m], axis=0) for m in masks])
    return ((known @ known) / np.maximum(known @ seen, 1e-6)).astype(np.float32)


@lru_cache(maxsize=8)
def _patches(name: str, binning: int) -> tuple[NDArray[np.bool_], ...]:
    """Where a camera sees the inner part of each patch, (line, sample) each."""
    card = numbers()["card"]
    x, y = np.moveaxis(view(name, binning).on_soil(), -1, 0)
    wide, deep = card["size_mm"]
    count = len(card["reflectance"])
    place = ((x - card["centre_mm"][0]) / wide + 0.5) * count
    inner = np.abs(y - card["centre_mm"][1]) < 0.35 * deep
    return tuple(inner & (np.abs(place - k - 0.5) < 0.3) for k in range(count))


@lru_cache(maxsize=4)
def _falloff(binning: int) -> Floats:
    eye = view("a", binning)
    u = (np.arange(eye.width) - eye.middle[0]) / eye.focal_px
    v = ((np.arange(eye.height) - eye.middle[1]) / eye.focal_px)[:, None]
    return ((1.0 + u**2 + v**2) ** -2).astype(np.float32)
