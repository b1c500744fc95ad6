"""Readings of the canister's sensors: truth in, counts out, with each sensor's own error and noise."""

from __future__ import annotations

from farside.instruments.biosphere import fields, pack_packet
from farside.payload.biosphere.life import Life
from farside.work import rng


def read_sensors(life: Life, t: float, seed: int, count: int) -> dict[str, int]:
    """Counts of all sensors at t (TDB s past J2000), by name; ``count`` numbers the reading and names its noise."""
    gas = life.at(life.gas, t)
    duty, valve, shutter = life.at(life.controls, t)
    truth = {
        "air_temperature_k": life.at(life.air_k, t),
        "soil_temperature_k": life.at(life.soil_k, t),
        "wall_temperature_k": life.at(life.wall_k, t),
        "pressure_pa": life.at(life.pressure_pa, t),
        "humidity": life.at(life.humidity, t),
        "co2": life.at(life.shared("air.co2"), t) / gas,
        "o2": life.at(life.shared("air.o2"), t) / gas,
        "light_umol_m2_s": life.at(life.ppfd, t),
        "heater_duty": duty,
        "valve": round(float(valve)),
        "shutter": round(float(shutter)),
    }
    own = rng(seed, "biosphere", "sensor errors").standard_normal(len(fields()))
    noise = rng(seed, "biosphere", "reading", count).standard_normal(len(fields()))
    return {
        name: f.count(float(truth[name]) + f.accuracy * own[k] + f.noise * noise[k])
        for k, (name, f) in enumerate(fields().items())
    }


def report(life: Life, t: float, seed: int, count: int) -> bytes:
    """The telemetry packet of the sensors at t."""
    return pack_packet(t, read_sensors(life, t, seed, count), count)
