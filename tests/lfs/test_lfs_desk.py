"""The desk: from records as they come to what people look at."""

import pytest
from radio_session import SITE

from farside import archive
from farside.errors import BadInput
from farside.products import Bench
from farside.products.lfs import LfsDesk
from farside.work import Pool


@pytest.fixture
def bench(tmp_path):
    with Pool(1) as pool:
        yield Bench(tmp_path / "archive", tmp_path / "release", tmp_path / "browse", SITE, pool, lambda table: None)


def report(bench, observations):
    desk = LfsDesk(bench)
    for observation in observations:
        desk.take(observation)
    return desk.finish()


def values(report):
    return {finding.name: finding.value for finding in report.findings}


def test_session_becomes_a_dynamic_spectrum_in_tables_and_a_picture(bench, session):
    found = report(bench, session)
    assert set(found.products) == {f"lfs-20190105060000-{part}" for part in ("picture", "flux", "sky", "ridge")}
    assert all(path.stat().st_size > 1000 for path in found.products.values())
    assert "95 %: 1." in found.findings[0].error
    assert len(archive.labels(bench.archive / archive.LEVEL2)) == 1


def test_real_spectra_give_the_same_findings_as_the_samples_they_were_made_of(bench, session, level2):
    assert values(report(bench, [level2])) == values(report(bench, session))


def test_spectra_of_a_label_that_says_little_are_read_all_the_same(bench, level2):
    bare = level2.assign_attrs({})
    for name in ("cancel_vector", "cancel_direction", "cancelled_db", "lander_lon_deg", "lander_lat_deg"):
        del bare.attrs[name]
    found = report(bench, [bare])
    assert found.findings[0].name.startswith("Drift exponent")
    assert "Lander's noise removed" not in values(found)


@pytest.mark.parametrize("kept", [(0, 1, 3), (1, 2, 3), (0, 1), (1,)])
def test_part_of_a_session_is_still_a_product(bench, session, kept):
    found = report(bench, [session[i] for i in kept])
    assert found.stills[0].path.is_file()
    assert found.findings[0].name.startswith("Drift exponent")


def test_record_that_comes_twice_counts_once(bench, session):
    assert values(report(bench, [*session, session[2]])) == values(report(bench, session))


def test_nowhere_no_sun(tmp_path, bench, session):
    nowhere = Bench(bench.archive, bench.release, bench.browse, None, bench.pool, bench.telemetry)
    with pytest.raises(BadInput, match="site: None; expected where the lander stands"):
        report(nowhere, session[:1])
