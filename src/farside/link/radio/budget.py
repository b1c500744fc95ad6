"""The link budget: from the transmitter's watts to the margin of every rate, each step in decibels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.link.radio.noise import moon_share
from farside.link.radio.radio import Link, Terminal
from farside.link.radio.sight import Sight, Values

Array = NDArray[np.float64]

BOLTZMANN_DB = -228.5992
"""Boltzmann's constant, dB W/K/Hz: 10 log 1.380649e-23."""


class Row(NamedTuple):
    """A line of the budget; losses are negative."""

    name: str
    value: Values
    unit: str


@dataclass(frozen=True)
class Budget:
    """The budget of a link at a sight: its lines, and C/N0 (dBHz), from which all rates follow."""

    link: Link
    rows: tuple[Row, ...]
    cn0_dbhz: Values

    def ebn0_db(self, rate_bps: float) -> Values:
        """Eb/N0 of the data at a rate."""
        return self.cn0_dbhz - self.link.hop.modulation_db - 10 * np.log10(rate_bps)

    def margin_db(self, rate_bps: float) -> Values:
        """By how much Eb/N0 exceeds what code and receiver need."""
        return self.ebn0_db(rate_bps) - self.link.required_ebn0_db


def free_space_loss_db(distance_km: Values, frequency_ghz: float) -> Values:
    """Free-space loss, 20 log (4 pi d f / c)."""
    return 92.44778 + 20 * np.log10(frequency_ghz) + 20 * np.log10(distance_km)


def budget(link: Link, sight: Sight) -> Budget:
    """The budget of a link: C/N0 = EIRP - losses + G/T + 228.6."""
    hop, sender, receiver = link.hop, link.sender, link.receiver
    assert sender.power_w is not None and receiver.noise_k is not None
    frequency = hop.frequency_ghz
    sent = [
        Row("transmitter", 10 * np.log10(sender.power_w), "dBW"),
        Row("line", -sender.line_loss_db, "dB"),
        Row("antenna", sender.antenna.axis_dbi(frequency), "dBi"),
        Row("pointing", -_pointing_db(sender, frequency, sight.sender_off_deg), "dB"),
    ]
    eirp = sum(row.value for row in sent)
    lost = [
        Row("free space", -free_space_loss_db(sight.distance_km, frequency), "dB"),
        *(Row(name, -loss, "dB") for name, loss in hop.losses_db.items()),
    ]
    share = moon_share(receiver.antenna.beam_deg(frequency), sight.moon_off_deg, sight.moon_radius_deg)
    noise_k = receiver.noise_k + link.radio.moon_k * share
    got = [
        Row("receiving antenna", receiver.antenna.axis_dbi(frequency), "dBi"),
        Row("receiver's pointing", -_pointing_db(receiver, frequency, sight.receiver_off_deg), "dB"),
    ]
    g_t = sum(row.value for row in got) - 10 * np.log10(noise_k)
    cn0 = eirp + sum(row.value for row in lost) + g_t - BOLTZMANN_DB
    rows = (
        *sent, Row("EIRP", eirp, "dBW"), *lost, *got, Row("system noise", noise_k, "K"), Row("G/T", g_t, "dB/K"),
        Row("C/N0", cn0, "dBHz"),
    )  # fmt: skip
    return Budget(link, rows, cn0)


def _pointing_db(end: Terminal, frequency_ghz: float, off_deg: Values) -> Array:
    """Pointing loss with the error on the worse side."""
    return end.antenna.loss_db(frequency_ghz, np.add(off_deg, end.pointing_error_deg))
