"""Whole dates of a day, hour and minute; clocks that cannot be right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from protocols import Packet, dates, decode

HEARD = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "time"),
    [
        (10, 11, 59, datetime(2027, 3, 10, 11, 59, tzinfo=UTC)),
        (10, 12, 59, datetime(2027, 3, 10, 12, 59, tzinfo=UTC)),  # its clock is a little ahead
        (10, 13, 1, datetime(2027, 2, 10, 13, 1, tzinfo=UTC)),
        (11, 0, 0, datetime(2027, 2, 11, tzinfo=UTC)),
        (29, 0, 0, datetime(2027, 1, 29, tzinfo=UTC)),  # February has none
        (31, 23, 59, datetime(2027, 1, 31, 23, 59, tzinfo=UTC)),
        (0, 0, 0, None),
        (10, 24, 0, None),
        (10, 0, 60, None),
    ],
)
def test_last_such_day(day: int, hour: int, minute: int, time: datetime | None) -> None:
    assert dates.of_day_of_month(day, hour, minute, HEARD) == time
    local = HEARD.astimezone(timezone(timedelta(hours=-9)))
    assert dates.of_day_of_month(day, hour, minute, local) == time
    assert dates.of_day_of_month(day, hour, minute, None) is None


def test_last_such_day_over_the_new_year() -> None:
    heard = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)
    assert dates.of_day_of_month(31, 23, 0, heard) == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "time"),
    [
        (69, 11, datetime(2027, 3, 10, 11, tzinfo=UTC)),
        (69, 13, datetime(2027, 3, 10, 13, tzinfo=UTC)),  # its clock is a little ahead
        (69, 14, datetime(2026, 3, 10, 14, tzinfo=UTC)),
        (365, 23, datetime(2026, 12, 31, 23, tzinfo=UTC)),
        (366, 0, None),  # neither year has one
        (0, 0, None),
        (1, 24, None),
    ],
)
def test_last_such_day_of_the_year(day: int, hour: int, time: datetime | None) -> None:
    assert dates.of_day_of_year(day, hour, 0, HEARD) == time
    assert dates.of_day_of_year(day, hour, 0, None) is None


def test_leap_day_number() -> None:
    heard = datetime(2029, 1, 2, tzinfo=UTC)
    assert dates.of_day_of_year(366, 5, 7, heard) == datetime(2028, 12, 31, 5, 7, tzinfo=UTC)


def test_old_records_have_old_times() -> None:
    """A clock that was not set says a year before 2015; a record of 2008 does so rightly."""
    fix, heard = datetime(2008, 10, 5, tzinfo=UTC), datetime(2008, 10, 6, tzinfo=UTC)
    assert dates.believed(fix, heard) == (fix, ())
    assert dates.believed(fix, HEARD)[0] is None
    assert dates.believed(datetime(1980, 1, 6, tzinfo=UTC), heard)[0] is None


AWT = "a507d121520102013b2a00022a0201836aaa68a09174330ca185ca0403090078ffd303f21b37"


def heard_awt(received: datetime) -> Packet:
    (packet,) = decode(bytes.fromhex(AWT), protocol="awt-lorawan", received=received)
    return packet


def test_every_format_loses_a_time_that_cannot_be() -> None:
    assert heard_awt(HEARD).time == datetime(2026, 9, 16, 10, tzinfo=UTC)
    early = heard_awt(datetime(2026, 9, 1, tzinfo=UTC))
    assert early.time is None
    assert early.latitude_deg is not None
    assert "2026-09-16, in the future: not believed" in early.warnings[-1]
    assert dates.of_unix(0, None) == (None, ())
    assert dates.of_unix(1, None)[0] is None
