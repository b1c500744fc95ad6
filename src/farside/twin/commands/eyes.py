"""What the commands of the rover's stereo cameras have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farside.twin.rover import Rover

EYES = {name: (f"{name}l", f"{name}r") for name in ("pcam", "navcam", "hazcam")}
"""Left and right eye of each."""


def standing(vehicle: Rover) -> str | None:
    """Why the rover's cameras cannot photograph now: they do so where it stands on the ground."""
    travel = vehicle.world.travel
    if travel is None or vehicle.t < travel.rolloff.stop:
        return "aboard the lander"
    return "busy" if vehicle.t < travel.stop else None
