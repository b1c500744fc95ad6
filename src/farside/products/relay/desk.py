"""The relay's desk: no records, only housekeeping: its orbit, and how high it stands over the lander."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from farside.errors import BadInput
from farside.instruments.relay_hk import ORBIT_ERROR_M
from farside.products.desk import Columns, Curve, Desk, Finding, Report, Still
from farside.sky import direction_to

if TYPE_CHECKING:
    import xarray as xr

    from farside.geometry import Site

Array = NDArray[np.float64]


class RelayDesk(Desk):
    """Reads the relay's housekeeping."""

    name: ClassVar[str] = "relay"
    tables: ClassVar[tuple[str, ...]] = ("relay",)
    title: ClassVar[str] = "Relay satellite"
    what: ClassVar[str] = (
        "The far side never sees the Earth. The relay circles a point 65,000 km beyond the Moon, where it sees both, "
        "and passes on every command and every byte of data."
    )

    def take(self, observation: xr.Dataset) -> Still | None:
        """The relay makes no records of its own."""
        raise BadInput("relay", "instrument", observation.attrs.get("instrument"), "housekeeping only")

    def finish(self) -> Report:
        """Findings and curves."""
        relay = self.bench.telemetry("relay")
        if relay is None:
            return Report()
        away = np.linalg.norm(relay["position_km"], axis=1)
        findings = [
            Finding("Distance from the Moon", f"{away.min():,.0f} to {away.max():,.0f} km", f"± {ORBIT_ERROR_M:.0f} m",
                    "Centre to centre; the error is that of the orbit known on board (assumed)."),
        ]  # fmt: skip
        curves = [Curve("Distance from the Moon's centre", "km", relay["t"], {"distance": away})]
        if self.bench.site is not None and len(away) > 1:
            height = elevation_deg(relay, self.bench.site)
            text = "Above 0° the lander can talk to it; a level horizon, without hills."
            curves.append(Curve("Height over the lander's horizon", "deg", relay["t"], {"elevation": height}, text))
            findings.append(_lowest(height))
        return Report(findings=tuple(findings), curves=tuple(curves))


def _lowest(height: Array) -> Finding:
    """How low it came, as far as samples tell: between two of them it moves twice the error."""
    error = 0.5 * float(np.abs(np.diff(height)).max())
    seen = float(np.mean(height > 0.0))
    meaning = "It never set." if seen == 1.0 else f"In view for {100.0 * seen:.0f} % of the time."
    return Finding("Lowest over the lander", f"{height.min():.2f}°", f"± {error:.2f}°", meaning)


def elevation_deg(relay: Columns, site: Site) -> Array:
    """Apparent elevation of the relay at a site at the times of its telemetry, (n,), degrees."""
    from scipy.interpolate import CubicHermiteSpline

    t, first = relay["t"], np.concatenate([[True], np.diff(relay["t"]) > 0.0])
    path = CubicHermiteSpline(t[first], relay["position_km"][first], relay["velocity_mps"][first] * 1e-3)
    up = direction_to(path, site, t)[:, 2]
    return np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
