"""The radio of a mission: terminals and hops of radio.yaml, and whatever a file of one's own says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from farside.errors import BadInput, first_wrong
from farside.link.frame import required_ebn0_db
from farside.link.radio.antenna import KINDS, Antenna
from farside.link.radio.part import Decibels, Part

Rate = Annotated[float, Field(gt=0, le=1e12)]
ANY_STATION = "station"
"""Terminal of the stations that have none of their own."""


class Terminal(Part):
    """An antenna, where it stands, what it is pointed at and how well, and its transmitter, receiver or both."""

    at: Literal["site", "relay", "station"]
    antenna: Antenna
    aim: Literal["partner", "site", "moon", "earth"]
    pointing_error_deg: float = Field(ge=0, lt=90)
    power_w: float | None = Field(default=None, gt=0, le=1e7)
    line_loss_db: Decibels = 0.0
    noise_k: float | None = Field(default=None, gt=0, le=1e5)


class Hop(Part):
    """One direction of a link: who sends to whom, on what carrier, with what losses, code and rates."""

    sender: str
    receiver: str
    frequency_ghz: float = Field(gt=0, le=1000)
    losses_db: dict[str, Decibels] = Field(default_factory=dict)
    modulation_db: Decibels = 0.0
    rates_bps: tuple[Rate, ...] = Field(min_length=1)
    code: str
    bit_error: float = Field(gt=0, lt=0.5)
    implementation_db: Decibels = 0.0

    @model_validator(mode="after")
    def _ladder_goes_up(self) -> Hop:
        if any(b <= a for a, b in pairwise(self.rates_bps)):
            raise ValueError(f"rates_bps that increase, got {list(self.rates_bps)}")
        return self

    @model_validator(mode="after")
    def _code_is_known(self) -> Hop:
        try:
            required_ebn0_db(self.code, self.bit_error)
        except BadInput as error:
            raise ValueError(f"as {error.field} {error.expected}, got {error.value!r}") from None
        return self


class Radio(Part):
    """All terminals and hops, how much margin is wanted, and how warm the Moon is."""

    wanted_margin_db: float = Field(ge=-20, le=60)
    hysteresis_db: float = Field(ge=0, le=20)
    least_dwell_s: float = Field(ge=0, le=1e9)
    moon_k: float = Field(ge=0, le=1000)
    terminals: dict[str, Terminal]
    hops: dict[str, Hop]

    @model_validator(mode="after")
    def _hops_end_at_terminals(self) -> Radio:
        for name, hop in self.hops.items():
            for side in (hop.sender, hop.receiver):
                if side not in self.terminals:
                    raise ValueError(f"ends of {name} among the terminals {', '.join(self.terminals)}, got {side!r}")
            if self.terminals[hop.sender].power_w is None:
                raise ValueError(f"a power_w of {hop.sender}, which sends in {name}")
            if self.terminals[hop.receiver].noise_k is None:
                raise ValueError(f"a noise_k of {hop.receiver}, which receives in {name}")
        return self

    def link(self, hop: str, station: str = ANY_STATION) -> Link:
        """A hop with its terminals; a station without one of its own has that of any. Raises BadInput."""
        if hop not in self.hops:
            raise BadInput("radio", "hop", hop, f"one of {', '.join(self.hops)}")
        spec = self.hops[hop]
        name = station.lower() if station.lower() in self.terminals else ANY_STATION
        sender, receiver = (
            self.terminals[name if side == ANY_STATION else side] for side in (spec.sender, spec.receiver)
        )
        return Link(hop, spec, sender, receiver, self)


@dataclass(frozen=True)
class Link:
    """A hop with both its terminals."""

    name: str
    hop: Hop
    sender: Terminal
    receiver: Terminal
    radio: Radio

    @property
    def required_ebn0_db(self) -> float:
        """Eb/N0 at which code and receiver leave the hop's share of bits wrong."""
        return required_ebn0_db(self.hop.code, self.hop.bit_error) + self.hop.implementation_db


def radio(changes: Mapping[str, Any] | None = None, source: str | Path = "radio") -> Radio:
    """Chang'e 4's radio, with what ``changes`` names replaced: fields of terminals and hops one by one.

    source: what the changes were read from. Raises BadInput naming field, value and expectation.
    """
    spec = _builtin()
    for name, value in (changes or {}).items():
        own = spec.get(name)
        spec = spec | {name: _merged(own, value) if isinstance(own, dict) and isinstance(value, Mapping) else value}
    try:
        return Radio(**spec)
    except ValidationError as error:
        place, value, expected = first_wrong(error.errors(), "a radio file")
        raise BadInput(source, ".".join(str(part) for part in place if part not in KINDS), value, expected) from None
    except TypeError:
        raise BadInput(source, "", sorted(map(str, spec)), f"fields among {', '.join(_builtin())}") from None


def read_radio(path: str | Path) -> Radio:
    """Chang'e 4's radio with what a YAML file names replaced. Raises BadInput."""
    file = Path(path)
    expected = "a radio file in YAML: terminals, hops, wanted_margin_db (see docs/radio.md)"
    try:
        changes = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(file, "", error.strerror or "unreadable", expected) from None
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise BadInput(file, "", str(error).splitlines()[0], expected) from None
    if not isinstance(changes, dict):
        raise BadInput(file, "", changes, expected)
    return radio(changes, file)


def _merged(own: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Terminals or hops by name, fields replaced."""
    merged = dict(own)
    for name, fields in changes.items():
        merged[name] = {**own[name], **fields} if name in own and isinstance(fields, Mapping) else fields
    return merged


@cache
def _builtin() -> dict[str, Any]:
    return yaml.safe_load(files("farside.link.radio").joinpath("radio.yaml").read_text(encoding="utf-8"))
