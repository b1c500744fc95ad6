"""The score of colours and of ground that lay still."""

import json

import numpy as np
import pytest

from farside import archive
from farside.errors import DamagedFile
from farside.score.colour import measure


def charted(flight, balance, used="chart"):
    off = np.array([[5.0, 2.0, 2.5], [7.0, 4.0, 4.5]])
    attrs = {"white_balance": balance, "colour_from": used}
    return archive.write_table(flight / "archive" / archive.DERIVED, "tcam-chart", {"ciede2000": off}, attrs)


def test_a_flight_that_saw_no_chart_and_no_ground_twice_is_not_scored(tmp_path):
    assert measure(tmp_path, None) == {}


@pytest.mark.parametrize(("used", "mean"), [("chart", 3.0), ("published bands", 6.0)])
def test_the_colours_that_pictures_have_are_those_that_count(tmp_path, used, mean):
    charted(tmp_path, [1.01, 1.0, 0.98], used)
    found = measure(tmp_path, None)
    assert found["chart_balance_error"] == pytest.approx(-np.log(0.98))
    assert found["chart_ciede2000"] == mean


def test_places_called_changed_are_counted(tmp_path):
    folder = tmp_path / "archive" / archive.DERIVED
    folder.mkdir(parents=True)
    for day, places in ((1, []), (2, [{"x_m": 1.0}, {"x_m": 2.0}])):
        attrs = {"attrs": {"places": json.dumps(places)}}
        (folder / f"CE4_GRAS_PCAM-CHANGE_SCI_N_{day}.json").write_text(json.dumps(attrs))
    assert measure(tmp_path, None) == {"ground_changed_falsely": 2}


def test_a_table_that_is_none_is_named(tmp_path):
    folder = tmp_path / "archive" / archive.DERIVED
    archive.write_table(folder, "tcam-chart", {"ciede2000": np.zeros((2, 3))}, {})
    with pytest.raises(DamagedFile, match="not the table of a chart"):
        measure(tmp_path, None)
