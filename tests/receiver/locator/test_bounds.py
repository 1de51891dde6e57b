"""Silence and bounds: against brute force, and that silence moves weight to "off"."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from receiver.columns import columns
from receiver.geodesy import LocalGrid
from receiver.locator import LocatorConfig, posterior
from receiver.locator.bounds import BoundData, bounds
from receiver.locator.radio import SCALED_AT_DB, RadioData, covariance, distances_db
from receiver.records import Observation

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POINTS = np.array([[10.0, 20.0], [500.0, -300.0], [3000.0, 1000.0]])
NOTHING = RadioData(
    x_m=np.empty(0), y_m=np.empty(0), level_db=np.empty(0), group=np.empty(0, dtype=np.int64),
    group_mean_db=np.empty(0), group_covariance_db2=np.empty((0, 0)),
)  # fmt: skip
HEARD = RadioData(
    x_m=np.array([0.0, 250.0, 600.0]), y_m=np.array([0.0, 100.0, -50.0]),
    level_db=np.array([-99.0, -104.0, -110.0]), group=np.zeros(3, dtype=np.int64),
    group_mean_db=np.array([-95.0]), group_covariance_db2=np.array([[360.0]]),
)  # fmt: skip


def silences(**changes: Any) -> BoundData:
    two = BoundData(
        x_m=np.array([0.0, 400.0]), y_m=np.array([0.0, 300.0]),
        threshold_db=np.array([-118.0, -115.0]), on_probability=np.array([0.9, 0.5]),
        weight=np.ones(2), is_lower=np.zeros(2, dtype=bool), mean_db=np.full(2, -95.0),
        sd_db=np.full(2, 18.0), shared_db2=np.zeros((2, 0)),
    )  # fmt: skip
    return replace(two, **changes)


def test_silence_where_nothing_was_heard_is_summed_over_the_power() -> None:
    """The power by quadrature; each place misses by itself, all share whether it is off."""
    data, config, off = silences(), LocatorConfig(), 0.3
    found, inaudible = bounds(POINTS, data, NOTHING, off, config)
    for value, point in zip(found, POINTS, strict=True):
        log_d = distances_db(point[None], data.x_m, data.y_m, config.place_error_m)[0]
        sd = np.sqrt(SCALED_AT_DB**2 + (config.exponent_sd * log_d) ** 2)

        def given(power: float, log_d: np.ndarray = log_d, sd: np.ndarray = sd) -> float:
            above = (power - config.exponent * log_d - data.threshold_db) / sd
            missed = 1 - data.on_probability * (1 - config.miss_share) * stats.norm.cdf(above)
            return float(np.prod(missed)) * float(stats.norm(-95, 18).pdf(power))

        on, _ = integrate.quad(given, -200, 10, limit=300)
        assert value == pytest.approx(math.log(off + (1 - off) * on), abs=2e-3)
    assert inaudible == pytest.approx(math.log(off))


def test_what_was_heard_says_what_should_be_heard_elsewhere() -> None:
    """The mean and spread at a place by conditioning a dense normal distribution."""
    config = LocatorConfig()
    shape = config.shadowing[1]
    data = silences(shared_db2=np.full((2, 1), 360.0), on_probability=np.ones(2),
                    sd_db=np.full(2, math.sqrt(360.0)))  # fmt: skip
    both = replace(
        HEARD, x_m=np.append(data.x_m, HEARD.x_m), y_m=np.append(data.y_m, HEARD.y_m),
        level_db=np.zeros(5), group=np.zeros(5, dtype=np.int64),
    )  # fmt: skip
    found, _ = bounds(POINTS, data, HEARD, 0.0, config)
    for value, point in zip(found, POINTS, strict=True):
        log_d = distances_db(point[None], both.x_m, both.y_m, config.place_error_m)[0]
        total = SCALED_AT_DB**2 * covariance(both, shape)
        total += config.exponent_sd**2 * np.outer(log_d, log_d)
        mean = -95 - config.exponent * log_d
        gain = total[:2, 2:] @ np.linalg.inv(total[2:, 2:])
        expected = mean[:2] + gain @ (HEARD.level_db - mean[2:])
        sd = np.sqrt(np.diag(total[:2, :2] - gain @ total[2:, :2]))
        heard = (1 - config.miss_share) * stats.norm.cdf((expected - data.threshold_db) / sd)
        assert value == pytest.approx(float(np.log(1 - heard).sum()), abs=0.02)


def test_loss_of_the_ground_lowers_what_was_heard_as_well_as_what_was_not() -> None:
    """12 dB lost everywhere and everything 12 dB weaker: nothing else is different."""
    level = LocatorConfig()
    weaker = LocatorConfig(loss_db=lambda points_m, places_m: np.full(
        (len(points_m), len(places_m)), 12.0))  # fmt: skip
    data = silences(shared_db2=np.full((2, 1), 360.0), sd_db=np.full(2, math.sqrt(360.0)))
    expected, _ = bounds(POINTS, data, HEARD, 0.3, level)
    low = replace(data, threshold_db=data.threshold_db - 12.0)
    found, _ = bounds(POINTS, low, replace(HEARD, level_db=HEARD.level_db - 12.0), 0.3, weaker)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_level_of_an_overloaded_receiver_is_a_lower_bound() -> None:
    loud = silences(is_lower=np.ones(2, dtype=bool), threshold_db=np.array([-60.0, -70.0]))
    found, _ = bounds(POINTS, loud, NOTHING, 0.0, LocatorConfig())
    assert found[0] > found[1] > found[2]


def observation(number: int, kind: str, **fields: Any) -> Observation:
    return Observation(**{"id": str(number), "kind": kind, "time": NOW, **fields})


def silent_walk(count: int, hour: float = 0.0) -> list[Observation]:
    """Silent places about the last fix, 300 m apart."""
    grid, rows = LocalGrid(43.0, 42.0), []
    for k in range(count):
        lat, lon = grid.to_degrees(300.0 * (k % 4 - 1.5), 300.0 * (k // 4 - 1.5))
        rows.append(
            observation(
                100 + k, "silence", time=NOW + timedelta(hours=hour), heard=False,
                on_probability=0.9, threshold_db=-120.0, level_unit="dBm",
                latitude_deg=float(lat), longitude_deg=float(lon),
            )
        )  # fmt: skip
    return rows


FIX = observation(1, "position", time=NOW - timedelta(hours=1), latitude_deg=43.0,
                  longitude_deg=42.0, accuracy_m=50.0)  # fmt: skip


def test_repeated_silence_moves_weight_to_off_and_not_to_the_next_valley() -> None:
    found = [posterior(columns([FIX, *silent_walk(count)])) for count in (1, 4, 16)]
    off = [f.answer.inaudible_probability or 0.0 for f in found]
    assert off == sorted(off)
    assert off[-1] > 0.3
    area = [f.answer.regions["95"]["area_m2"] for f in found]
    assert area[-1] < 2.0 * area[0]
    assert any("off, dead or outside" in warning for warning in found[-1].answer.warnings)


def test_thirty_silent_days_begin_with_four_in_ten() -> None:
    old = replace(FIX, time=NOW - timedelta(days=40))
    found = posterior(columns([old, *silent_walk(1)])).answer
    assert (found.inaudible_probability or 0.0) >= 0.4
    told = LocatorConfig(off_probability=0.05)
    assert (
        posterior(columns([old, *silent_walk(1)]), told).answer.inaudible_probability or 0
    ) < 0.2


def test_silence_without_a_known_weakest_level_is_drawn_only() -> None:
    rows = [replace(row, threshold_db=None) for row in silent_walk(16)]
    answer = posterior(columns([FIX, *rows])).answer
    assert "silence" not in answer.contributions_bits
    assert any("silences without a known weakest level" in warning for warning in answer.warnings)


def test_beacon_that_is_heard_is_on() -> None:
    heard = [
        observation(k, "level", heard=True, level_db=-100.0, level_unit="dBm", latitude_deg=43.0,
                    longitude_deg=42.0 + 0.002 * k) for k in range(2, 6)
    ]  # fmt: skip
    answer = posterior(columns([FIX, *heard, *silent_walk(8)])).answer
    assert answer.inaudible_probability == 0.0
