"""What the twin did: measured on the truth record of a flight."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from farside.errors import BadInput, DamagedFile
from farside.flight import RelayOrbit, relay_elevation
from farside.geometry import Pose, Site, azel, t_to_utc, utc_to_t
from farside.payload import View
from farside.score.table import Value
from farside.sky import earth_direction, sun_direction

Array = NDArray[np.float64]
Measured = dict[str, Value | None]
"""By key of a fact: a value, None where one is missing, and no key where the flight has nothing to measure."""

SAMPLE_S = 600.0
"""Directions change by less than 0.1 deg in this time."""
_DESCENT = {"t": (), "velocity_mps": (3,), "mass_kg": (), "altitude_m": ()}
"""Arrays of the descent used here, and the shape of one sample."""


def _utc(text: str) -> str:
    try:
        utc_to_t(text)
    except BadInput as error:
        raise ValueError(f"{text!r} is not a time, expected {error.expected}") from None
    return text


Utc = Annotated[str, AfterValidator(_utc)]


class _Part(BaseModel):
    """A part of the truth record; what the score does not ask for is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class _Span(_Part):
    start_utc: Utc
    end_utc: Utc


class _Command(_Part):
    do: str
    with_: dict[str, Any] = Field(default={}, alias="with")


class _Sequence(_Part):
    commands: tuple[_Command, ...] = ()


class _Lander(_Part):
    instruments: tuple[str, ...]


class _Mission(_Part):
    mission: str
    title: str
    span: _Span
    lander: _Lander
    sequences: tuple[_Sequence, ...] = ()


class _Camera(_Part):
    binning: int


class _Quality(_Part):
    lcam: _Camera
    tcam: _Camera


class _Place(_Part):
    lat_deg: float
    lon_deg: float
    height_m: float

    def site(self) -> Site:
        return Site(self.lat_deg, self.lon_deg, self.height_m)


class _Touchdown(_Place):
    utc: Utc
    pose: Pose


class _Observation(BaseModel):
    """What every instrument's observation says; the rest of it is the instrument's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    instrument: str
    t: float
    sequence_id: str
    index: int
    kept: bool


class _Event(_Part):
    who: str
    what: str


class FlightRecord(_Part):
    """``truth/flight.json``, as far as the score needs it. scene: key of the ground's stage."""

    mission: _Mission
    quality: _Quality
    site: _Place
    scene: str
    touchdown: _Touchdown
    observations: tuple[_Observation, ...]
    events: tuple[_Event, ...] = ()

    @property
    def full_size(self) -> bool:
        """Whether pictures have the pixels of the real ones."""
        return self.quality.lcam.binning == self.quality.tcam.binning == 1

    def carries(self, instrument: str) -> bool:
        """Whether the mission file puts an instrument on the lander."""
        return instrument in self.mission.lander.instruments

    def sequences(self, do: str) -> set[str]:
        """Observing sequences that a command takes."""
        commands = (c for s in self.mission.sequences for c in s.commands)
        return {str(c.with_.get("sequence_id")) for c in commands if c.do == do}

    def commands(self, do: str) -> bool:
        """Whether any sequence commands it."""
        return any(c.do == do for s in self.mission.sequences for c in s.commands)


@dataclass(frozen=True)
class Truth:
    """The truth record of a flight: ``flight.json``, ``descent.npz`` and ``relay.npz`` in its folder ``truth``."""

    folder: Path

    @classmethod
    def of(cls, flight: Path) -> Truth:
        """The record in the folder of a flight. Raises BadInput where there is none, or the flight is not over."""
        path = flight / "record.json"
        if not path.is_file():
            raise BadInput("score", "folder", str(flight), "the folder of a finished flight (made by farside fly)")
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise DamagedFile(path, f"not the record of a flight: {error}") from error
        status = record.get("status") if isinstance(record, dict) else None
        if status is None:
            raise DamagedFile(path, "not the record of a flight: it has no status")
        if status != "complete":
            raise BadInput(
                path, "status", status, "a flight that is over: give the same farside fly again to finish it"
            )
        return cls(flight / "truth")

    @cached_property
    def record(self) -> FlightRecord:
        """Mission, quality, site, touchdown and observations."""
        path = self.folder / "flight.json"
        try:
            return FlightRecord.model_validate_json(path.read_bytes())
        except OSError as error:
            raise DamagedFile(path, f"no truth record: {error.strerror}") from error
        except ValidationError as error:
            raise DamagedFile(path, f"not a truth record: {_first(error)}") from error

    @cached_property
    def descent(self) -> dict[str, Array]:
        """The true trajectory of the powered descent: t, velocity_mps, mass_kg and altitude_m."""
        path = self.folder / "descent.npz"
        try:
            with np.load(path) as stored:
                arrays = {name: np.asarray(stored[name], float) for name in _DESCENT}
        except OSError as error:
            raise DamagedFile(path, f"no trajectory: {error.strerror or error}") from error
        except (ValueError, KeyError, EOFError, AttributeError, TypeError, BadZipFile) as error:
            raise DamagedFile(path, f"not a trajectory: {error}") from error
        n = arrays["t"].size
        if n < 2 or any(arrays[name].shape != (n, *shape) for name, shape in _DESCENT.items()):
            raise DamagedFile(path, "not a trajectory: its arrays have different lengths, or none")
        return arrays

    @cached_property
    def rover(self) -> dict[str, Array] | None:
        """The rover's true way (see flight.rover.Travel.arrays), None where it never left the lander."""
        path = self.folder / "rover.npz"
        if not path.exists():
            return None
        try:
            with np.load(path) as stored:
                return {name: np.asarray(stored[name], float) for name in stored.files}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise DamagedFile(path, f"not a rover's way: {error}") from error

    def entries(self, instrument: str) -> list[dict[str, Any]]:
        """Everything the truth says of an instrument's records that were kept aboard, in order of time."""
        kept = (o.model_dump() for o in self.record.observations if o.instrument == instrument and o.kept)
        return sorted(kept, key=lambda entry: float(entry["t"]))

    def observations(self, camera: str) -> list[View]:
        """Exposures of a camera whose record was kept aboard, in order of time."""
        kept = [o.model_dump() for o in self.record.observations if o.instrument == camera and o.kept]
        try:
            views = [view for view in _VIEWS.validate_python(kept) if view.light == "scene"]
            return sorted(views, key=lambda view: view.t)
        except ValidationError as error:
            raise DamagedFile(self.folder / "flight.json", f"not exposures of {camera}: {_first(error)}") from error


_VIEWS = TypeAdapter(list[View])


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, on one line."""
    details: Any = error.errors()[0]
    place = ".".join(str(part) for part in details["loc"])
    return f"{place}: {details['msg']}" if place else str(details["msg"])


def measure_flight(truth: Truth) -> Measured:
    """Everything as_flown.yaml asks for, by key."""
    record, d = truth.record, truth.descent
    touchdown, span = record.touchdown, record.mission.span
    place = touchdown.site()
    landed = utc_to_t(touchdown.utc)
    t = np.arange(utc_to_t(span.start_utc), utc_to_t(span.end_utc), SAMPLE_S)
    sun_az, sun_el = np.degrees(azel(sun_direction(place, np.array([landed]))[0]))
    relay = relay_elevation(RelayOrbit.load(truth.folder / "relay.npz"), place)
    return {
        "ignition_utc": t_to_utc(float(d["t"][0])),
        "touchdown_utc": touchdown.utc,
        "descent_s": float(d["t"][-1] - d["t"][0]),
        "touchdown_lat_deg": place.lat_deg,
        "touchdown_lon_deg": place.lon_deg,
        "touchdown_height_m": place.height_m,
        "vertical_mps": float(-d["velocity_mps"][-1, 2]),
        "horizontal_mps": float(np.hypot(*d["velocity_mps"][-1, :2])),
        "propellant_kg": float(d["mass_kg"][0] - d["mass_kg"][-1]),
        "sun_elevation_deg": float(sun_el),
        "sun_azimuth_deg": float(sun_az),
        "earth_elevation_deg": float(np.degrees(np.arcsin(earth_direction(place, t)[:, 2].max()))),
        "relay_elevation_deg": float(np.degrees(relay(t).min())),
        **(_travel(truth.rover) if record.commands("rover.rolloff") else {}),
        **(_film(truth.observations("lcam")) if record.carries("lcam") else {}),
        **(_panorama(_of(truth, "tcam", "tcam.panorama")) if record.carries("tcam") else {}),
    }


def _travel(rover: dict[str, Array] | None) -> Measured:
    return {
        "rover_on_surface_utc": t_to_utc(float(rover["on_surface"])) if rover else None,
        "rover_way_m": float(rover["odometer_m"][-1]) if rover else None,
    }


def _of(truth: Truth, camera: str, command: str) -> list[View]:
    """Exposures that a command made."""
    return [view for view in truth.observations(camera) if view.sequence_id in truth.record.sequences(command)]


def _film(film: list[View]) -> Measured:
    return {
        "lcam_first_utc": t_to_utc(film[0].t) if film else None,
        "lcam_last_utc": t_to_utc(film[-1].t) if film else None,
        "lcam_frames": len(film),
    }


def _panorama(panoramas: list[View]) -> Measured:
    """Of the first panorama: what was flown is told of it."""
    panorama = [view for view in panoramas if view.sequence_id == panoramas[0].sequence_id]
    pointings = {view.mast_deg for view in panorama if view.mast_deg}
    return {
        "tcam_first_utc": t_to_utc(panorama[0].t) if panorama else None,
        "tcam_last_utc": t_to_utc(panorama[-1].t) if panorama else None,
        "tcam_rings": len({pitch for _, pitch in pointings}),
        "tcam_pointings": len(pointings),
        "tcam_frames": len(panorama),
    }
