"""Threads, processes, a Dask cluster: the same results in the same order, and one clear line where they fail."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import odd_jobs
import pytest

import farside.work.cluster
from farside.errors import BadInput, FarsideError
from farside.work import Cluster, Pool, Processes, Stages, hire

pytestmark = pytest.mark.xdist_group("workers")

SEEN = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
"""Environment in which other interpreters find the jobs."""


@pytest.fixture(scope="module")
def scheduler():
    """Address of a Dask cluster of two processes."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module", params=["a thread", "two threads", "two processes", "a cluster"])
def workers(request):
    kinds = {
        "a thread": lambda: Pool(1),
        "two threads": lambda: Pool(2),
        "two processes": lambda: Processes(2),
        "a cluster": lambda: Cluster(request.getfixturevalue("scheduler")),
    }
    with kinds[request.param]() as made:
        yield made


def test_results_come_in_order_whoever_works(workers):
    assert list(workers.map(odd_jobs.slow_square, range(20))) == [x * x for x in range(20)]


def test_no_more_is_begun_than_may_wait(workers):
    asked = []
    results = workers.map(odd_jobs.square, (asked.append(x) or x for x in range(10)), ahead=3)
    assert asked == []
    assert next(results) == 0
    assert asked == [0, 1, 2]
    assert [next(results), next(results)] == [1, 4]
    assert asked == [0, 1, 2, 3, 4]
    assert list(results) == [x * x for x in range(3, 10)]


def test_what_a_job_refuses_is_said_where_its_result_would_have_come(workers):
    results = workers.map(odd_jobs.refuse, range(4))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(BadInput) as refused:
        next(results)
    assert str(refused.value) == "mission.yaml: rover.mast: 2; expected a height above 0"
    assert refused.value.field == "rover.mast"


@pytest.mark.parametrize("kind", ["threads", "processes", "cluster"])
def test_closing_drops_what_waits(kind, scheduler):
    with {"threads": Pool, "processes": Processes}[kind](1) if kind != "cluster" else Cluster(scheduler) as workers:
        waiting = [workers.submit(odd_jobs.rest, 0.3) for _ in range(12)]
        workers.result(waiting[0])
    assert waiting[-1].cancelled()
    with pytest.raises(RuntimeError):
        workers.submit(odd_jobs.square, 1)


def test_processes_start_when_there_is_work_and_end_with_their_pool():
    before = set(multiprocessing.active_children())
    with Processes(2) as workers:
        assert set(multiprocessing.active_children()) == before
        assert workers.submit(odd_jobs.rest, 0.0).result() != os.getpid()
    assert set(multiprocessing.active_children()) == before


def test_a_process_that_is_killed_is_one_clear_line_and_loses_nothing_made(tmp_path):
    stages = Stages(tmp_path)
    with Processes(1) as workers:
        kept = stages.submit("kind", "kept", workers, bytes)
        assert workers.result(kept) == b""
        results = workers.map(odd_jobs.die, range(3))
        with pytest.raises(FarsideError, match="worker process ended before its work was done") as lost:
            next(results)
        assert "\n" not in str(lost.value)
        with pytest.raises(FarsideError, match="worker process ended"):
            workers.submit(odd_jobs.square, 1)
    assert stages.path("kind", "kept").exists()


def test_processes_do_not_outlive_a_flight_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import odd_jobs\nfrom farside.work import Processes\n"
        "if __name__ == '__main__':\n"
        "    workers = Processes(1)\n"
        "    print(workers.submit(odd_jobs.rest, 0.0).result(), flush=True)\n"
        "    workers.submit(odd_jobs.rest, 600.0).result()\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=SEEN)
    assert parent.stdout is not None
    child = Path("/proc", parent.stdout.readline().strip(), "stat")
    assert child.exists()
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20.0
    while child.exists() and ") Z " not in child.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert time.monotonic() < deadline


def test_the_work_of_a_dask_worker_that_dies_is_done_by_another(scheduler, tmp_path):
    with Cluster(scheduler) as workers:
        marks = [str(tmp_path / "a"), str(tmp_path / "b")]
        assert list(workers.map(odd_jobs.die_once, marks)) == ["done", "done"]
        assert all(Path(mark).exists() for mark in marks)


def test_a_job_that_kills_dask_workers_again_and_again_is_one_clear_line(scheduler):
    with Cluster(scheduler) as workers, pytest.raises(FarsideError, match=f"{scheduler}: the cluster lost"):
        workers.result(workers.submit(odd_jobs.die, 1))


@pytest.mark.parametrize("kill", ["scheduler", "worker"])
def test_a_cluster_that_goes_away_is_one_clear_line(kill, monkeypatch, capfd):
    monkeypatch.setattr(farside.work.cluster, "PATIENCE_S", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    commands = {
        "scheduler": ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        "worker": ["dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"],
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=SEEN,
        )
        for name, (module, *options) in commands.items()
    }  # fmt: skip
    try:
        with Cluster(address) as workers:
            assert workers.workers == 1
            results = workers.map(odd_jobs.rest, [0.0, 0.5, 0.5, 0.5])
            next(results)
            running[kill].send_signal(signal.SIGKILL)
            with pytest.raises(FarsideError, match=f"{address}: the cluster lost its scheduler, its workers"):
                list(results)
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("address", ["nonsense", "", "http://127.0.0.1:1", "tcp://127.0.0.1:1", "tcp://no.invalid:1"])
def test_a_scheduler_that_is_not_there_is_named(address, monkeypatch):
    monkeypatch.setattr(farside.work.cluster, "CONNECT_S", 0.5)
    with pytest.raises(BadInput, match="the address of a Dask scheduler that runs, such as tcp://") as refused:
        Cluster(address)
    assert refused.value.value == address


def test_a_port_that_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(farside.work.cluster, "CONNECT_S", 0.5)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with pytest.raises(BadInput, match="the address of a Dask scheduler"):
            Cluster(f"tcp://127.0.0.1:{mute.getsockname()[1]}")


def test_a_scheduler_without_workers_is_named(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(farside.work.cluster, "CONNECT_S", 0.5)
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=":0") as empty:
        address = empty.scheduler_address
        with pytest.raises(BadInput, match=f"a scheduler with workers: start one with dask worker {address}"):
            Cluster(address)


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"pip install 'farside\[dask\]'"):
        Cluster("tcp://127.0.0.1:8786")


def test_processes_and_a_cluster_at_once_are_refused():
    with pytest.raises(BadInput, match="either processes or a cluster"):
        hire(2, processes=True, cluster="tcp://127.0.0.1:8786")


def test_who_is_asked_for_is_hired(scheduler):
    for wanted, kind, count in (((3,), Pool, 3), ((2, True), Processes, 2), ((9, False, scheduler), Cluster, 2)):
        with hire(*wanted) as workers:
            assert isinstance(workers, kind)
            assert workers.workers == count
