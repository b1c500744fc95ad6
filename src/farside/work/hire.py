"""Which workers do the work, as a user asks for them."""

from __future__ import annotations

from farside.errors import BadInput
from farside.work.cluster import Cluster
from farside.work.pool import Pool
from farside.work.processes import Processes
from farside.work.workers import Workers


def hire(workers: int | None = None, processes: bool = False, cluster: str | None = None) -> Workers:
    """Threads of this process, processes of this machine, or those of the Dask scheduler at ``cluster``.

    workers: how many threads or processes (default: the cores this process may use). Raises BadInput for both, or for a
    cluster that does not answer.
    """
    if cluster is None:
        return Processes(workers) if processes else Pool(workers)
    if processes:
        raise BadInput("workers", "cluster", cluster, "either processes or a cluster")
    return Cluster(cluster)
