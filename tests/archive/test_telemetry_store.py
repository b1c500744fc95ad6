"""Telemetry tables: numbers in, the same numbers out, the same bytes every time."""

import duckdb
import numpy as np
import pytest

from farside import archive
from farside.errors import BadInput, DamagedFile

PACKETS = np.zeros(50, [("t", ">f8"), ("altitude_m", ">f4"), ("position_m", ">f4", (3,)), ("phase", "u1")])
PACKETS["t"] = np.arange(50)
PACKETS["altitude_m"] = 15000 - 300 * np.arange(50)
PACKETS["position_m"] = np.arange(150).reshape(50, 3)


def test_packets_come_back_with_their_vectors(tmp_path):
    archive.write_telemetry(tmp_path, "gnc", PACKETS)
    back = archive.read_telemetry(tmp_path, "gnc")
    assert list(back) == list(PACKETS.dtype.names)
    for name, values in back.items():
        assert np.array_equal(values, PACKETS[name])


def test_same_packets_same_bytes(tmp_path):
    a, b = (archive.write_telemetry(tmp_path / x, "gnc", PACKETS) for x in "ab")
    assert a.read_bytes() == b.read_bytes()


def test_questions_can_be_asked_in_sql(tmp_path):
    archive.write_telemetry(tmp_path, "gnc", PACKETS)
    archive.write_telemetry(tmp_path, "power", {"t": np.arange(3.0), "watts": np.ones(3)})
    archive.index_telemetry(tmp_path)
    with duckdb.connect(str(archive.index_telemetry(tmp_path)), read_only=True) as database:
        ask = "SELECT t, position_m[3] FROM gnc WHERE altitude_m < 14000 ORDER BY t LIMIT 1"
        assert database.execute(ask).fetchone() == (4.0, 14.0)
        assert database.execute("SELECT sum(watts) FROM power").fetchone() == (3.0,)


def test_broken_table_and_bad_name_are_refused(tmp_path):
    (tmp_path / "gnc.parquet").write_bytes(b"PAR1 or not")
    with pytest.raises(DamagedFile):
        archive.read_telemetry(tmp_path, "gnc")
    with pytest.raises(BadInput):
        archive.write_telemetry(tmp_path, "gnc; DROP", PACKETS)
