"""Nodes as processes: files go through four of them, plugs are pulled, and what is wrong is said in one line."""

from __future__ import annotations

import fcntl
import hashlib
import json
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from farside.cli import main
from farside.link.vault import Disk

PATIENCE_S = 60.0
PLAN = """\
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 10 20 1000000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 20 10 100000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 20 30 1000000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 30 20 100000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 30 40 1000000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 40 30 1000000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 10 40 1000000
a contact 2020/01/01-00:00:00 2040/01/01-00:00:00 40 10 1000000
"""
"""The last two lines are of the pair that some tests use; in the chain of four nothing joins 10 and 40."""
RULE = {"source": "ipn:*.*", "destination": "ipn:10.3"}


def ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ports that were free a moment ago."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket(socket.AF_INET, kind)) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


def key_file(path: Path, secret: str = "5a" * 16 + "a5" * 16, until: str = "2040-01-01T00:00:00Z") -> None:
    key = {
        "id": "command",
        "kind": "hmac",
        "secret": f"hex:{secret}",
        "source": "ipn:40.*",
        "destination": "ipn:10.*",
        "valid_from": "2020-01-01T00:00:00Z",
        "valid_until": until,
    }
    path.write_text(yaml.safe_dump({"keys": [key]}))
    path.chmod(0o600)


class Process:
    """One node as a process of its own."""

    def __init__(
        self, folder: Path, name: str, number: int, ahead_s: float = 0.0, plan: str = "plan.ion", **spec
    ) -> None:
        self.name, self.number, self.config, self.log = name, number, folder / f"{name}.yaml", folder / f"{name}.log"
        self.inbox, self.ahead_s = folder / name / "in", ahead_s
        own = {"node": number, "name": name, "plan": plan, "store": f"{name}/store"}
        own |= {"inbox": f"{name}/in", "outbox": f"{name}/out", "acknowledge_every_s": 0.3}
        self.config.write_text(yaml.safe_dump({**own, **spec}))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        begin = "import time; real = time.time; time.time = lambda: real() + {}; from farside.cli import main; main()"
        command = [sys.executable, "-c", begin.format(self.ahead_s), "node", "run", str(self.config)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        return self

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str, times: int = 1) -> str:
        """The line that says it."""
        until = time.monotonic() + PATIENCE_S
        while self.said().count(words) < times:
            assert self.process and self.process.poll() is None, f"{self.name} has ended: {self.said()}"
            assert time.monotonic() < until, f"{self.name} does not say {words!r}: {self.said()}"
            time.sleep(0.05)
        return next(line for line in self.said().splitlines() if words in line)

    def send(self, path: Path, to: str) -> None:
        assert node("send", self.config, path, "--to", to) == (0, "")

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def received(self) -> list[dict]:
        log = self.inbox / "received.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def started():
    """Start processes that end with the test."""
    running: list[Process] = []

    def start(*some: Process) -> None:
        before = [one.said().count("is up;") if one.log.exists() else 0 for one in some]
        running.extend(one.start() for one in some)
        for one, times in zip(some, before, strict=True):
            one.wait_for("is up;", times + 1)

    yield start
    for one in running:
        if one.process and one.process.poll() is None:
            one.kill()


def node(*words: object) -> tuple[int, str]:
    """Exit status and standard error of a ``farside node`` command, run in this process."""
    import contextlib
    import io

    said, before = io.StringIO(), sys.argv
    sys.argv = ["farside", "node", *map(str, words)]
    signal.alarm(20)  # a node that runs although it should refuse ends here
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            main()
    except SystemExit as ended:
        return int(ended.code or 0), said.getvalue()
    finally:
        signal.alarm(0)
        sys.argv = before
    raise AssertionError("main() always exits")


def refused(*words: object) -> str:
    """The one line of a command that was refused."""
    status, said = node(*words)
    assert status == 2, said
    (line,) = said.splitlines()
    assert line.startswith("farside: ")
    return line


def make(path: Path, octets: int, seed: int = 1) -> str:
    data = random.Random(seed).randbytes(octets)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def metrics(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        families = list(text_string_to_metric_families(answer.read().decode()))
    assert all(family.documentation for family in families)
    return {
        sample.name: {tuple(s.labels.values()): s.value for s in family.samples}
        for family in families
        for sample in family.samples
    }


# Four of them -------------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(tmp_path):
    """Lander, relay, station and centre, the outer hop by LTP, the others by TCPCL."""
    (tmp_path / "plan.ion").write_text(
        "".join(line for line in PLAN.splitlines(True) if " 10 40 " not in line and " 40 10 " not in line)
    )
    key_file(tmp_path / "keys.yaml")
    lander, relay = (f"ltp://127.0.0.1:{port}" for port in ports(2, socket.SOCK_DGRAM))
    down, ground, shown = ports(3)
    secure = {"keys": "keys.yaml", "rules": [RULE]}
    return [
        Process(tmp_path, "lander", 10, listen=[lander], neighbours={20: relay}, **secure),
        Process(
            tmp_path, "relay", 20, listen=[relay, f"tcpcl://127.0.0.1:{down}"], neighbours={10: lander},
            metrics=f"127.0.0.1:{shown}",
        ),
        Process(tmp_path, "station", 30, neighbours={20: f"tcpcl://127.0.0.1:{down}", 40: f"tcpcl://127.0.0.1:{ground}"}),
        Process(tmp_path, "centre", 40, listen=[f"tcpcl://127.0.0.1:{ground}"], **secure),
    ], shown  # fmt: skip


def test_files_cross_four_processes_of_which_two_lose_their_power(tmp_path, chain, started):
    (lander, relay, station, centre), shown = chain
    picture, command, note = tmp_path / "picture.jpg", tmp_path / "go.txt", tmp_path / "note"
    sums = make(picture, 3_000_000), make(command, 300, 2), make(note, 0)
    lander.send(picture, "ipn:40.1")  # the node takes it when it starts
    started(lander, relay, station, centre)
    centre.send(command, "ipn:10.3")
    station.send(note, "40.2")
    # in the middle of the picture
    until = time.monotonic() + PATIENCE_S
    while metrics(shown)["farside_bundles_received_total"][()] < 3:
        assert time.monotonic() < until
        time.sleep(0.02)
    relay.kill()
    time.sleep(0.3)
    assert not any(row["sha256"] == sums[0] for row in centre.received())
    started(relay)
    station.kill()
    started(station)
    lander.wait_for("received")
    centre.wait_for("(3000000 octets from ipn:10.1)")
    centre.wait_for("(0 octets from ipn:30.2)")
    assert sorted((row["source"], row["sha256"]) for row in centre.received()) == sorted(
        [("ipn:10.1", sums[0]), ("ipn:30.2", sums[2])]
    )
    assert [(row["source"], row["sha256"]) for row in lander.received()] == [("ipn:40.3", sums[1])]
    for process in (centre, lander):
        for row in process.received():
            assert hashlib.sha256((process.inbox / row["name"]).read_bytes()).hexdigest() == row["sha256"]
    # what is shown
    found = metrics(shown)
    assert found["farside_link_up"] == {("10",): 1.0, ("30",): 1.0}
    assert found["farside_store_failing"] == {(): 0.0}
    assert found["farside_forwarded_total"][()] > 0
    assert set(found["farside_bundles"]) == {("waiting",), ("away",), ("retained",), ("here",)}
    # an orderly end, by either signal, and nothing stays in the source's store: all is acknowledged
    until = time.monotonic() + PATIENCE_S
    while True:
        assert lander.stop(signal.SIGINT) == 0
        if "has stopped; 0 bundles" in lander.said():
            break
        assert time.monotonic() < until, lander.said()
        started(lander)
        time.sleep(1.0)
    for process in (relay, station, centre):
        assert process.stop() == 0
        assert "has stopped" in process.said().splitlines()[-1]
    assert "Traceback" not in "".join(p.said() for p in (lander, relay, station, centre))
    assert not list((tmp_path / "lander" / "out" / "40.1").iterdir()), "the file went once it was kept"


# Two of them --------------------------------------------------------------------------------------------------------


def pair(folder: Path, ahead_s: float = 0.0, **lander) -> tuple[Process, Process]:
    (folder / "plan.ion").write_text(
        "".join(line for line in PLAN.splitlines(True) if " 10 40 " in line or " 40 10 " in line)
    )
    (port,) = ports(1)
    url = f"tcpcl://127.0.0.1:{port}"
    key_file(folder / "keys.yaml")
    secure = {"keys": "keys.yaml", "rules": [RULE]}
    return (
        Process(folder, "lander", 10, ahead_s, neighbours={40: url}, **secure | lander),
        Process(folder, "centre", 40, listen=[url], **secure),
    )


def clock_in(line: str) -> datetime:
    """The time that a line gives in brackets."""
    return datetime.fromisoformat(line.partition("(")[2].partition(")")[0])


def test_a_command_with_the_wrong_key_is_refused_and_both_ends_say_so(tmp_path, started):
    lander, centre = pair(tmp_path, keys="other.yaml")
    key_file(tmp_path / "other.yaml", secret="0f" * 16 + "f0" * 16)
    make(tmp_path / "go.txt", 100)
    started(lander, centre)
    centre.send(tmp_path / "go.txt", "ipn:10.3")
    assert "refused ipn:40.3-" in lander.wait_for("wrong key")
    assert "refused ipn:40.3-" in centre.wait_for("reported by its destination: wrong key, or altered")
    assert centre.stop() == lander.stop() == 0
    assert not lander.received()
    assert "has stopped; 0 bundles" in centre.said(), "it does not try again"


def test_a_clock_off_by_hours_is_told_and_lifetimes_and_deliveries_go_on(tmp_path, started):
    lander, centre = pair(tmp_path, ahead_s=-3 * 3600.0)
    make(tmp_path / "table", 1000)
    started(lander, centre)
    lander.send(tmp_path / "table", "ipn:40.1")
    said = centre.wait_for("the clock of node 10 is 3.0 h behind this node's")
    assert said.endswith("lifetimes are counted by age, keys by this node's clock")
    assert abs(clock_in(said) - datetime.now(UTC)) < timedelta(minutes=5)
    assert "the clock of node 40 is 3.0 h ahead of this node's" in lander.wait_for("the clock of node 40")
    centre.wait_for("received")
    assert lander.stop() == centre.stop() == 0
    assert centre.said().count("the clock of") == lander.said().count("the clock of") == 1


def test_a_key_that_is_over_by_a_clock_that_is_off_is_said_to_be(tmp_path, started):
    lander, centre = pair(tmp_path, ahead_s=3 * 3600.0)
    key_file(tmp_path / "keys.yaml", until=(datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    make(tmp_path / "go.txt", 100)
    started(lander, centre)
    centre.send(tmp_path / "go.txt", "ipn:10.3")
    line = lander.wait_for("expired key, by this node's clock")
    assert abs(clock_in(line) - datetime.now(UTC) - timedelta(hours=3)) < timedelta(minutes=5)
    centre.wait_for("reported by its destination")
    assert lander.stop() == centre.stop() == 0


def test_a_file_waits_until_it_can_be_signed(tmp_path, started):
    lander, centre = pair(tmp_path)
    key_file(tmp_path / "keys.yaml", until="2021-01-01T00:00:00Z")
    make(tmp_path / "go.txt", 100)
    started(centre)
    centre.send(tmp_path / "go.txt", "ipn:10.3")
    line = centre.wait_for("10.3/1-go.txt waits")
    assert "none of kind hmac from ipn:40.3 to ipn:10.3 is valid now" in line
    assert centre.stop() == 0
    assert (tmp_path / "centre" / "out" / "10.3" / "1-go.txt").exists()
    key_file(tmp_path / "keys.yaml")
    started(lander, centre)
    lander.wait_for("received")
    assert lander.stop() == centre.stop() == 0


def test_the_same_name_can_be_sent_again_after_a_restart(tmp_path, started):
    lander, centre = pair(tmp_path)
    started(lander, centre)
    for number in range(2):
        make(tmp_path / "table", 100, number)
        lander.send(tmp_path / "table", "ipn:40.1")
        centre.wait_for("received", number + 1)
        lander.kill()
        started(lander)
    assert len({row["sha256"] for row in centre.received()}) == len(centre.received()) == 2


def test_ltp_waits_for_its_contact(tmp_path, started):
    lander, centre = pair(tmp_path, keys=None, rules=[])
    now = datetime.now(UTC)
    begin = now + timedelta(seconds=6)
    spans = (now - timedelta(seconds=60), now), (begin, now + timedelta(hours=1))
    lines = [
        f"a contact {start:%Y/%m/%d-%H:%M:%S} {end:%Y/%m/%d-%H:%M:%S} {ends} 1000000"
        for start, end in spans
        for ends in ("10 40", "40 10")
    ]
    (tmp_path / "plan.ion").write_text("\n".join(lines))
    here, there = (f"ltp://127.0.0.1:{port}" for port in ports(2, socket.SOCK_DGRAM))
    changed(lander.config, listen=[here], neighbours={40: there})
    changed(centre.config, listen=[there], neighbours={10: here}, keys=None, rules=[])
    make(tmp_path / "table", 1000)
    lander.send(tmp_path / "table", "ipn:40.1")
    started(lander, centre)
    lander.wait_for("sending")
    assert datetime.now(UTC) >= begin or "link with node" not in lander.said()
    line = centre.wait_for("received")
    assert line[:8] >= f"{begin:%H:%M:%S}" or begin.day != now.day
    assert lander.said().count("link with node 40 is up") == 1
    assert lander.stop() == centre.stop() == 0


def test_a_file_left_over_when_the_power_went_is_not_sent_twice(tmp_path, started):
    """It was durable in the store, but not yet taken out of the outbox."""
    lander, _ = pair(tmp_path)
    make(tmp_path / "table", 100)
    lander.send(tmp_path / "table", "ipn:40.1")
    (left,) = (tmp_path / "lander" / "out" / "40.1").iterdir()
    vault = Disk(tmp_path / "lander" / "store")
    vault.set_state("outbox", json.dumps(["40.1/1-table", left.stat().st_ino, left.stat().st_ctime_ns]).encode())
    vault.close()
    lander.send(tmp_path / "table", "ipn:40.1")
    started(lander)
    lander.wait_for("sending 40.1/1-1-table")
    assert lander.stop() == 0
    assert lander.said().count("sending") == 1 and "has stopped; 1 bundles" in lander.said()
    assert not list(left.parent.iterdir())


def test_datagrams_carry_long_files_in_pieces(tmp_path, started):
    lander, centre = pair(tmp_path, keys=None, rules=[])
    here, there = (f"udp://127.0.0.1:{port}" for port in ports(2, socket.SOCK_DGRAM))
    changed(lander.config, listen=[here], neighbours={40: there})
    changed(centre.config, listen=[there], neighbours={10: here}, keys=None, rules=[])
    digest = make(tmp_path / "table", 300_000)
    started(lander, centre)
    lander.send(tmp_path / "table", "ipn:40.1")
    centre.wait_for("(300000 octets from ipn:10.1)")
    assert [row["sha256"] for row in centre.received()] == [digest]
    assert lander.stop() == centre.stop() == 0


def test_an_inbox_that_cannot_be_written_loses_nothing(tmp_path, started):
    lander, centre = pair(tmp_path)
    (tmp_path / "centre" / "in").mkdir(parents=True)
    (tmp_path / "centre" / "in" / "1").write_text("a file where the folder of service 1 should be")
    make(tmp_path / "table", 100)
    started(lander, centre)
    lander.send(tmp_path / "table", "ipn:40.1")
    centre.wait_for("cannot be laid into the inbox, trying again: ")
    assert centre.stop() == 0
    (tmp_path / "centre" / "in" / "1").unlink()
    started(centre)
    centre.wait_for("received")
    assert lander.stop() == centre.stop() == 0


# What is wrong ------------------------------------------------------------------------------------------------------


def test_what_others_hold_is_named(tmp_path, started):
    lander, centre = pair(tmp_path, keys=None, rules=[])
    started(centre)
    assert "centre/store: store: 'in use'; expected a store that no other" in refused("run", centre.config)
    url = yaml.safe_load(centre.config.read_text())["listen"][0]
    line = refused("run", lander.config, "--listen", url)
    assert f"lander (10): listen: '{url.removeprefix('tcpcl://')}'; expected a free port" in line
    line = refused("run", lander.config, "--metrics", url.removeprefix("tcpcl://"))
    assert "lander (10): metrics" in line and "expected a free port" in line
    make(tmp_path / "table", 1000)
    lander.send(tmp_path / "table", "ipn:40.1")
    started(lander)
    centre.wait_for("received")
    assert lander.stop() == centre.stop() == 0


@pytest.fixture
def config(tmp_path) -> Path:
    lander, _ = pair(tmp_path)
    return lander.config


def changed(config: Path, **changes: object) -> Path:
    spec = yaml.safe_load(config.read_text()) | changes
    config.write_text(yaml.safe_dump({name: value for name, value in spec.items() if value is not ...}))
    return config


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"speed": 3}, "speed: 3; expected no field of this name"),
        ({"node": ...}, "node: None; expected a value"),
        ({"store": ..., "stor": "x"}, "stor: 'x'; expected no field of this name"),
        ({"node": "lander"}, "node: 'lander'; expected a whole number"),
        ({"node": 0}, "node: 0; expected greater than 0"),
        ({"node": 11}, "node: 11; expected a node of the plan: 10, 40"),
        ({"neighbours": {41: "tcpcl://127.0.0.1:1"}}, "node: 41; expected a node of the plan: 10, 40"),
        ({"neighbours": {10: "tcpcl://127.0.0.1:1"}}, "expected other nodes than 10"),
        ({"neighbours": {40: "ltp://127.0.0.1:1"}}, "expected in listen an own ltp://host:port"),
        ({"neighbours": {40: "tcp://127.0.0.1:1"}}, "expected scheme://host:port with a scheme of tcpcl, ltp"),
        ({"neighbours": {40: "tcpcl://127.0.0.1"}}, "neighbours: {40: 'tcpcl://127.0.0.1'}; expected host:port"),
        ({"listen": "tcpcl://127.0.0.1:1"}, "listen: 'tcpcl://127.0.0.1:1'; expected a list"),
        ({"listen": ["tcpcl://192.0.2.1:1234"]}, "expected an address of this machine"),
        ({"metrics": "9100"}, "metrics: '9100'; expected host:port"),
        ({"plan": "absent.ion"}, "absent.ion: 'No such file or directory'; expected a contact plan"),
        ({"epoch": "tomorrow"}, "epoch: 'tomorrow'; expected a UTC time"),
        ({"keys": "absent.yaml"}, "absent.yaml: 'No such file or directory'; expected a key file"),
        ({"rules": [{"destination": "10.3"}]}, "rules.0.destination: '10.3'; expected an endpoint such as"),
        ({"copies": 3}, "copies: 3; expected 1 or 2"),
        ({"capacity_mb": "much"}, "capacity_mb: 'much'; expected a number"),
        ({"store": "lander.yaml"}, "lander.yaml: store: "),
        ({"inbox": "lander.yaml/in"}, "lander (10): inbox: "),
        ({"outbox": "plan.ion"}, "lander (10): outbox: "),
        ({"tls": dict.fromkeys(("certificate", "key", "authorities"), "a.pem")}, "a.pem'; expected a PEM file"),
        ({"tls": {"certificate": "a.crt"}}, "tls.key: None; expected a value"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_by_its_field(config, changes, words):
    assert words in refused("run", changed(config, **changes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("node: [\n", "line 2: "),
        ("node: 10\n\tstore: x", "line 2: "),
        ("", "lander.yaml: None; expected a mapping"),
        ("- node", "expected a mapping"),
        ("10: x", "10: 'x'; expected no field of this name"),
    ],
)
def test_what_is_no_file_of_a_node(config, text, words):
    config.write_text(text)
    assert words in refused("run", config)


def test_a_plan_with_overlaps_is_told_by_its_lines(config, tmp_path):
    with (tmp_path / "plan.ion").open("a") as plan:
        plan.write("a contact 2030/01/01-00:00:00 2031/01/01-00:00:00 10 40 1\n")
    line = refused("run", config)
    assert "plan.ion: line 3, start: " in line and "line 1 is also of 10 and 40" in line


def test_contacts_without_a_range_are_said_once(tmp_path, started):
    lander, _ = pair(tmp_path)
    started(lander)
    assert lander.said().count("light time 0 is assumed") == 1
    assert "Connect" in lander.wait_for("no link with node 40: ")
    assert lander.stop() == 0


def test_a_key_that_others_can_read_is_not_used(config, tmp_path):
    (tmp_path / "keys.yaml").chmod(0o644)
    assert "keys.yaml: 'mode 0644'; expected a file that only its owner can read (chmod 600 keys.yaml)" in refused(
        "run", config
    )


def test_a_store_in_use_is_left_alone(config, tmp_path):
    store = tmp_path / "lander" / "store"
    store.mkdir(parents=True)
    with (store / "lock").open("w") as lock:
        before = sorted(store.iterdir())
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert str(store) in refused("run", config)
        assert sorted(store.iterdir()) == before


@pytest.mark.parametrize(
    ("file", "to", "words"),
    [
        ("absent", "ipn:40.1", "file: "),
        (".", "ipn:40.1", "expected a file that exists"),
        ("lander.yaml", "centre", "--to: 'centre'; expected an endpoint such as ipn:40.1"),
        ("lander.yaml", "ipn:40.0", "service from 1"),
        ("lander.yaml", "ipn:99.1", "expected a node of "),
    ],
)
def test_what_cannot_be_sent(config, tmp_path, file, to, words):
    assert words in refused("send", config, tmp_path / file, "--to", to)
    assert not (tmp_path / "lander" / "out").exists()


def test_the_example_is_written_once_and_for_its_owner_only(tmp_path):
    folder = tmp_path / "four"
    assert node("example", folder) == (0, "")
    assert {path.name for path in folder.iterdir()} == {
        "lander.yaml", "relay.yaml", "station.yaml", "centre.yaml", "plan.ion", "keys.yaml"
    }  # fmt: skip
    assert (folder / "keys.yaml").stat().st_mode & 0o777 == 0o600
    assert "expected a new or empty folder" in refused("example", folder)
    assert "File exists" in refused("key", folder / "keys.yaml")
    secrets = {(folder / "keys.yaml").read_text()}
    assert node("example", tmp_path / "other") == (0, "")
    assert (tmp_path / "other" / "keys.yaml").read_text() not in secrets
