"""Made-up Argos bursts are what they say: carrier, phases, level, noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from receiver.simulator.argos import Transmission, cn0_of, samples, wave

SENT = Transmission(bits="10", cn0_dbhz=20.0, start_s=0.1)


def test_carrier_then_biphase_of_1_1_rad() -> None:
    x = wave(SENT, 40_000.0, 20_000)
    assert np.abs(x[:4000]).max() == pytest.approx(0.0, abs=1e-9)
    assert x[4010:10_390] == pytest.approx(10.0)
    halves = [np.angle(x[10_400 + 50 * n : 10_450 + 50 * n]).mean() for n in range(4)]
    assert halves == pytest.approx([1.1, -1.1, -1.1, 1.1])
    assert np.abs(x[10_600:]).max() == pytest.approx(0.0, abs=1e-9)


def test_inverted_frequency_drift() -> None:
    sent = Transmission(
        bits="1", cn0_dbhz=0.0, start_s=0.0, inverted=True, frequency_hz=100.0, drift_hz_s=1000.0
    )
    x = wave(sent, 40_000.0, 6400)
    hertz = np.diff(np.unwrap(np.angle(x))) * 40_000.0 / (2 * math.pi)
    assert hertz[100] == pytest.approx(102.5, abs=0.1)
    assert hertz[6000] == pytest.approx(250.0, abs=0.1)


def test_noise_is_0_db_in_1_hz_and_of_the_seed() -> None:
    x = samples([], 10_000.0, 20.0, seed=1)
    assert float(np.mean(np.abs(x) ** 2)) == pytest.approx(10_000.0, rel=0.02)
    assert (samples([], 10_000.0, 20.0, seed=1) == x).all()
    assert cn0_of(6.0) == pytest.approx(32.02, abs=0.01)
