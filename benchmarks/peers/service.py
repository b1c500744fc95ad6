"""A renderer as a process: a JSON line in says what to do, one out says what it took.

    {"do": "build", "scene": "a.npz"}                 ->  {"cpu_s": 4.7, "octets": 1400000000}
    {"do": "render", "view": 0, "sun": 0, "save": ""} ->  {"cpu_s": 2.6, "octets": 1700000000}

cpu_s: user and system time of all threads of this process. octets: by how much its memory has peaked (VmHWM) above
what it was with the scene's arrays read and nothing built. save: a file for the radiance (lines, samples), or empty.
This file runs under every renderer's Python: NumPy is all it needs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Scene = Mapping[str, Any]
Render = Callable[[int, int], Callable[[], Any]]
"""Of a view and a sun (their numbers): renders what is timed, and returns what fetches its radiance, untimed."""


def most_octets() -> int:
    """The most memory this process ever had; not getrusage, whose maximum is inherited from the parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def serve(build: Callable[[Scene], Render]) -> None:
    """Answer orders until they end."""
    # renderers write to standard output as they like: it becomes standard error, and answers keep the way out
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    render: Render | None = None
    before = 0
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "build":
            with np.load(order["scene"]) as file:
                scene = dict(file)
            before = most_octets()
            start = time.process_time()
            render = build(scene)
            seconds = time.process_time() - start
        else:
            assert render is not None
            start = time.process_time()
            picture = render(order["view"], order["sun"])
            seconds = time.process_time() - start
            if order["save"]:
                np.save(order["save"], np.asarray(picture(), np.float32))
        print(json.dumps({"cpu_s": seconds, "octets": most_octets() - before}), file=answers, flush=True)
