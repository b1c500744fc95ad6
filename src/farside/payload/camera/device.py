"""What renders: a GPU where there is one, else the processor.

Both run the same functions in double precision. A GPU rounds a product and a sum once where a processor rounds both,
and its sines and exponentials may differ in the last digit: radiance agrees to one in a million, except in pixels (at
most one in ten thousand) with a ray that passes an edge closer than rounding. Bits are the same on the same kind of
device only.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

from farside.errors import BadInput

CHOICE = "FARSIDE_DEVICE"
"""Environment variable: "cpu" leaves the GPU alone."""
CPU = "cpu"


@cache
def device() -> str:
    """Name of the GPU that renders, or "cpu". Raises BadInput for a choice that there is not."""
    choice = os.environ.get(CHOICE, "")
    if choice not in ("", CPU):
        raise BadInput("environment", CHOICE, choice, f'"{CPU}", or nothing for the GPU where there is one')
    return CPU if choice == CPU else gpu() or CPU


def gpu() -> str:
    """Name of the GPU of this machine, empty where there is none, or no driver, or not the extra farside[cuda]."""
    if find_spec("numba_cuda") is None:
        return ""
    from numba import cuda

    return str(cuda.get_current_device().name) if cuda.is_available() else ""
