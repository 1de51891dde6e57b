"""Fast folding against folding one period after the other."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp.folding import Folder


@pytest.mark.parametrize("drifts", [range(16), range(3, 8), range(15, 16)])
def test_sums_are_those_of_rows_moved_by_a_drift(drifts: range) -> None:
    values = np.random.default_rng(1).integers(0, 40, (16 * 11, 2)).astype(np.uint8)
    added = Folder(len(values), 11.0, 12.0, 0, 40).sums(values, 11, drifts)
    cells = values.reshape(16, 11, 2)
    for number, drift in enumerate(drifts):
        # The shift of each row in the fast algorithm: the bits of the row count with their weights.
        expected = np.zeros((11, 2), int)
        for row in range(16):
            expected += np.roll(cells[row], -shift(row, drift, 16), axis=0)
        np.testing.assert_array_equal(added[number].reshape(11, 2), expected)


def shift(row: int, drift: int, count: int) -> int:
    """Return how many columns late a row is added for a drift over `count` rows."""
    if count == 1:
        return 0
    half = count // 2
    if row < half:
        return shift(row, drift // 2, half)
    return (drift + 1) // 2 + shift(row - half, drift // 2, half)


@pytest.mark.parametrize("seed", range(5))
def test_drift_is_near_a_straight_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drift = int(rng.integers(0, 64))
    rows = np.arange(64)
    moved = np.array([shift(int(row), drift, 64) for row in rows])
    assert np.abs(moved - rows * drift / 63.0).max() <= 2.0


@pytest.mark.parametrize("period", [17.0, 17.3, 18.9])
def test_a_steady_beacon_is_found_with_its_period(period: float) -> None:
    values = np.random.default_rng(4).integers(0, 4, (1000, 130)).astype(np.uint8)
    times = np.rint(5.0 + period * np.arange(int(995 / period))).astype(int)
    for late in (-1, 0, 1):  # a pulse is three columns long
        values[times + late, 113] += 6
    folder = Folder(len(values), 16.5, 19.5, zero=2, most=9)
    found = folder.fold(values, least=150)
    assert [one.bin for one in found] == [113]
    assert found[0].period == pytest.approx(period, abs=0.1)
    assert found[0].first % period == pytest.approx(5.0, abs=2.5)
    # All pulses but a few are in the sum: straight lines in steps of columns pass by some.
    assert found[0].value > 0.85 * (6 * len(times) - 30)
    assert folder.highest(values)[113] == found[0].value


def test_least_leaves_the_others_out() -> None:
    values = np.random.default_rng(4).integers(0, 5, (500, 3)).astype(np.uint8)
    folder = Folder(len(values), 16.0, 18.0, zero=2, most=4)
    assert folder.fold(values, least=1000) == []
    assert len(folder.fold(values, least=-1000)) == 3
    assert folder.fold(values[:, :0], least=0) == []


def test_periods_beyond_the_recording() -> None:
    values = np.zeros((5, 1), np.uint8)
    values[3] = 4
    assert Folder(5, 0.4, 1.0, zero=0, most=4).highest(values).tolist() == [4]
    found = Folder(5, 40.0, 42.0, zero=0, most=4).fold(values, least=3)
    assert [(one.value, one.first) for one in found] == [(4, 3)]
