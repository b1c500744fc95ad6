"""The score of the spectrometer: from the files of a flight and its truth, and nothing else."""

from dataclasses import asdict

import pytest
from radio_session import BURST, SITE, START, listen
from test_lfs_desk import report

from farside.products import Bench
from farside.score import load_facts
from farside.score.lfs import measure
from farside.sky import sun_distance_au

ERRORS = {"lfs_sky_error_db", "lfs_drift_exponent_error", "lfs_drift_rate_error_percent"}


class Told:
    """A truth that knows of these records."""

    def __init__(self, *entries):
        self.told = entries

    def entries(self, instrument):
        assert instrument == "lfs"
        return list(self.told)


def entry(index, burst=BURST, **changes):
    return {
        "instrument": "lfs", "t": START + 150.0 * index, "blocks": 150, "index": index, "sequence_id": "0001",
        "band": "high", "sun_distance_au": float(sun_distance_au(START)), "burst": burst and asdict(burst), **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def flight(tmp_path_factory, session):
    folder = tmp_path_factory.mktemp("flight")
    report(Bench(folder / "archive", folder / "release", folder / "browse", SITE, None, lambda table: None), session)
    return folder


def test_product_of_a_session_holds_against_its_truth(flight):
    measured = measure(flight, Told(*map(entry, range(4))))
    assert measured.keys() == ERRORS
    assert {row.verdict for row in load_facts("lfs").judge(measured, "chang-e-4", False)} == {"ok"}


def test_session_without_a_burst_is_not_asked_for_one(flight):
    assert measure(flight, Told(entry(0, burst=None))).keys() == {"lfs_sky_error_db"}


def test_burst_is_not_asked_for_where_its_record_was_not_kept(flight):
    assert measure(flight, Told(entry(0, None), entry(2), entry(3))).keys() == {"lfs_sky_error_db"}


def test_product_that_is_missing_is_missing(tmp_path):
    assert measure(tmp_path, Told(*map(entry, range(4)))) == dict.fromkeys(ERRORS)


def test_flight_that_never_listened_has_nothing_to_measure(flight):
    assert measure(flight, Told()) == {}


def test_burst_that_the_product_does_not_have_is_missing(flight, tmp_path):
    quiet = listen(150, 150, burst=None)
    report(Bench(tmp_path / "archive", tmp_path / "release", tmp_path / "b", SITE, None, lambda table: None), quiet)
    measured = measure(tmp_path, Told(*map(entry, range(4))))
    assert measured["lfs_drift_exponent_error"] is None
    assert abs(measured["lfs_sky_error_db"]) < 1.0
