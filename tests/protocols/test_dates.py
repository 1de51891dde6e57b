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
