"""Made-up walks for measuring the locator: what they promise about their fields and kinds."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.simulator.trials import FLOOR_DBM, KINDS, trial


@pytest.mark.parametrize("kind", KINDS)
def test_walk_comes_from_its_seed(kind: str) -> None:
    one, again, other = trial(kind, 5), trial(kind, 5), trial(kind, 6)
    np.testing.assert_array_equal(one.level_dbm, again.level_dbm)
    assert one.path_m.shape != other.path_m.shape or (one.path_m != other.path_m).any()
    assert np.isfinite(one.level_dbm).sum() >= 8
    assert len(one.x_m) == len(one.y_m) == len(one.level_dbm) == len(one.path_m)


@pytest.mark.parametrize(
    ("kind", "low_m", "high_m"),
    [("broken", 80, 500), ("large", 320, 2000), ("near", 15, 100), ("car", 300, 2500)],
)
def test_walk_begins_where_its_kind_says(kind: str, low_m: float, high_m: float) -> None:
    starts = [float(np.hypot(*trial(kind, seed, 40).truth.start_m)) for seed in range(40)]
    assert low_m <= min(starts) < max(starts) <= high_m


def test_spread_about_the_law_is_that_of_the_shadows() -> None:
    """One reading of each of 400 walks: its residual has the variance that was drawn."""
    ratio = []
    for seed in range(400):
        made = trial("assumed", seed, 20)
        if made.truth.sector_db:
            continue
        level, path = made.level_dbm, made.path_m
        heard = np.isfinite(level)
        if not heard.all():
            continue
        log_d = 10 * np.log10(np.maximum(np.hypot(*path.T), 3.0) / 100)
        variance = sum(v for v, _ in made.truth.shadows) + made.truth.own_db**2
        # Power and exponent are not known here: 12 dB of power and 0.6 of the exponent are added.
        total = variance + 12.0**2 + (0.6 * log_d[0]) ** 2
        ratio.append((level[0] + 95 + 2.8 * log_d[0]) ** 2 / total)
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.25)


def test_weak_packets_are_missed_and_strong_ones_are_not() -> None:
    levels = np.concatenate([trial("ridge", seed).level_dbm for seed in range(60)])
    assert np.isnan(levels).any()
    assert np.nanmin(levels) > FLOOR_DBM - 8


def test_gps_errs_by_some_metres_and_slowly() -> None:
    errors = [
        np.column_stack([t.x_m, t.y_m]) - t.path_m for t in (trial("broken", s) for s in range(60))
    ]
    size = np.sqrt(np.mean([(e**2).mean() for e in errors]))
    steps = np.sqrt(np.mean([(np.diff(e, axis=0) ** 2).mean() for e in errors]))
    assert size == pytest.approx(4.0, abs=0.6)
    assert steps < 0.3 * size


def test_no_such_kind() -> None:
    with pytest.raises(KeyError):
        trial("sea", 1)
