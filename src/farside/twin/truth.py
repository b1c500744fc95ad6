"""What really happened in a flight: only the score may read it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from farside.geometry import t_to_utc
from farside.twin.world import World
from farside.work import atomic_write, key_of


class Truth:
    """Events, and the scene key, pose, time and command of every observation; nothing per pixel."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.events: list[dict[str, Any]] = []
        self.observations: list[dict[str, Any]] = []

    def event(self, t: float, who: str, what: str) -> None:
        """Something happened to ``who`` at ``t`` (TDB seconds past J2000)."""
        self.events.append({"utc": t_to_utc(t), "t": t, "who": who, "what": what})

    def observation(self, view: Any, nbytes: int, kept: bool) -> None:
        """A record of ``view``, a dataclass, was made; ``kept`` is false where the store had no room for it."""
        self.observations.append(
            {**asdict(view), "utc": t_to_utc(view.t), "key": key_of(view), "bytes": nbytes, "kept": kept}
        )

    def write(self, folder: Path) -> None:
        """Write ``flight.json`` (events, observations, scene), ``descent.npz``, ``rover.npz`` and ``relay.npz``."""
        world, descent = self.world, self.world.descent
        flight = {
            "mission": world.mission.model_dump(mode="json", by_alias=True),
            "quality": world.quality.model_dump(mode="json"),
            "terrain": [str(file) for file in world.terrain],
            "site": asdict(world.site),
            "scene": world.key,
            "touchdown": {
                "utc": t_to_utc(descent.touchdown_t),
                **dict(zip(("lat_deg", "lon_deg", "height_m"), world.touchdown_place(), strict=True)),
                "pose": asdict(descent.rest),
            },
            "events": sorted(self.events, key=lambda event: event["t"]),
            "observations": self.observations,
        }
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(folder / "flight.json") as part:
            part.write_text(json.dumps(flight, indent=1))
        with atomic_write(folder / "descent.npz") as part, part.open("wb") as file:
            np.savez(file, **descent.arrays())  # type: ignore[arg-type]
        if world.travel is not None:
            with atomic_write(folder / "rover.npz") as part, part.open("wb") as file:
                np.savez(file, **world.travel.arrays(world.mission.span.end))  # type: ignore[arg-type]
        with atomic_write(folder / "relay.npz") as part:
            world.orbit.save(part)
