"""The gate before the search of bursts."""

from __future__ import annotations

import numpy as np

from receiver.dsp.gate import FRAMES, Gate


def energies(gate: Gate, signal: np.ndarray, known: int = FRAMES) -> np.ndarray:
    return np.asarray(gate.energy(signal.astype(np.complex64), known), np.float32)


def noise(gate: Gate, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(2 * gate.block).view(np.complex128)


def test_noise_has_the_mean_and_the_spread_that_are_expected() -> None:
    gate = Gate(250e3, 0.0, 120e3, 3e-3)
    found = np.concatenate([energies(gate, noise(gate, seed)) for seed in range(20)])
    assert abs(found.mean() / 121 - 1.0) < 0.03
    assert 0.9 < found.std() / np.sqrt(121) < 1.2
    assert not gate.opens(found).any()


def test_a_burst_opens_it_beside_a_carrier_a_thousand_times_as_strong() -> None:
    gate = Gate(250e3, 0.0, 120e3, 3e-3)
    signal = noise(gate, 1)
    signal += 100.0 * np.exp(2j * np.pi * 0.1 * np.arange(len(signal)))
    assert not gate.opens(energies(gate, signal)).any()
    short = slice(16_000, 16_750)
    rng = np.random.default_rng(2)
    signal[short] += rng.standard_normal(2 * 750).view(np.complex128)
    opened = np.flatnonzero(gate.opens(energies(gate, signal)))
    # It fills 64 to 66: it may have begun at the end of 63, and holds nothing that begins later.
    assert opened.tolist() == [63, 64]


def test_energy_outside_its_band_does_not_open_it() -> None:
    gate = Gate(1e6, 200e3, 120e3, 3e-3)
    signal = noise(gate, 3)
    turns = np.exp(2j * np.pi * np.arange(3000) / 1e6 * np.array([[-200e3], [200e3]]))
    for tone, opens in zip(turns, (False, True), strict=True):
        louder = signal.copy()
        louder[50_000:53_000] += 3.0 * tone
        assert gate.opens(energies(gate, louder)).any() == opens


def test_what_is_too_short_to_know_its_noise_opens_it() -> None:
    gate = Gate(250e3, 0.0, 120e3, 3e-3)
    signal = noise(gate, 4)
    signal[1000:] = 0.0
    opened = gate.opens(energies(gate, signal, known=4))
    # None that is whole begins in the last two of them any more.
    assert opened[:2].all()
    assert not opened[2:].any()
