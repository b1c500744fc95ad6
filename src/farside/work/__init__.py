"""Running many jobs, keeping what was expensive, and drawing random numbers that do not depend on order."""

from farside.work.files import atomic_write, no_space, replace_folder, sync_folder
from farside.work.pool import Pool
from farside.work.seeds import rng
from farside.work.stages import Stages, key_of

__all__ = ["Pool", "Stages", "atomic_write", "key_of", "no_space", "replace_folder", "rng", "sync_folder"]
