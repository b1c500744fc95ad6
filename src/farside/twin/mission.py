"""The mission file: everything a flight is a function of, typed and checked before any work starts."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

import yaml
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from farside.errors import BadInput, first_wrong
from farside.geometry import Site, t_to_utc, utc_to_t
from farside.instruments import names
from farside.twin.commands import COMMANDS, Order
from farside.twin.link import LinkSpec, nodes
from farside.twin.models import ModelSpec, rooted
from farside.twin.part import Node, Part, Positive, Rate, Utc, epoch
from farside.twin.relay_orbit import KINDS, HaloSpec, OrbitSpec, rooted_orbit

MARGIN_S = 3600.0
"""The relay's orbit reaches this far past the span, for what is on its way then."""


def _known(name: str) -> str:
    if name not in names():
        raise ValueError(f"one of {', '.join(names())}")
    return name


Carried = Annotated[str, AfterValidator(_known)]
"""The name of an instrument aboard a vehicle."""


class SiteSpec(Part):
    """Where to land."""

    name: str
    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=0, lt=360)
    map_frame: str
    elevation_m: float = Field(gt=-10_000, lt=11_000)


class Span(Part):
    """When the flight begins and ends."""

    start_utc: Utc
    end_utc: Utc
    _epochs = field_validator("start_utc", "end_utc")(epoch)

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end <= self.start:
            raise ValueError(f"end_utc after start_utc ({self.start_utc})")
        return self

    @property
    def start(self) -> float:
        """TDB seconds past J2000."""
        return utc_to_t(self.start_utc)

    @property
    def end(self) -> float:
        """TDB seconds past J2000."""
        return utc_to_t(self.end_utc)


class RelaySpec(Part):
    """The relay satellite and its link rates in bit/s (or by_budget)."""

    name: str
    node: Node
    orbit: OrbitSpec
    min_elevation_deg: float = Field(ge=0, lt=90)
    to_earth_bps: Rate
    to_surface_bps: Rate
    from_earth_bps: Rate


class CentreSpec(Part):
    """Mission control and its ground lines to the stations."""

    name: str
    node: Node
    to_station_bps: Positive
    from_station_bps: Positive
    delay_s: float = Field(ge=0, lt=5)


class StationSpec(Part):
    """An Earth station (geodetic latitude, east longitude)."""

    name: str
    node: Node
    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, lt=360)
    height_m: float = Field(ge=-500, le=9000)
    min_elevation_deg: float = Field(ge=0, lt=90)


class PlumeSpec(Part):
    """How much brighter the engine's plume leaves the ground under the lander, and how far out (to exp(-1) of it)."""

    gain: float = Field(ge=-0.5, le=1)
    radius_m: float = Field(gt=0, le=1000)


class DescentSpec(Part):
    """The powered descent; without ``plume`` it leaves no trace on the ground."""

    ignition_utc: Utc
    azimuth_deg: float = Field(ge=0, lt=360)
    altitude_m: float = Field(ge=5000, le=60_000)
    plume: PlumeSpec | None = None
    _epochs = field_validator("ignition_utc")(epoch)


class BurstSpec(Part):
    """A solar type III burst: when its first light reaches the lander, and its beam of electrons.

    speed_c: of the beam, over that of light; angle_deg: between beam and lander; flux_1mhz: peak, W m-2 Hz-1.
    """

    utc: Utc
    speed_c: float = Field(gt=0.01, lt=0.9)
    angle_deg: float = Field(ge=0, le=180)
    flux_1mhz: Positive
    _epochs = field_validator("utc")(epoch)


class SunSpec(Part):
    """What the Sun does besides shining."""

    bursts: tuple[BurstSpec, ...] = ()


class LanderSpec(Part):
    """The lander."""

    node: Node
    to_relay_bps: Rate
    to_earth_bps: Positive
    store_mb: Positive
    heading_deg: float = Field(ge=0, lt=360)
    descent: DescentSpec
    mast_error_deg: float = Field(ge=0, lt=5)
    instruments: tuple[Carried, ...]


class StowedSpec(Part):
    """Where the rover rides, in the lander frame."""

    x_m: float
    y_m: float
    z_m: float
    heading_deg: float


class RoverSpec(Part):
    """The rover: carried first, then on its own wheels."""

    node: Node
    to_relay_bps: Rate
    to_earth_bps: Positive
    store_mb: Positive
    stowed: StowedSpec
    mast_error_deg: float = Field(ge=0, lt=5)
    instruments: tuple[Carried, ...] = ()


if TYPE_CHECKING:
    Command = Order
else:  # whatever is registered, told apart by its ``do``
    Command = Annotated[Union[tuple(COMMANDS)], Field(discriminator="do")]  # noqa: UP007


class Sequence(Part):
    """Commands for one vehicle: aboard from the start, or uplinked as one bundle at ``uplink_utc``."""

    name: str
    vehicle: Literal["lander", "rover", "relay"]
    preloaded: bool = False
    uplink_utc: Utc | None = None
    commands: tuple[Command, ...]

    @model_validator(mode="after")
    def _one_way_aboard(self) -> Sequence:
        if self.preloaded == (self.uplink_utc is not None):
            raise ValueError("either preloaded: true or an uplink_utc")
        if self.uplink_utc is not None:
            epoch(self.uplink_utc)
        return self


class Mission(Part):
    """A whole mission file."""

    mission: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    summary: str
    seed: int = Field(ge=0, lt=2**63)
    site: SiteSpec
    span: Span
    relay: RelaySpec
    centre: CentreSpec
    stations: tuple[StationSpec, ...] = Field(min_length=1)
    lander: LanderSpec
    rover: RoverSpec
    sun: SunSpec = SunSpec()
    link: LinkSpec = LinkSpec()
    models: tuple[ModelSpec, ...] = ()
    sequences: tuple[Sequence, ...]

    @model_validator(mode="after")
    def _distinct_nodes(self) -> Mission:
        nodes = [self.lander.node, self.rover.node, self.relay.node, self.centre.node, *(s.node for s in self.stations)]
        if len(set(nodes)) < len(nodes):
            raise ValueError(f"a different node number for every vehicle, station and centre, got {nodes}")
        if not self.span.start <= utc_to_t(self.lander.descent.ignition_utc) < self.span.end:
            raise ValueError(f"an ignition inside the span {self.span.start_utc} to {self.span.end_utc}")
        return self

    @model_validator(mode="after")
    def _faults_strike_what_is_there(self) -> Mission:
        known = nodes(self)
        for fault in self.link.faults:
            missing = [name for name in fault.at if name not in known]
            if missing:
                raise ValueError(f"faults at {', '.join(known)}, got {missing[0]!r} in {fault.kind}")
        return self

    @model_validator(mode="after")
    def _models_have_names_of_their_own(self) -> Mission:
        taken = {"ground", "rocks", "lander", "rover"}
        for model in self.models:
            if model.name in taken:
                raise ValueError(f"a name of its own for every model, got {model.name!r}, which is taken")
            taken.add(model.name)
        return self

    @model_validator(mode="after")
    def _orbit_covers_the_span(self) -> Mission:
        start, end = self.relay.orbit.span
        if self.span.start < start or self.span.end + MARGIN_S > end:
            kind = "epoch_utc, revolutions of 14.75 d" if isinstance(self.relay.orbit, HaloSpec) else "file"
            raise ValueError(
                f"a relay orbit ({kind}) that covers the span and an hour more, got "
                f"{t_to_utc(start, 0)} to {t_to_utc(end, 0)}"
            )
        return self

    @model_validator(mode="after")
    def _commands_fit_the_vehicle(self) -> Mission:
        aboard = {"lander": self.lander.instruments, "rover": self.rover.instruments, "relay": ()}
        taken: set[tuple[str, str]] = set()
        for vehicle, order in ((s.vehicle, order) for s in self.sequences for order in s.commands):
            if order.vehicle not in (vehicle, ""):
                raise ValueError(f"commands for the {vehicle}, got {order.do}, which the {order.vehicle} carries out")
            instruments = order.instruments()
            missing = [name for name in instruments if name not in aboard[vehicle]]
            if missing:
                raise ValueError(f"commands only for instruments aboard {aboard[vehicle]}, got {order.do}")
            number = getattr(order.with_, "sequence_id", None)
            for name in instruments:
                if number is not None and (name, number) in taken:
                    raise ValueError(f"a sequence_id of its own for every {order.do}, got {number} twice")
                taken.add((name, str(number)))
        return self

    def place(self) -> Site:
        """The landing site on the reference sphere (its true ground height belongs to the terrain)."""
        return Site(self.site.lat_deg, self.site.lon_deg, self.site.elevation_m)


class _Loader(yaml.SafeLoader):
    """YAML in which times stay the strings their author wrote, and only true and false are booleans, not on or no."""


_WORDS = {"tag:yaml.org,2002:timestamp": "", "tag:yaml.org,2002:bool": "tTfF"}
"""Tags and the first letters with which they are still told from a word."""
_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in pairs if tag not in _WORDS or (key and key in _WORDS[tag])]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def builtin() -> dict[str, Path]:
    """The missions that come with farside: name to file."""
    folder = Path(str(files("farside.twin") / "missions"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load(name_or_path: str | Path) -> Mission:
    """Read a built-in mission by name, or a mission file by path.

    Raises BadInput naming file, field, value and expectation.
    """
    path = Path(name_or_path)
    known = builtin()
    if str(name_or_path) in known:
        path = known[str(name_or_path)]
    elif not _is_file(path):
        raise BadInput(
            "mission", "", str(name_or_path), f"a mission file, or one of the built-in missions: {', '.join(known)}"
        )
    if path in known.values():
        return Mission(**_spec(path))
    mission = _checked(path, rooted_orbit(rooted(_spec(path), path.parent), path.parent))
    for model in mission.models:
        model.read()
    return mission


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name no file can have
        return False


def _spec(path: Path) -> dict[str, Any]:
    try:
        spec = yaml.load(path.read_text(), Loader=_Loader)
    except UnicodeDecodeError:
        raise BadInput(path, "", "binary data", "a mission file in YAML, UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        raise BadInput(path, place, error.problem or "not YAML", "valid YAML") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(path, "", str(error).splitlines()[0], "valid YAML") from None
    if not isinstance(spec, dict):
        raise BadInput(path, "", spec, "a mapping with mission, site, relay, lander … (see farside missions)")
    return spec


def _checked(path: Path, spec: dict[str, Any]) -> Mission:
    try:
        return Mission(**spec)
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise BadInput(path, "", sorted(map(str, spec)), "field names as in the built-in missions") from None
        place, value, expected = first_wrong(error.errors(), "a mission file")
        skip = {get_args(command.model_fields["do"].annotation)[0] for command in COMMANDS} | {*KINDS}
        field = ".".join(str(part) for part in place if part not in skip)
        raise BadInput(path, field, value, expected) from None
