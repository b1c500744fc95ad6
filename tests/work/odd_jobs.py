"""Jobs that workers in other processes can find."""

import os
import signal
import time
from pathlib import Path

from farside.errors import BadInput


def square(x):
    return x * x


def slow_square(x):
    """Early items take longest, so that later ones are done before them."""
    time.sleep(0.03 * (4 - x % 5))
    return x * x


def refuse(x):
    if x == 2:
        raise BadInput("mission.yaml", "rover.mast", x, "a height above 0")
    return x


def rest(seconds):
    time.sleep(seconds)
    return os.getpid()


def die(x):
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark):
    """The process that does it first is killed in the middle."""
    if not Path(mark).exists():
        Path(mark).touch()
        die(mark)
    return "done"
