"""The rover's desk: its way, its power and its warmth by its housekeeping, and the pictures it drives by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from farside import archive
from farside.geometry import t_to_utc
from farside.instruments.rover_hk import MODES, REFUSALS
from farside.products.desk import Bench, Columns, Curve, Desk, Finding, Report, Still
from farside.products.frames import clock, keep_frame
from farside.products.portrait.picture import write_frame
from farside.products.rover.picture import write_map
from farside.products.rover.way import Leg, legs, off_the_ramp
from farside.products.shelf import Shelf

if TYPE_CHECKING:
    import xarray as xr


EYES = {"navcaml": "Navigation camera", "hazcaml": "Hazard camera"}
"""Cameras that a still is made of, the left eye of each pair."""
STILLS = 4
"""So many of them are on the page."""


class RoverDesk(Desk):
    """Reads housekeeping: where the rover went, and what it lived on; keeps the pictures it drives by."""

    name: ClassVar[str] = "rover"
    instruments: ClassVar[tuple[str, ...]] = ("navcaml", "navcamr", "hazcaml", "hazcamr")
    tables: ClassVar[tuple[str, ...]] = ("rover",)
    title: ClassVar[str] = "Rover"
    what: ClassVar[str] = (
        "Six driven wheels, two solar wings, 140 kg. It drives blind from one fix of its place to the next, counting "
        "the turns of its wheels, rests at noon and sleeps at night. Numbers here come from its housekeeping, pictures "
        "from the stereo cameras it is driven by: one pair on its mast, one of fisheyes low at its front."
    )

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self._shelf = Shelf(bench)
        self._stills: list[Still] = []

    def take(self, observation: xr.Dataset) -> Still | None:
        """Keep a frame; those of the left eyes are shown."""
        if self._shelf.takes(observation):
            return None
        _, frame = keep_frame(observation, self.bench, self._shelf.masters(observation))
        a = frame.attrs
        if a["instrument"] not in EYES:
            return None
        picture = write_frame(frame, self.bench.browse / f"{a['product_id']}.png")
        seen = Still(picture, f"{EYES[a['instrument']]}, left eye, {clock(a['start_utc'])} UTC", "The way ahead")
        self._stills = [*self._stills, seen][-STILLS:]
        return seen

    def finish(self) -> Report:
        """Map, table of drives, findings and curves."""
        rover = self.bench.telemetry("rover")
        if rover is None:
            return Report(stills=tuple(self._stills))
        way = legs(rover)
        picture = write_map(rover, way, self.bench.release / "rover-way.png")
        products = {"rover-way-picture": picture}
        if way:
            products["rover-way"] = _write(rover, way, self.bench.archive / archive.DERIVED)
        findings = (*_landing(rover), *_driving(rover, way), *_living(rover))
        return Report(
            products, (Still(picture, *_words(rover, way)), *self._stills), findings=findings, curves=_curves(rover)
        )


def _write(rover: Columns, way: list[Leg], folder: Path) -> Path:
    """A row a drive."""
    nowhere = np.full(2, np.nan)
    columns = {
        "start_t": np.array([rover["t"][leg.samples][0] for leg in way]),
        "stop_t": np.array([rover["t"][leg.samples][-1] for leg in way]),
        "way_m": np.array([leg.way_m for leg in way]),
        "start_m": np.array([leg.start for leg in way]),
        "reckoned_m": np.array([leg.reckoned for leg in way]),
        "fixed_m": np.array([nowhere if leg.fixed is None else leg.fixed for leg in way]),
    }
    units = {name: "s, TDB past J2000" if name.endswith("_t") else "m" for name in columns}
    attrs = {"title": "Drives of the rover by its housekeeping; east, north of the lander", "units": units}
    return archive.write_table(folder, "rover-way", columns, attrs)


def _words(rover: Columns, way: list[Leg]) -> tuple[str, str]:
    """Caption and alternative text of the map."""
    last = t_to_utc(float(rover["t"][-1]), 0)[:16].replace("T", " ")
    caption = (
        f"The rover's way until {last} UTC as its wheels and gyroscope reckon it, seen from above, north up. "
        "Orange: where it really was by the next fix."
    )
    return caption, f"Map of {len(way)} drives around the lander, {rover['odometer_m'].max():.1f} m in all"


def _landing(rover: Columns) -> list[Finding]:
    off = off_the_ramp(rover)
    if off is None:
        return []
    t, half = off
    meaning = "The last wheel leaves the ramp and the rover lies as the ground lies. Yutu-2: 2019-01-03 14:22."
    return [Finding("Wheels on the Moon", f"{t_to_utc(t, 0)[:19].replace('T', ' ')} UTC", f"± {half:.0f} s", meaning)]


def _driving(rover: Columns, way: list[Leg]) -> list[Finding]:
    if not way:
        return []
    seen = [leg for leg in way if leg.miss_m is not None]
    counted, missed = sum(leg.way_m for leg in seen), sum(leg.miss_m or 0.0 for leg in seen)
    total, place = float(rover["odometer_m"].max()), rover["position_m"][-1, :2]
    share = missed / counted if counted else 0.0
    found = [
        Finding("Way driven", f"{total:.1f} m", f"± {share * total:.1f} m" if counted else "",
                "Counted by the wheels; the error is what dead reckoning was off, as a share of the way. "
                "Yutu-2 had 44.2 m on its odometer after its first lunar day."),
        Finding("Distance from the lander", f"{np.hypot(*place):.2f} m",
                f"± {share * way[-1].way_m:.2f} m" if counted else "",
                f"It stands {abs(place[0]):.1f} m {'east' if place[0] > 0.0 else 'west'} and {abs(place[1]):.1f} m "
                f"{'north' if place[1] > 0.0 else 'south'} of the lander's middle."),
    ]  # fmt: skip
    if counted:
        found.append(
            Finding("Dead reckoning was off by", f"{missed:.2f} m after {counted:.1f} m", f"{100.0 * share:.1f} %",
                    "Wheels slip and the gyroscope drifts: the next fix found the rover elsewhere. Yutu-2, against "
                    "its cameras, was off by 2.1 % after five lunar days.")
        )  # fmt: skip
    return found


def _living(rover: Columns) -> list[Finding]:
    charge, body, t = rover["charge"], rover["body_c"], rover["t"]
    low = int(np.argmin(charge))
    found = [
        Finding("Battery at its lowest", f"{100.0 * charge[low]:.0f} %", "", f"At {_moment(t[low])}."),
        Finding("Temperature inside", f"{body.min():.0f} to {body.max():.0f} °C", "",
                "Yutu-2 may work from −20 to +50 °C."),
    ]  # fmt: skip
    nap = np.flatnonzero(rover["mode"] == MODES.index("napping"))
    if len(nap):
        first, last = int(nap[0]), int(nap[-1])
        step = t[first] - t[first - 1] if first else 0.0
        found.append(
            Finding("Noon nap", f"{_moment(t[first])} to {_moment(t[last])}", f"± {step / 60.0:.0f} min",
                    "From 43.8° of the rising Sun to 33.5° of the setting Sun the rover lies still: it would get hot.")
        )  # fmt: skip
    refused, accepted = int(rover["refused"].max()), int(rover["accepted"].max())
    last_reason = REFUSALS[int(rover["refusal"][-1])]
    text = "All were carried out." if not refused else f"The last one refused: {last_reason}."
    found.append(Finding("Commands", f"{accepted} accepted, {refused} refused", "", text))
    return found


def _curves(rover: Columns) -> tuple[Curve, ...]:
    t = rover["t"]
    power = {"solar wings": rover["panel_w"], "used": rover["load_w"]}
    return (
        Curve("Power", "W", t, power, "The wings give more the higher the Sun; at noon the rover naps."),
        Curve(
            "Battery", "%", t, {"charge": 100.0 * rover["charge"]}, "Below 40 % the rover refuses to start anything."
        ),
        Curve("Temperature inside", "°C", t, {"body": rover["body_c"]}),
        Curve("Odometer", "m", t, {"counted by the wheels": rover["odometer_m"]}),
    )


def _moment(t: float) -> str:
    return f"{t_to_utc(float(t), 0)[:16].replace('T', ' ')} UTC"
