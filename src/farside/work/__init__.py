"""Running many jobs, keeping what was expensive, and drawing random numbers that do not depend on order."""

from farside.work.cluster import Cluster
from farside.work.files import (
    atomic_write,
    check_folder,
    claim_folder,
    no_space,
    read_record,
    replace_folder,
    sync_folder,
)
from farside.work.hire import hire
from farside.work.memory import hand_back
from farside.work.pool import Pool
from farside.work.processes import Processes
from farside.work.seeds import rng
from farside.work.sources import sources_key
from farside.work.stages import Stages, key_of
from farside.work.workers import Workers

__all__ = [
    "Cluster",
    "Pool",
    "Processes",
    "Stages",
    "Workers",
    "atomic_write",
    "check_folder",
    "claim_folder",
    "hand_back",
    "hire",
    "key_of",
    "no_space",
    "read_record",
    "replace_folder",
    "rng",
    "sources_key",
    "sync_folder",
]
