"""Fetch: published elevation models, cut to a site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farside.errors import BadInput
from farside.moon.dem import assemble
from farside.moon.fetch.crop import box, cut, provenance
from farside.moon.fetch.download import Cache, Count, remote
from farside.moon.fetch.known import Address, addresses
from farside.moon.raster import Raster, look

IN_PIECES_FROM = 500_000_000
"""Bytes from which a file is not fetched whole where its server can give the piece that is wanted."""

_CURL = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "1",
    "CPL_VSIL_CURL_CACHE_SIZE": "64000000",
}


@dataclass(frozen=True)
class Fetching:
    """How files are got: where they are kept, when whole, and who hears of it.

    whole: True fetches every file whole, False never where it can be helped, None decides by its size.
    """

    cache: Cache = field(default_factory=Cache)
    whole: bool | None = None
    say: Callable[[str], None] = field(default=lambda what: None)
    count: Count = field(default=lambda what, done, total: None)


def fetch(asked: str, lat_deg: float, lon_deg: float, size_m: float, path: Path, how: Fetching) -> dict[str, str]:
    """Cut a square about a place out of a known product or any address and write it as GeoTIFF; returns its tags.

    The posts stay what they are; heights become metres above the 1737.4 km sphere. Raises BadInput for what is not
    known, does not hold the place or is no elevation model of the Moon; Unreachable; DamagedFile for a file that has
    changed since it was first fetched.
    """
    import rasterio

    product, places = addresses(asked, box(lat_deg, lon_deg, size_m))
    with rasterio.Env(**_CURL):
        got = [_get(place, how) for place in places]
        rasters = [raster for raster, _ in got]
        for note in (note for raster in rasters for note in raster.notes):
            how.say(note)
        dems = assemble(rasters)
        if len(dems) != 1:
            raise BadInput(asked, "tiles", f"{len(dems)} grids that do not join", "tiles of one product")
        facts: dict[str, Any] = {
            "product": product.title if product else "",
            "credit": product.credit if product else "",
        }
        for k, (place, (_, source)) in enumerate(zip(places, got, strict=True), 1):
            number = str(k) if len(places) > 1 else ""
            facts |= {f"source{number}": place.data} | {f"source{number}_{name}": v for name, v in source.items()}
        facts["cut"] = f"{size_m:g} m about {lat_deg:.6f} N {lon_deg % 360.0:.6f} E"
        tags = provenance(facts)
        cut(dems[0], lat_deg, lon_deg, size_m, path, tags)
    return tags


def _get(place: Address, how: Fetching) -> tuple[Raster, dict[str, Any]]:
    """One file as a raster, fetched or where it is, and what is known of its bytes."""
    web = place.data.startswith(("http://", "https://"))
    if web and how.whole is not True and not place.data.lower().endswith(".jp2"):
        found = remote(place.data, 0 if how.whole is False else IN_PIECES_FROM)
        if found:
            name, source = found
            how.cache.seen(place.data, source)
            how.say(f"reading a piece of {place.data} ({source['bytes'] / 1e9:.1f} GB)")
            return look(f"/vsicurl/{place.label}" if place.label else name), source
    how.say(f"fetching {place.data}")
    path, sha256 = how.cache.file(place.data, how.count)
    if place.label:
        label, _ = how.cache.file(place.label, how.count)
        return look(label), {"sha256": sha256}
    return look(path), {"sha256": sha256}
