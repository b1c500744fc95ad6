"""One script per claim group; each yields claims, printed as JSON lines by ``python -m benchmarks``."""
