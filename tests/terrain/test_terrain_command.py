"""farside terrain at the shell: what a person types, sees and gets wrong."""

import json
import sys
from types import SimpleNamespace

import dems
import numpy as np
import pytest
import rasterio

from farside.cli import main


@pytest.fixture
def farside(monkeypatch, capsys):
    """The command as the shell would run it: exit code, standard output and error."""

    def run(*words, cwd=None):
        if cwd:
            monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["farside", "terrain", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return SimpleNamespace(returncode=end.value.code or 0, stdout=said.out, stderr=said.err)

    return run


def complaint(done):
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("farside: ")
    return line


def test_help_teaches_the_commands(farside):
    said = farside("--help").stdout
    assert all(word in said for word in ("export", "look", "fetch", "products"))


def test_an_export_of_a_mission(farside, tmp_path):
    done = farside(
        "export", "chang-e-4", "--size-m", 40, "--post-m", 0.5, "--out", "out", "--mesh", "glb", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"elevation.tif", "hillshade.png", "craters.parquet", "rocks.parquet", "ground.glb", "export.json"}
    assert all(name in done.stdout for name in names)
    assert "80 x 80 posts" in done.stderr


def test_an_export_of_any_place_with_files_of_ones_own(farside, tmp_path):
    coarse = dems.ground(tmp_path / "coarse.tif")
    fine = dems.ground(tmp_path / "fine.tif", west=24.0, north=6.0, step=1 / 512, shape=(600, 600))
    words = (
        "--lat",
        5.5,
        "--lon",
        24.5,
        "--size-m",
        2000,
        "--post-m",
        100,
        "--mesh",
        "none",
        "--tables",
        "csv",
        "--json",
    )
    done = farside("export", *words, "--terrain", coarse, "--terrain", fine, "--out", tmp_path / "out")
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "done"
    with rasterio.open(last["files"]["elevation"]) as file:
        z = file.read(1)
        assert z[10, 10] == pytest.approx(dems.hills(5.5, 24.5), abs=15)
        assert "coarse.tif" in file.tags()["GROUND"] and "fine.tif" in file.tags()["GROUND"]
    record = json.loads((tmp_path / "out" / "export.json").read_text())
    assert len(record["terrain"].split("; ")) == 2


def test_a_look(farside, tmp_path):
    done = farside("look", "chang-e-4", "--size-m", 20_000, "--out", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert "m" in done.stdout


def test_a_fetch_and_what_comes_of_it(farside, tmp_path):
    url = dems.ground(tmp_path / "dem.tif").as_uri()
    done = farside("fetch", url, "--lat", 5, "--lon", 25, "--size-km", 30, "--out", tmp_path / "cut.tif",
                   "--cache", tmp_path / "cache")  # fmt: skip
    assert done.returncode == 0, done.stderr
    with rasterio.open(tmp_path / "cut.tif") as file:
        assert file.tags()["SOURCE"] == url
        assert np.abs(file.read(1) - dems.hills(5.0, 25.0)).min() < 1
    look = farside("look", "--lat", 5, "--lon", 25, "--terrain", tmp_path / "cut.tif", "--out", tmp_path / "a.png")
    assert look.returncode == 0, look.stderr


def test_the_list_of_products(farside):
    assert "sldem2015-512" in farside("products").stdout
    lines = [json.loads(line) for line in farside("products", "--json").stdout.splitlines()]
    assert {"ldem-64", "gld100-256", "kaguya-tc"} <= {line["key"] for line in lines}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "atlantis", "--size-m", 10, "--post-m", 1, "--out", "o"), "farside terrain export: SITE"),
        (("export", "--lat", 1, "--size-m", 10, "--post-m", 1, "--out", "o"), "--lat and --lon"),
        (("export", "chang-e-4", "--size-m", 10, "--post-m", 0, "--out", "o"), "--post-m"),
        (("export", "chang-e-4", "--size-m", 10, "--post-m", 1, "--out", "o", "--mesh", "stl"), "glb, ply, both, none"),
        (("export", "chang-e-4", "--size-m", 10, "--post-m", 1, "--out", "o", "--tables", "xls"), "parquet, csv"),
        (("export", "chang-e-4", "--size-m", 10, "--post-m", 1, "--out", "o", "--terrain", "no.tif"), "no such file"),
        (("look", "chang-e-4", "--out", "a.jpg"), ".png"),
        (("fetch", "moon", "--lat", 0, "--lon", 0, "--size-km", 1, "--out", "a.tif"), "sldem2015-512"),
        (("fetch", "ldem-4", "--lat", 95, "--lon", 0, "--size-km", 1, "--out", "a.tif"), "--lat"),
        (("fetch", "http://127.0.0.1:9/a.tif", "--lat", 0, "--lon", 0, "--size-km", 1, "--out", "a.tif"), "network"),
    ],
)
def test_what_goes_wrong_is_one_line(farside, tmp_path, words, said):
    assert said in complaint(farside(*words, cwd=tmp_path))
    assert not (tmp_path / "o").exists()
    assert not (tmp_path / "a.tif").exists()


def test_a_site_that_no_file_holds(farside, tmp_path):
    dem = dems.ground(tmp_path / "dem.tif")
    done = farside("export", "chang-e-4", "--size-m", 10, "--post-m", 1, "--terrain", dem, "--out", tmp_path / "o")
    assert "no heights at -45.4446 N 177.599 E" in complaint(done)
    assert not (tmp_path / "o").exists()
