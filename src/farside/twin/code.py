"""What made a result: sources, libraries and, for pictures, the device."""

from __future__ import annotations

import functools

from farside.payload import device
from farside.work import key_of, sources_key

TRUTH_ROOMS = ("work", "geometry", "physics", "sky", "instruments", "moon", "flight", "payload", "twin")
LIBRARIES = ("numpy", "scipy", "numba", "heyoka", "pillow")


@functools.cache
def code_key() -> str:
    """Hash of what results depend on: an upgrade must never meet results of the version before it, nor a GPU those of
    a processor.
    """
    return key_of(sources_key(TRUTH_ROOMS, LIBRARIES), device())
