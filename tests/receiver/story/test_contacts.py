"""Schedule, silence, fix success and sensors, from times whose rule is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import theilslopes

from receiver.importers.history import How, read
from receiver.records import Fix
from receiver.story import contacts, ground

HOUR, DAY = 3600.0, 86_400.0
BEGIN = datetime(2026, 5, 1, tzinfo=UTC).timestamp()


def times(interval_s: float, count: int, jitter_s: float = 20.0, come: float = 1.0) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(3)
    due = BEGIN + interval_s * np.arange(count) + rng.normal(0.0, jitter_s, count)
    return due[rng.random(count) < come]


@pytest.mark.parametrize("come", [1.0, 0.9, 0.6, 0.45])
def test_schedule_is_found_also_where_many_fixes_fail(come: float) -> None:
    found = contacts.rhythm(times(3 * HOUR, 600, come=come))
    assert found is not None
    assert found.interval_s == pytest.approx(3 * HOUR, rel=0.01)
    assert found.missed_share == pytest.approx(1 - come, abs=0.05)


def test_messages_of_one_pass_are_one_contact() -> None:
    passes = times(3 * DAY, 30)
    found = contacts.rhythm(np.sort(np.concatenate([passes + 60.0 * k for k in range(8)])))
    assert found is not None
    assert found.interval_s == pytest.approx(3 * DAY, rel=0.01)
    assert found.gaps == 29


def test_last_of_two_schedules_is_in_force() -> None:
    summer = times(HOUR, 300)
    winter = summer[-1] + times(13 * HOUR, 60) - BEGIN + 13 * HOUR
    found = contacts.rhythm(np.concatenate([summer, winter]))
    assert found is not None
    assert found.interval_s == pytest.approx(13 * HOUR, rel=0.01)
    assert found.interval_before_s == pytest.approx(HOUR, rel=0.05)
    assert abs(found.since.timestamp() - summer[-1]) < 3 * DAY


@pytest.mark.parametrize("count", range(6))
def test_few_contacts_have_no_schedule(count: int) -> None:
    assert contacts.rhythm(times(HOUR, count)) is None


def test_a_silence_is_compared_with_its_own_gaps() -> None:
    contact_s = np.delete(times(DAY, 120), [*range(20, 25), *range(60, 69)])  # gaps of 6 and 10 d
    found = contacts.rhythm(contact_s)
    assert found is not None
    five = contacts.overdue(contact_s, found, contacts.utc(contact_s[-1] + 5.5 * DAY))
    assert (five.missed, five.as_long, five.gaps) == (5, 2, len(contact_s) - 1)
    assert five.share_as_long == pytest.approx(3 / (five.gaps + 1))
    long = contacts.overdue(contact_s, found, contacts.utc(contact_s[-1] + 40.5 * DAY))
    assert (long.missed, long.as_long) == (40, 0)
    early = contacts.overdue(contact_s, found, contacts.utc(contact_s[-1] - DAY))
    assert (early.silence_s, early.missed) == (0.0, 0)


def test_fix_success_before_the_silence() -> None:
    good, poor = times(HOUR, 24 * 60), times(HOUR, 24 * 14, come=0.4)
    fix_s = np.concatenate([good, poor - BEGIN + good[-1] + HOUR])
    found = contacts.rhythm(good)
    assert found is not None
    success = contacts.fix_success(fix_s, found, float(fix_s[-1]))
    assert success is not None
    assert success.before_share == pytest.approx(1.0, abs=0.03)
    assert success.recent_share == pytest.approx(0.4, abs=0.06)


def test_slope_is_that_of_theil_and_sen(fix: Callable[..., Fix]) -> None:
    rng = np.random.default_rng(4)
    volts = 3.6 - 0.002 * np.arange(60) + rng.normal(0, 0.01, 60)
    rows = [fix(24.0 * day, battery_v=float(v)) for day, v in enumerate(volts)]
    found = contacts.trend(rows, lambda row: row.battery_v, "V")
    assert found is not None
    expected = theilslopes(volts, np.arange(60)).slope
    assert found.slope_per_30_days == pytest.approx(30 * expected)
    assert found.recent == pytest.approx(np.median(volts[-7:]))
    assert found.before == pytest.approx(np.median(volts[-37:-7]))


def test_a_sensor_without_values_is_unknown(fix: Callable[..., Fix]) -> None:
    assert contacts.trend([fix(0), fix(1)], lambda row: row.battery_v, "V") is None


def test_mortality_that_was_taken_back_is_not_set(fix: Callable[..., Fix]) -> None:
    flags = [False, True, True, False]
    rows = [fix(hours, mortality=flag) for hours, flag in enumerate(flags)]
    found = contacts.mortality(rows)
    assert found is not None
    assert (found.count, found.is_set) == (2, False)
    assert found.last - found.first == timedelta(hours=1)
    set_again = contacts.mortality([*rows, fix(9, mortality=True)])
    assert set_again is not None
    assert set_again.is_set
    assert contacts.mortality([fix(0)]) is None


def test_a_real_collar_has_the_schedule_that_its_file_is_named_for(shared: Path) -> None:
    file = shared / "data/telonics/telonics_gen3_77267_vendor_24hr.csv"
    rows = read(file.name, file.read_bytes(), How()).fixes
    found = ground.track(ground.trusted(rows))
    assert found is not None
    schedule = contacts.rhythm(found.time_s)
    assert schedule is not None
    assert schedule.interval_s == pytest.approx(DAY, rel=0.01)
