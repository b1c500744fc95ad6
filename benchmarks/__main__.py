"""Run all benchmarks, or those named: ``python -m benchmarks [flight ...]``; a JSON line each, then one table."""

from __future__ import annotations

import importlib
import sys

from benchmarks.claim import Claim

GROUPS = (
    "terrain",
    "sky",
    "light",
    "relay",
    "windows",
    "coverage",
    "stationkeeping",
    "spectrometer",
    "labels",
    "process",
    "codec",
    "fuzz_bundles",
    "ltp",
    "sockets",
    "vault",
    "agent",
    "link",
    "radio",
    "cameras",
    "frames",
    "colour",
    "panoramas",
    "pointings",
    "stereo",
    "replay",
    "footage",
    "gpu",
    "tracers",
    "families",
    "elliptical",
    "flight",
)


def main(names: list[str]) -> int:
    claims: list[Claim] = []
    for name in names or GROUPS:
        for claim in importlib.import_module(f"benchmarks.{name}").claims():
            print(claim.line(), flush=True)
            claims.append(claim)
    width = max((len(c.claim) for c in claims), default=0)
    print()
    for c in claims:
        sign = ">=" if c.least else "<="
        print(
            f"{c.claim:<{width}}  {c.measured:>10.2f} {c.unit:<6} {sign} {c.target:g}  {'ok' if c.holds else 'MISSED'}"
        )
    return 0 if all(c.holds for c in claims) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
