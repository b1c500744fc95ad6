"""One script per claim group; each yields claims, printed as JSON lines by ``python -m benchmarks``."""

import os

# what is claimed of cameras is claimed of processors; gpu.py compares the two
os.environ["FARSIDE_DEVICE"] = "cpu"
