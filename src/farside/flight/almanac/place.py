"""Where a mission stands: the site file, typed and checked before any work starts."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from farside.errors import BadInput, first_wrong
from farside.flight.almanac.rules import Vehicle
from farside.flight.contacts import Station, stations

RELAYS = ("queqiao", "none")
Relay = Literal["queqiao", "none"]


class Part(BaseModel):
    """A piece of a site file: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Position(Part):
    """Planetocentric latitude, east longitude, height over the 1737.4 km sphere (None: of the ground there).

    error_m: of each axis on the ground, 1 sigma; None: what the terrain frames of different missions differ by.
    """

    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=360)
    height_m: float | None = Field(default=None, gt=-10_000, lt=11_000)
    error_m: float | None = Field(default=None, ge=0)
    frame: str = ""
    source: str = "yours"


class Antenna(Part):
    """An Earth station: geodetic latitude, east longitude, the lowest elevation it works at."""

    name: str
    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=360)
    height_m: float = Field(ge=-500, le=9000)
    min_elevation_deg: float = Field(ge=0, lt=90)

    @property
    def station(self) -> Station:
        """The same for computing with."""
        return Station(self.name, self.lat_deg, self.lon_deg, self.height_m, self.min_elevation_deg)


class Place(Part):
    """A site with what decides its windows.

    eye_m: height of camera and antenna above the ground; min_elevation_deg: of the antenna that looks for the relay;
    vehicles: whose days follow the Sun; notes: what the reader of a plan must know.
    """

    site: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    position: Position
    eye_m: float = Field(default=1.5, gt=0, lt=1000)
    relay: Relay = "none"
    min_elevation_deg: float = Field(default=5.0, ge=0, lt=90)
    stations: tuple[Antenna, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    notes: tuple[str, ...] = ()

    @field_validator("stations", mode="before")
    @classmethod
    def _known_by_name(cls, value: Any) -> Any:
        """Stations may be named (those of relay.yaml) or spelt out."""
        known = stations()
        if not isinstance(value, list | tuple):
            return value
        for item in value:
            if isinstance(item, str) and item not in known:
                raise ValueError(f"stations that are known by name ({', '.join(known)}) or spelt out, got {item}")
        return [{**vars(known[item]), "name": item.capitalize()} if isinstance(item, str) else item for item in value]


def builtin_sites() -> dict[str, Path]:
    """The site files that come with farside: name to file."""
    folder = Path(str(files("farside.flight.almanac") / "sites"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_site(path: Path) -> Place:
    """Read a site file. Raises BadInput naming file, field, value and expectation."""
    try:
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(path, "", str(error).splitlines()[0], "a site file in YAML, UTF-8") from None
    if not isinstance(spec, dict):
        raise BadInput(path, "", spec, "a mapping with site, title and position (see farside plan sites)")
    return place_from(path, spec)


def place_from(source: str | Path, spec: dict[str, Any]) -> Place:
    """A place from plain values. Raises BadInput about the first that cannot be used; source: where they came from."""
    try:
        return Place.model_validate(spec)
    except ValidationError as error:
        at, value, expected = first_wrong(error.errors(), "a site file")
        raise BadInput(source, ".".join(map(str, at)), value, expected) from None
