"""Elevation models that are known by name, and the files of them that hold a piece of ground."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from farside.errors import BadInput

COMMAND = "farside terrain fetch"


@dataclass(frozen=True)
class Tiles:
    """Tiles of a product: their size and the latitudes they cover, degrees; columns start at longitude 0."""

    lat_deg: int
    lon_deg: int
    from_lat_deg: int
    to_lat_deg: int


@dataclass(frozen=True)
class Product:
    """An elevation model: see products.yaml. url: None where it has to be fetched by hand."""

    key: str
    title: str
    post_m: float
    credit: str
    url: str | None = None
    label: str | None = None
    tiles: Tiles | None = None
    name: str | None = None
    checked: bool = True
    by_hand: str = ""


@dataclass(frozen=True)
class Address:
    """Where one file is, and the label that goes with it."""

    data: str
    label: str | None = None


@lru_cache(maxsize=1)
def products() -> dict[str, Product]:
    """The known products by name."""
    text = files("farside.moon.fetch").joinpath("products.yaml").read_text(encoding="utf-8")
    found = {}
    for key, entry in yaml.safe_load(text).items():
        tiles = entry.pop("tiles", None)
        found[key] = Product(key=key, tiles=Tiles(**tiles) if tiles else None, **entry)
    return found


def addresses(asked: str, box: tuple[float, float, float, float]) -> tuple[Product | None, list[Address]]:
    """Files that hold a box (south, north, west, east; degrees, east above west) of a product, or of an address.

    asked: a product's name, with the site's after a colon where it is one of many, or a URL. Raises BadInput.
    """
    if "://" in asked:
        return None, [Address(asked)]
    key, _, name = asked.partition(":")
    product = products().get(key)
    if product is None:
        raise BadInput(COMMAND, "PRODUCT", asked, f"a URL, or one of {', '.join(products())}")
    if product.url is None:
        raise BadInput(COMMAND, "PRODUCT", asked, f"a product with an address: {product.by_hand}")
    if bool(product.name) != bool(name) or (product.name and not re.fullmatch(product.name, name)):
        raise BadInput(COMMAND, "PRODUCT", asked, f"{key}:NAME ({product.title})" if product.name else key)
    places: list[dict[str, Any]] = _places(product, box) if product.tiles else [{"name": name}]
    found = []
    for place in places:
        url = product.url.format(**place)
        label = re.sub(r"\.\w+$", product.label, url) if product.label else None
        found.append(Address(url, label))
    return product, found


def _places(product: Product, box: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """What a tile's name is made of, for each tile that meets a box."""
    t = product.tiles
    assert t is not None
    south, north, west, east = box
    if south < t.from_lat_deg or north > t.to_lat_deg:
        ends = f"a square between latitudes {t.from_lat_deg} and {t.to_lat_deg}: {product.key} ends there"
        raise BadInput(COMMAND, "--lat", f"{south:.3f} to {north:.3f}", ends)
    rows = range(math.floor((south - t.from_lat_deg) / t.lat_deg), math.ceil((north - t.from_lat_deg) / t.lat_deg))
    columns = range(math.floor(west / t.lon_deg), math.ceil(east / t.lon_deg))
    found = {}
    for i in rows:
        for j in columns:
            lat, lon = t.from_lat_deg + i * t.lat_deg, j * t.lon_deg % 360
            found[lat, lon] = _words(lat, lat + t.lat_deg, lon, lon + t.lon_deg)
    return list(found.values())


def _words(south: int, north: int, west: int, east: int) -> dict[str, Any]:
    band = "s" if south < 0 else "n"
    return {
        "south": south,
        "north": north,
        "west": west,
        "east": east,
        "low": f"{abs(south):02d}{band}",
        "high": f"{abs(north):02d}{band}",
        "kagn": f"{'S' if north < 0 else 'N'}{abs(north):02d}",
        "kags": f"{'S' if south < 0 else 'N'}{abs(south):02d}",
        "ns": band.upper(),
        "lat10": abs(south + north) * 5,
        "lon10": (west + east) * 5,
    }
