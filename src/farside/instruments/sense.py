"""What a number in a label can be at all: real labels hold zeros, blanks and leftovers where nobody filled them in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from farside.errors import BadInput
from farside.geometry import utc_to_t

UNIT_LENGTH = 1e-3
"""How far a direction's length may be from 1; labels give six decimals."""
FURTHEST_M = 1e6
"""No camera on the ground is further from the place its position counts from; no rover ever drove a tenth of it."""
_TURN = 360.0


def _is_time(text: Any) -> bool:
    try:
        utc_to_t(str(text))
    except BadInput:
        return False
    return True


_SENSE: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    (r"\w+_lat_deg", lambda v: abs(v) <= 90.0),
    (r"\w+_lon_deg", lambda v: -180.0 <= v <= _TURN),
    (r"sun_incidence_deg", lambda v: 0.0 <= v <= 180.0),
    (r"\w+_deg", lambda v: all(abs(x) <= _TURN for x in (v if isinstance(v, list) else [v]))),
    (r"(up|down)_(left|right)_vector|center_vector", lambda v: abs(math.hypot(*v) - 1.0) <= UNIT_LENGTH),
    (r"focal_length_mm|pixel_size_um", lambda v: 0.1 <= v <= 1e5),
    (r"exposure_ms", lambda v: 1e-3 <= v <= 1e6),  # from a microsecond to a quarter of an hour
    (r"camera_position_m", lambda v: all(abs(x) <= FURTHEST_M for x in v)),
    (r"compression_ratio", lambda v: v > 0.0),
    (r"temperature_c", lambda v: v >= -273.15),
    (r"start_utc|stop_utc", _is_time),
)
"""Attribute to what its value must be; the first that fits its name counts."""


def sensible(name: str, value: Any) -> bool:
    """Whether an attribute read from a label is finite and within what its quantity can be."""
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(x, float) and not math.isfinite(x) for x in numbers):
        return False
    return _rule(name)(value)


@cache
def _rule(name: str) -> Callable[[Any], bool]:
    return next((rule for pattern, rule in _SENSE if re.fullmatch(pattern, name)), lambda _: True)
