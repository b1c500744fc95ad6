"""The rover's whole way: on the deck, down the ramp, drive after drive; where it is at any time and what it left."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.flight.rover.drive import Drive, Place
from farside.flight.rover.footing import Stand, attitudes, stand
from farside.flight.rover.ramp import RollOff
from farside.geometry import Pose

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Travel:
    """Roll-off and drives in order of time; ``after`` adds one. Everything is a pure function of time."""

    rolloff: RollOff
    drives: tuple[Drive, ...] = ()

    def after(self, drive: Drive) -> Travel:
        """The same travel with one more drive."""
        return replace(self, drives=(*self.drives, drive))

    @property
    def end(self) -> Place:
        """Where the rover stands after all of it."""
        return self.drives[-1].end if self.drives else Place(*self.rolloff.end)

    @property
    def stop(self) -> float:
        """When it stands after all of it, TDB s past J2000."""
        return self.drives[-1].stop if self.drives else self.rolloff.stop

    def driving(self, t: float) -> bool:
        """Whether the wheels turn."""
        r = self.rolloff
        creeping = any(a[0] <= t < b[0] and a[1] < b[1] for a, b in zip(r.knots[:-1], r.knots[1:], strict=True))
        return creeping or any(d.start <= t < d.stop for d in self.drives)

    def place(self, t: float) -> Place:
        """True place at ``t`` from the end of the roll-off on."""
        drive = self._drive(t)
        return drive.place(t) if drive else Place(*self.rolloff.end)

    def believed_place(self, t: float) -> Place:
        """Place by dead reckoning; a new drive starts where the ground last fixed it."""
        drive = self._drive(t)
        return drive.believed_place(t) if drive else Place(*self.rolloff.end)

    def pose(self, t: float) -> Pose:
        """Rover frame in the site frame, on its wheels (before the roll-off: on the deck)."""
        if t <= self.rolloff.stop:
            return self.rolloff.pose(t)
        return self.standing(t).pose

    def standing(self, t: float) -> Stand:
        """How it stands: pose (lander frame until the roll-off is over, then site frame), rockers, bogies, wheels."""
        if t <= self.rolloff.stop:
            return self.rolloff.stand(t)
        place, r = self.place(t), self.rolloff
        return stand(r.height, place.x, place.y, float(np.degrees(place.heading)), r.rover)

    def rotations(self, t: ArrayLike) -> Array:
        """Rover frame to site frame at times (n,), (n, 3, 3)."""
        times = np.asarray(t, float)
        out = np.empty((len(times), 3, 3))
        aboard = times <= self.rolloff.stop
        for k in np.nonzero(aboard)[0]:
            same = k > 0 and self._same_on_lander(times[k - 1], times[k])
            out[k] = out[k - 1] if same else self.rolloff.pose(float(times[k])).r
        places = np.array([(p.x, p.y, p.heading) for p in map(self.place, times[~aboard].tolist())]).reshape(-1, 3)
        distinct, back = np.unique(places, axis=0, return_inverse=True)
        if len(distinct):
            r = self.rolloff
            _, turns = attitudes(r.height, distinct[:, :2], distinct[:, 2], r.rover)
            out[~aboard] = turns[back.ravel()]
        return out

    def true_m(self, t: float) -> float:
        """Way driven on the ground in truth, m."""
        return sum(float(np.interp(t, d.t, d.true_m)) for d in self.drives if t > d.start)

    def odometer_m(self, t: float) -> float:
        """Way driven on the ground as the wheels count it, m."""
        return sum(float(np.interp(t, d.t, d.odometer_m)) for d in self.drives if t > d.start)

    def slip(self, t: float) -> float:
        """Share of the wheels' way lost at ``t``; 0 while standing."""
        drive = self._drive(t)
        return float(np.interp(t, drive.t, drive.slip)) if drive and t < drive.stop else 0.0

    def tracks(self, t: float) -> list[Array]:
        """Tracks of the six wheels on the ground until ``t``: polylines (n, 2), east and north, m; site frame.

        In the order of Wheels.feet. A track is as wide as a wheel and as deep as its sinkage.
        """
        r = self.rolloff
        way = [np.array([[*r.end]])] if t >= r.stop else []
        for d in (d for d in self.drives if d.start <= t):
            at = d.place(t)
            way.append(np.vstack([d.true[d.t <= t], [at.x, at.y, at.heading]]))
        if not way:
            return []
        x, y, heading = np.vstack(way).T
        out = []
        for right, forward in r.rover.wheels.feet:
            wheel = np.column_stack(
                [
                    x + right * np.cos(heading) + forward * np.sin(heading),
                    y - right * np.sin(heading) + forward * np.cos(heading),
                ]
            )
            moved = np.append(True, np.hypot(*np.diff(wheel, axis=0).T) > 1e-6)
            out.append(wheel[moved])
        return out

    def marks(self, t: float) -> int:
        """How many drives were over at ``t``: each leaves more tracks."""
        return sum(d.stop <= t for d in self.drives)

    def arrays(self, until: float, step_s: float = 600.0) -> dict[str, Array]:
        """The way as arrays over n times: every knot, and every ``step_s`` seconds until ``until``.

        t: (n,) TDB s past J2000. position_m (n, 3), rotation (n, 3, 3): rover frame in the site frame, in truth.
        believed_m: (n, 2) east and north by dead reckoning. odometer_m, true_m: (n,) way on the ground, counted and
        driven. on_surface: when the last wheel left the ramp.
        """
        r = self.rolloff
        steady = np.append(np.arange(r.commanded, until, step_s), until)
        t = np.unique(np.concatenate([steady, r.knots[:, 0], *(d.t for d in self.drives)]))
        t = t[t <= until]
        position, rotation = np.empty((len(t), 3)), np.empty((len(t), 3, 3))
        aboard = t <= r.stop
        for k, pose in enumerate(r.pose(float(s)) for s in t[aboard]):
            position[k], rotation[k] = pose.p, pose.r
        believed = position[:, :2].copy()
        if not aboard.all():
            places = [(self.place(float(s)), self.believed_place(float(s))) for s in t[~aboard]]
            position[~aboard, :2] = [(p.x, p.y) for p, _ in places]
            believed[~aboard] = [(b.x, b.y) for _, b in places]
            heading = [p.heading for p, _ in places]
            position[~aboard, 2], rotation[~aboard] = attitudes(r.height, position[~aboard, :2], heading, r.rover)
        return {
            "t": t,
            "position_m": position,
            "rotation": rotation,
            "believed_m": believed,
            "odometer_m": np.array([self.odometer_m(float(s)) for s in t]),
            "true_m": np.array([self.true_m(float(s)) for s in t]),
            "on_surface": np.array(r.on_surface),
        }

    def _drive(self, t: float) -> Drive | None:
        """The last drive that had started at ``t``."""
        return next((d for d in reversed(self.drives) if d.start <= t), None)

    def _same_on_lander(self, a: float, b: float) -> bool:
        r = self.rolloff
        return r.forward_m(a) == r.forward_m(b) and r.ramp_rad(a) == r.ramp_rad(b)
