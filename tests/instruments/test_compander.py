"""Square roots of counts, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.instruments.compander import compressed, expanded


@given(st.integers(9, 14), st.integers(6, 12), st.data())
def test_counts_come_back_within_half_a_step(bits, sent_bits, data):
    dn = np.array(data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=1)), np.uint16)
    back = expanded(compressed(dn, bits, sent_bits), bits, sent_bits)
    top = 2**bits - 1
    root = np.sqrt(dn / top) + 0.5 / (2**sent_bits - 1)
    step = (root**2 - (root - 1.0 / (2**sent_bits - 1)) ** 2) * top
    assert np.all(np.abs(back - dn) <= step + 1.0)


def test_the_table_rises_and_the_inverse_is_its_mean():
    counts = np.arange(1024, dtype=np.uint16)
    sent = compressed(counts, 10, 8)
    assert sent.dtype == np.uint8
    assert sent[0] == 0
    assert sent[-1] == 255
    assert np.all(np.diff(sent.astype(int)) >= 0)
    back = expanded(sent, 10, 8)
    assert (back - counts).mean() == pytest.approx(0.0, abs=1e-4)
    # numbers that no count becomes lie between their neighbours
    assert np.all(np.diff(expanded(np.arange(256, dtype=np.uint8), 10, 8)) > 0)


def test_steps_are_a_share_of_shot_noise_at_any_brightness():
    gain = 25.2
    counts = np.array([50.0, 200.0, 800.0])
    step = 2.0 * np.sqrt(counts * 1023) / 255
    assert step / np.sqrt(counts / gain) == pytest.approx(step[0] / np.sqrt(counts[0] / gain), rel=1e-9)
