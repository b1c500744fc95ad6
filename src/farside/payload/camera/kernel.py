"""How the kernels are compiled.

Kernels share their arrays as tuples. Numba counts a reference for every array it takes out of one, an atomic operation
on a word that all threads share; functions that allocate nothing can do without (``_nrt``), which makes rays three
times as fast. Inlining (``forceinline``) saves copying the tuples from call to call.
"""

from __future__ import annotations

from typing import Any

ALLOCATING: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
KERNEL: dict[str, Any] = {**ALLOCATING, "_nrt": False}
INLINE: dict[str, Any] = {**KERNEL, "forceinline": True}
