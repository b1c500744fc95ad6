"""A Dask cluster: processes on any number of machines that see the same files under the same paths."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from farside.errors import BadInput, FarsideError
from farside.work.workers import Result, Workers

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10.0
"""A scheduler, and its first worker, have so long to answer."""
PATIENCE_S = 60.0
"""After so long without a result the scheduler is asked whether there are any workers left."""


class Cluster(Workers):
    """The workers of the Dask scheduler at ``address`` ("tcp://host:8786").

    A worker that dies is Dask's to replace: its jobs run elsewhere. Raises BadInput where no scheduler or no worker is.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            self._client = _connect(address)
        except ImportError:
            raise BadInput(
                "workers", "cluster", address, "the package distributed to be there: pip install 'farside[dask]'"
            ) from None
        except (OSError, ValueError, TypeError) as error:
            raise BadInput(
                "workers", "cluster", address, "the address of a Dask scheduler that runs, such as tcp://10.0.0.5:8786"
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError:
            self._client.close()
            raise BadInput(
                "workers", "cluster", address, f"a scheduler with workers: start one with dask worker {address}"
            ) from None
        threads = sum(self._client.nthreads().values())
        # not pure: Dask would keep results under a hash of the job, which Stages do already
        super().__init__(self._client.get_executor(pure=False), threads)

    def result(self, future: Future[Result]) -> Result:
        """Wait for a job's result. Raises FarsideError where the scheduler or all workers are gone."""
        from distributed import KilledWorker

        while True:
            try:
                return future.result(timeout=PATIENCE_S)
            except (CancelledError, KilledWorker) as error:
                raise self._lost() from error
            except TimeoutError:
                if future.done():
                    raise
                if not self._staffed():
                    raise self._lost() from None

    def close(self) -> None:
        """Stop: drop what waits and let the cluster be."""
        self._executor.shutdown(wait=False)
        self._client.close()

    def _staffed(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except (OSError, RuntimeError):
            return False

    def _lost(self) -> FarsideError:
        return FarsideError(
            f"{self.address}: the cluster lost its scheduler, its workers, or the same job again and again (out of "
            "memory?); what is made is kept: do the same again when it is back"
        )


def _connect(address: str) -> Client:
    """A client of the scheduler. Raises ImportError, or OSError, ValueError or TypeError for no answer in time."""
    from distributed import Client, Security
    from distributed.comm import connect

    # its tracebacks of a lost connection: what matters of them comes as one line of ours
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)

    async def call() -> None:
        comm = await connect(address, timeout=CONNECT_S, **Security().get_connection_args("client"))
        comm.abort()

    # a client waits for ever on a port that takes calls and says nothing; a thread, for a notebook's has a loop already
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(call(), CONNECT_S)).result()
    return Client(address, timeout=CONNECT_S, set_as_default=False)
