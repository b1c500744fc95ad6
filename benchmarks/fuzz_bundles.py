"""100,000 hostile inputs to each reader of received bytes, led by coverage (atheris): no crash, no hang, no hunger.

    python -m benchmarks.fuzz_bundles [bundle ...]      # the targets of tests/link/hostile.py, or those named

Compiled kernels are compiled anew with their bounds checked, so that reading past the end is an error instead of a
silent octet. An input that fails is kept in the folder this runs in.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.claim import Claim

RUNS = 100_000
HANG_S, MOST_MB = 5, 2048
TESTS = Path(__file__).parents[1] / "tests" / "link"
"""Where the targets are: the tests use them too."""
KERNELS = ["farside.link.walk", "farside.link.frame.reed_solomon", "farside.link.frame.randomizer"]
"""Numba compiles them: the fuzzer leaves them as they are."""


def claims(names: list[str] | None = None) -> Iterator[Claim]:
    sys.path.insert(0, str(TESTS))
    from hostile import TARGETS

    for name in names or TARGETS:
        yield from fuzzed(name)


def fuzzed(name: str) -> Iterator[Claim]:
    """Let a process of its own fuzz one target."""
    with tempfile.TemporaryDirectory(prefix="farside-fuzz-") as folder:
        environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": f"{folder}/kernels"}
        command = [sys.executable, "-m", "benchmarks.fuzz_bundles", "--child", folder, name]
        start = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        taken = time.perf_counter() - start
        told = {key: int(value) for key, value in re.findall(r"stat::(\w+):\s+(\d+)", done.stderr)}
        before = int((re.search(r"rss before: (\d+) MB", done.stderr) or [0, "0"])[1])
        slowest = float((Path(folder) / "slowest").read_text()) if (Path(folder) / "slowest").exists() else 0.0
        if done.returncode:
            print(done.stderr[-3000:], file=sys.stderr)
        good = 0 if done.returncode else told.get("number_of_executed_units", 0)
        yield Claim(f"hostile inputs without a crash: {name}", good, "", RUNS, f"atheris, {taken:.0f} s", True)
        yield Claim(f"the slowest of them: {name}", slowest, "s", 1.0)
        yield Claim(f"memory they took: {name}", told.get("peak_rss_mb", 0) - before, "MB", 200.0)


def child(folder: Path, name: str) -> None:
    """Fuzz one target; ends the process."""
    import resource

    import atheris

    sys.path.insert(0, str(TESTS))
    with atheris.instrument_imports(include=["farside.link", "hostile"], exclude=KERNELS):
        from hostile import JUNK, TARGETS
    target = TARGETS[name]
    corpus = folder / "corpus"
    corpus.mkdir()
    for k, seed in enumerate(target.seeds):
        (corpus / f"seed-{k}").write_bytes(seed)
        target.read(seed)
    words = ['"' + "".join(f"\\x{octet:02x}" for octet in junk) + '"\n' for junk in JUNK if len(junk) <= 64]
    (folder / "words").write_text("".join(words))
    slowest = 0.0

    def read(data: bytes) -> None:
        nonlocal slowest
        start = time.process_time()
        target.read(data)
        if (taken := time.process_time() - start) > slowest:
            slowest = taken
            (folder / "slowest").write_text(str(taken))

    print(f"rss before: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", file=sys.stderr, flush=True)
    flags = [f"-runs={RUNS}", "-seed=1", "-max_len=4096", f"-timeout={HANG_S}", f"-rss_limit_mb={MOST_MB}"]
    flags += ["-print_final_stats=1", f"-dict={folder / 'words'}", f"-artifact_prefix={Path.cwd()}/"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), sys.argv[3])
    for made in claims(sys.argv[1:]):
        print(made.line(), flush=True)
