"""The rotation between any two frames that are known by name.

ICRF        the stars; axes of DE440, of star catalogues and of SPICE's J2000
MOON_ME     Moon-fixed, mean Earth and polar axis of DE421: maps, sites, terrain
MOON_PA     Moon-fixed, principal axes of DE421: gravity fields, integrated orientation; 875 m from MOON_ME
IAU_MOON    Moon-fixed, analytic: for epochs without the integrated orientation
ITRF93      Earth-fixed: stations
SITE_ENU    east, north, up at a site: ``site.enu``
ROVER_NED   north, east, down at a site: ``site.ned``
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.errors import BadInput
from farside.geometry import LEVEL_FRAMES, PA_TO_ME_DE421, LevelFrame
from farside.sky.earth import earth_rotation
from farside.sky.orientation import MOON_FRAMES, moon_rotation

Array = NDArray[np.float64]

FRAMES = ("ICRF", *MOON_FRAMES, "ITRF93", *LEVEL_FRAMES)
"""Names of all frames."""

_FROM_ME = {"MOON_ME": np.eye(3), "MOON_PA": PA_TO_ME_DE421.T}


def rotation(source: str | LevelFrame, target: str | LevelFrame, t: ArrayLike | None = None) -> Array:
    """Rotations (*t.shape, 3, 3) from one frame to another: ``v_target = rotation @ v_source``.

    source, target: a name of ``FRAMES``, or ``site.enu`` and ``site.ned`` for the level frames of a Site.
    t: TDB s past J2000; may be left out between frames that stand still in MOON_ME, for one rotation (3, 3).
    Raises BadInput for a name that is no frame, for a level frame without its site, where a time is needed and missing,
    and at times for which a frame is not known.
    """
    resting = [_from_me(frame) for frame in (source, target)]
    if resting[0] is not None and resting[1] is not None:
        constant = resting[1] @ resting[0].T
        return constant if t is None else np.broadcast_to(constant, (*np.shape(t), 3, 3)).copy()
    if t is None:
        raise BadInput("sky", "time", None, f"times, because {source} and {target} turn against each other")
    return _from_icrf(target, t) @ np.swapaxes(_from_icrf(source, t), -1, -2)


def _from_icrf(frame: str | LevelFrame, t: ArrayLike) -> Array:
    """Rotations from ICRF at times t, (*t.shape, 3, 3)."""
    if frame == "ICRF":
        return np.broadcast_to(np.eye(3), (*np.shape(t), 3, 3))
    if frame == "ITRF93":
        return earth_rotation(t)
    if isinstance(frame, LevelFrame):
        return frame.axes @ moon_rotation(t)
    return moon_rotation(t, frame)


def _from_me(frame: str | LevelFrame) -> Array | None:
    """The constant rotation from MOON_ME to a frame that stands still in it, else None. Raises BadInput."""
    if isinstance(frame, LevelFrame):
        return frame.axes
    if frame in LEVEL_FRAMES:
        raise BadInput(
            "sky", "frame", frame, "a level frame with its site: site.enu (SITE_ENU) or site.ned (ROVER_NED)"
        )
    if frame not in FRAMES:
        raise BadInput("sky", "frame", frame, f"one of {', '.join(FRAMES)}")
    return _FROM_ME.get(frame)
