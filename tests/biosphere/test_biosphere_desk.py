"""The desk: from pictures and readings as they come to what people look at."""

import pytest

from farside import archive
from farside.geometry import Site
from farside.instruments.biosphere import pack, unpack
from farside.payload.biosphere import observe
from farside.products import Bench
from farside.products.biosphere import BiosphereDesk, balanced
from farside.work import Pool

SITE = Site(-45.4446, 177.5991, -5935.0)


@pytest.fixture
def bench(tmp_path):
    def make(columns=None):
        return Bench(
            tmp_path / "archive", tmp_path / "release", tmp_path / "browse", SITE, pool, {"biosphere": columns}.get
        )

    with Pool(1) as pool:
        yield make


@pytest.fixture(scope="module")
def pictures(frames, life):
    """Of both cameras, as they lie in the archive."""
    dish = [unpack(pack(observe(life, life.t[0] + 7200.0 * k, "b", k, "0002", 1, 2))) for k in range(3)]
    return [*frames, *dish]


def report(bench, pictures):
    desk = BiosphereDesk(bench)
    stills = [desk.take(picture) for picture in pictures]
    return [still for still in stills if still is not None], desk.finish()


def values(report):
    return {finding.name: finding.value for finding in report.findings}


def test_pictures_and_readings_become_tables_films_curves_and_findings(bench, pictures, telemetry, life):
    shown, found = report(bench(telemetry), pictures)
    tables = {f"biosphere-{part}" for part in ("charts", "growth", "budget")}
    assert set(found.products) == tables | {"biosphere-picture", "biosphere-film-a", "biosphere-film-b"}
    assert [film.caption.split(":")[0] for film in found.films] == ["The seed bed", "The silkworms"]
    assert values(found)["First sprout"].startswith("2019-01-0")
    assert [still.path.name for still in found.stills] == ["biosphere-sprout.jpg", "biosphere.png"]
    assert {curve.title for curve in found.curves} > {"Temperature", "Carbon dioxide", "Green area"}
    assert all(len(line) == len(curve.t) for curve in found.curves for line in curve.series.values())
    assert len(archive.labels(bench().archive / archive.RAW)) == len(pictures)
    assert len(archive.labels(bench().archive / archive.LEVEL2)) == len(pictures)
    assert 3 <= len(shown) <= 7  # one a day of each camera
    columns, attrs = archive.read_table(found.products["biosphere-growth"])
    assert attrs["first_sprout_utc"][:16].replace("T", " ") in values(found)["First sprout"]
    assert attrs["units"]["area_mm2"] == "mm2"
    assert len(columns["area_mm2"]) == len(pictures) - 3


def test_pictures_alone_tell_of_the_sprout_and_readings_alone_of_the_air(bench, frames, telemetry):
    _, seen = report(bench(), frames)
    assert set(values(seen)) == {"First sprout", "Green at the end"}
    _, felt = report(bench(telemetry), [])
    assert "First sprout" not in values(felt)
    assert values(felt)["Nitrogen gained by the air"].strip("+−").startswith("0.0")
    assert not felt.films


def test_half_a_day_of_data_is_still_a_report(bench, frames, telemetry):
    _, found = report(bench({name: column[:5] for name, column in telemetry.items()}), frames[:2])
    assert [film.caption.split(":")[0] for film in found.films] == ["The seed bed"]
    assert not found.findings


def test_level_2_pictures_are_kept_and_shown(bench, frames):
    shown, found = report(bench(), [balanced(frames[-1])])
    assert shown[0].path.is_file()
    assert len(archive.labels(bench().archive / archive.LEVEL2)) == 1
    assert not found.films


def test_a_picture_that_comes_twice_counts_once(bench, frames):
    _, once = report(bench(), frames)
    _, twice = report(bench(), [*frames, frames[3]])
    assert values(once) == values(twice)
