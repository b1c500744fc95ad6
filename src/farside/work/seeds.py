"""Random numbers that are a function of a seed and a name, never of order or worker."""

from __future__ import annotations

import hashlib

import numpy as np


def rng(seed: int, *names: object) -> np.random.Generator:
    """Return the generator that belongs to ``names`` under ``seed``.

    names: anything with a stable ``str`` (``"tcam", 17, "read-noise"``). Two different names give independent
    streams (Philox 4x64 keyed by SHA-256; Salmon et al. 2011), the same names always the same one.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    key = np.frombuffer(hashlib.sha256(text.encode()).digest()[:16], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
