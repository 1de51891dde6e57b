"""Argos-3 bursts of the independent simulator argos3, and the code that they have."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import hilbert

from receiver.dsp.argos import ArgosReceiver
from receiver.dsp.burst import Burst
from receiver.dsp.viterbi import decoded, encoded

RATE_HZ, CARRIER_HZ = 128_000.0, 2400.0
# argos3 1.0.7: EncoderConvolutional().encode of the first 24 bits of its example datagram.
BITS = "001100011110001001000000"
CODED = ("001000111001000000110001", "001110101110111000000011")


def bits_of(text: str) -> np.ndarray:
    return np.array([int(bit) for bit in text])


def test_code_is_that_of_another_implementation() -> None:
    assert (encoded(bits_of(BITS)) == np.stack([bits_of(c) for c in CODED], axis=1)).all()


def test_errors_are_corrected() -> None:
    rng = np.random.default_rng(1)
    bits = np.concatenate((rng.integers(0, 2, 200), np.zeros(6, int)))
    sent = 2.0 * encoded(bits) - 1.0
    received = sent + rng.normal(0.0, 0.7, sent.shape)
    assert (np.sign(received) != sent).mean() > 0.05
    assert (decoded(2.0 * received / 0.49) == bits).all()


def heard(
    shared: Path, cn0_dbhz: float, *, mirrored: bool = False, seed: int = 3
) -> tuple[list[Burst], str]:
    """Return what is heard of the simulator's burst in noise, and its message."""
    lines = (shared / "vectors" / "commercial-collars.jsonl").read_text(encoding="utf-8")
    (text,) = (json.loads(x)["text"] for x in lines.splitlines() if "argos.ptt_a3" in x)
    wave = hilbert(np.load(shared / "data/argos/argos3_ptt_a3_sim_fs128k_fc2400.npy"))
    wave = np.conj(wave) if mirrored else wave
    power = float(np.mean(np.abs(wave[3000:8000]) ** 2))
    x = np.concatenate((np.zeros(64_000), wave, np.zeros(80_000)))
    noise = np.random.default_rng(seed).standard_normal((len(x), 2)).view(np.complex128)[:, 0]
    x = x + noise * np.sqrt(power / 10 ** (cn0_dbhz / 10) * RATE_HZ / 2.0)
    receiver = ArgosReceiver(RATE_HZ, 0.0, 100e3)
    samples = x.astype(np.complex64)
    return receiver.push(samples) + receiver.finish(), text


@pytest.mark.shared
@pytest.mark.parametrize("mirrored", [False, True])
def test_burst_of_the_simulator_is_read_in_noise(shared: Path, mirrored: bool) -> None:
    (burst,), text = heard(shared, 36.0, mirrored=mirrored)
    assert (burst.kind, burst.bits, burst.inverted) == ("ptt-a3", text, mirrored)
    assert abs(burst.frequency_hz) == pytest.approx(CARRIER_HZ, abs=3.0)
    assert burst.time_s == pytest.approx(0.5, abs=0.005)
    assert burst.duration_s == pytest.approx(0.36, abs=0.003)


@pytest.mark.shared
def test_burst_that_is_too_weak_is_heard_all_the_same(shared: Path) -> None:
    found = [heard(shared, 29.0, seed=seed)[0] for seed in range(5)]
    bursts = [burst for one in found for burst in one]
    assert sum(map(bool, found)) >= 3
    assert {burst.kind for burst in bursts} <= {None, "ptt-a3"}
    for burst in bursts:
        assert burst.frequency_hz == pytest.approx(CARRIER_HZ, abs=10.0)
