"""Dates of makers' files: every way to write them, the order that is never guessed, the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from receiver.errors import ConfigError, InputError
from receiver.importers.history import History, How, read
from receiver.records import Fix

LOTEK = (
    "Device ID,Date & Time [GMT],Date & Time [Local],Latitude,Longitude,Altitude,Fix Status,DOP,"
    "Temp [C],Main [V],Back [V]\n"
)
FOLLOWIT = "DATE,TIME,LAT,LON,PDOP,FIX\n"
MOVEBANK = (
    "timestamp,location-long,location-lat,tag-local-identifier\n2026-11-24 12:30:00,42.5,43.25,C1\n"
)
MOSCOW = timezone(timedelta(hours=3))
AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def history(text: str, how: How = How()) -> History:  # noqa: B008  (frozen)
    return read("given.csv", text.encode(), how)


def only(text: str, how: How = How()) -> Fix:  # noqa: B008
    (fix,) = history(text, how).fixes
    return fix


def lotek(*dates: str) -> str:
    return LOTEK + "".join(f"C1,{date},,43.25,42.5,1,3D,2,1,3,3\n" for date in dates)


def test_one_date_tells_the_order_of_all() -> None:
    found = history(lotek("05/03/2026 12:00", "24/11/2026 12:00"))
    assert [fix.time and fix.time.month for fix in found.fixes] == [3, 11]
    found = history(lotek("05/03/2026 12:00", "11/24/2026 12:00"))
    assert [fix.time and fix.time.month for fix in found.fixes] == [5, 11]


def test_order_that_no_date_tells_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"5 March 2026 or 3 May 2026.*--dates dmy or --dates mdy"):
        history(lotek("05/03/2026 12:00", "06/03/2026 12:00"))
    fixes = history(lotek("05/03/2026 12:00"), How(dates="mdy")).fixes
    assert fixes[0].time == datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_same_day_in_either_order_needs_no_order() -> None:
    assert only(lotek("05/05/2026 12:00")).time == datetime(2026, 5, 5, 12, tzinfo=UTC)


def test_dates_of_both_orders_are_refused() -> None:
    with pytest.raises(InputError, match=r"two orders.*line 2.*line 3"):
        history(lotek("24/11/2026 12:00", "11/25/2026 12:00"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("2026-11-24T12:30:00Z", AT), ("2026-11-24 15:30:00+03:00", AT), ("2026/11/24 12:30", AT),
     ("24-NOV-2026 12:30", AT), ("Nov 24, 2026 12:30:00 PM", AT), ("24 November 26 12:30", AT),
     ("24/11/26 12:30:00.0", AT), ("46350.5208333333", AT),
     ("24/11/2026 12:30 am", datetime(2026, 11, 24, 0, 30, tzinfo=UTC))],
)  # fmt: skip
def test_ways_to_write_a_time(text: str, wanted: datetime) -> None:
    row = f'C1,"{text}",,43.25,42.5,1,3D,2,1,3,3\n'
    assert only(LOTEK + row, How(dates="dmy")).time == wanted


@pytest.mark.parametrize(
    "text",
    ["2026-11-24", "24/11/2026", "noon", "2026-02-30 12:00", "1980-01-06 00:00", "2026-11-24 25:00",
     "31/31/2026 12:00", "2026-11-24 13:00 pm", "12:30", "-1", "1e300"],
)  # fmt: skip
def test_what_is_no_time_refuses_its_row(text: str) -> None:
    found = history(lotek(text, "2026-11-24 12:30"))
    assert (len(found.fixes), len(found.refused)) == (1, 1)
    assert text in found.refused[0].text


def test_local_times_need_a_stated_offset() -> None:
    text = FOLLOWIT + "2026-11-24,15:30:00,43.25,42.5,2,3D\n"
    with pytest.raises(InputError, match="--utc-offset"):
        history(text, How(collar="C1"))
    with pytest.raises(InputError, match="--collar"):
        history(text, How(utc_offset=UTC))


def test_offset_of_a_file_in_utc_is_a_contradiction() -> None:
    with pytest.raises(ConfigError, match="UTC"):
        history(MOVEBANK, How(utc_offset=MOSCOW))
