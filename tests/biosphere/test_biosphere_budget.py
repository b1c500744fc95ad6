"""The budget of elements in the air, against the truth."""

import numpy as np
import pytest

from farside.errors import BadInput
from farside.instruments.biosphere import unpack_packets
from farside.payload.biosphere import report
from farside.products.biosphere import budget

ATOMS = np.array([[0, 0, 2, 0], [1, 0, 2, 0], [0, 2, 1, 0], [0, 0, 0, 2]])


@pytest.mark.parametrize("seed", range(5))
def test_what_the_air_gained_lies_within_its_error_of_the_truth(life, seed):
    t = np.arange(life.t[0], life.t[0] + 8 * 86400.0, 600.0)
    found = budget(unpack_packets(b"".join(report(life, at, seed, k) for k, at in enumerate(t))))
    air = np.stack([life.shared(f"air.{gas}") for gas in ("o2", "co2", "h2o", "n2")], axis=1) @ ATOMS
    true = air[np.abs(life.t - t[-1] + 1800.0) < 1800.0].mean(0) - air[life.t < t[0] + 3600.0].mean(0)
    error = found["change_mol"].to_numpy() - true
    assert np.abs(error / np.sqrt(found["change_mol_variance"].to_numpy())).max() < 3.5
    assert true[0] > 0.1e-3 > abs(true[3])  # carbon is breathed out, nitrogen stays


def test_a_leak_shows_in_the_nitrogen(telemetry):
    leaking = {**telemetry, "pressure_pa": telemetry["pressure_pa"] * np.linspace(1.0, 0.99, len(telemetry["t"]))}
    found = budget(leaking).sel(element="N")
    assert float(found["change_mol"]) < -10.0 * float(found["change_mol_variance"]) ** 0.5


def test_an_hour_of_readings_is_no_budget(telemetry):
    with pytest.raises(BadInput, match="more than two hours"):
        budget({name: values[:9] for name, values in telemetry.items()})
    with pytest.raises(BadInput, match="more than two hours"):
        budget({name: values[:0] for name, values in telemetry.items()})
