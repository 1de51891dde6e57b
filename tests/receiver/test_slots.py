"""Slots to levels: means of powers, those that were not found among them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from receiver.records import Detection
from receiver.slots import levels

START = datetime(2026, 11, 27, tzinfo=UTC)


def slot(second: float, power: float, **changes: object) -> Detection:
    one = Detection(
        kind="slot", time=START + timedelta(seconds=second), monotonic_ns=0, source="sdr",
        collar="leo", track_id="leo-1", level_raw=power, text="heard", session="1",
        found=power > 2e-5,
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


def test_mean_of_powers_is_unbiased_where_single_pulses_are_not() -> None:
    """Noise and a beacon of 10 dB over it in each slot, 4,000 times ten seconds."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((2, 4000, 8)) / np.sqrt(2)
    energy = np.abs(np.sqrt(10.0) + noise[0] + 1j * noise[1]) ** 2
    found = []
    for row in energy:
        slots = [("A", slot(1.2 * n, (q - 1.0) * 1e-5)) for n, q in enumerate(row)]
        found += [one for _, one in levels(slots)]
    means = np.array([one.level_db for one in found])
    assert len(found) > 3990
    assert means.mean() == pytest.approx(-40.0, abs=0.15)
    said = np.array([one.level_sd_db for one in found])
    assert means.std() == pytest.approx(said.mean(), rel=0.35)


def test_each_ten_seconds_are_a_level_of_their_own() -> None:
    slots = [("A", slot(1.25 * n, 1e-5 * (1 + n // 8))) for n in range(24)]
    found = levels(slots)
    assert [round(one.level_db, 1) for _, one in found] == [-50.0, -47.0, -45.2]
    assert [(one.time - START).total_seconds() for _, one in found] == [5.0, 15.0, 25.0]
    assert {one.level_unit for _, one in found} == {"dBFS"}


def test_what_is_not_surely_a_beacon_is_no_evidence() -> None:
    faint = [("A", slot(n, 1e-5, text="maybe")) for n in range(8)]
    pulses = [("A", slot(n, 1e-5, kind="pulse")) for n in range(8)]
    noise = [("A", slot(n, (-1) ** n * 1e-5)) for n in range(8)]
    few = [("A", slot(n, 1e-5)) for n in range(2)]
    assert levels([*faint, *pulses]) == []
    assert levels(noise) == []
    assert levels(few) == []


def test_one_cut_off_slot_makes_a_lower_bound() -> None:
    slots = [("A", slot(n, 1e-5, saturated=n == 3)) for n in range(6)]
    ((_, one),) = levels(slots)
    assert one.saturated


def test_others_pass() -> None:
    meter = replace(slot(0, 1.0), kind="meter")
    assert levels([("A", meter)]) == [("A", meter)]
