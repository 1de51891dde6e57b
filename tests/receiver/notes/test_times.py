"""Local times: read, and refused where they could mean two instants or none."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.errors import ConfigError
from receiver.notes import times

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("14:35", "2026-11-24T11:35"),
        ("1435", "2026-11-24T11:35"),
        (" 9:05 ", "2026-11-24T06:05"),
        ("2026-11-23 23:10", "2026-11-23T20:10"),
        ("2026-11-24T14:35:20", "2026-11-24T11:35:20"),
        ("14:35Z", None),
        ("11:35Z", "2026-11-24T11:35"),
        ("17:05+5:45", "2026-11-24T11:20"),
    ],
)
def test_local_times(text: str, utc: str | None) -> None:
    if utc is None:
        with pytest.raises(ConfigError, match="future"):
            times.parse_local(text, MOSCOW, NOW)
    else:
        expected = datetime.fromisoformat(utc).replace(tzinfo=UTC)
        assert times.parse_local(text, MOSCOW, NOW) == expected


def test_future_names_yesterday_and_what_the_clock_says() -> None:
    with pytest.raises(ConfigError, match=r'2026-11-24 15:00 MSK.*write "2026-11-23 23:50"'):
        times.parse_local("23:50", MOSCOW, NOW)


def test_watches_may_differ_by_two_minutes() -> None:
    assert times.parse_local("15:02", MOSCOW, NOW) == NOW + timedelta(minutes=2)


def test_older_than_a_day_needs_to_be_sure() -> None:
    with pytest.raises(ConfigError, match="--sure"):
        times.parse_local("2026-11-23 14:59", MOSCOW, NOW)
    sure = times.parse_local("2026-11-20 14:59", MOSCOW, NOW, sure=True)
    assert sure == times.parse_local("2026-11-20 14:59", MOSCOW, NOW, oldest=None)


@pytest.mark.parametrize(
    ("text", "now", "word"),
    [  # European Union: clocks change on the last Sundays of March and October at 01:00 UTC
        ("2026-10-25 02:30", datetime(2026, 10, 25, 12, tzinfo=UTC), "twice"),
        ("2026-03-29 02:30", datetime(2026, 3, 29, 12, tzinfo=UTC), "does not exist"),
    ],
)
def test_change_of_clocks_is_asked_about(text: str, now: datetime, word: str) -> None:
    with pytest.raises(ConfigError, match=rf"{word}.*02:30\+[12] or 02:30\+[12]"):
        times.parse_local(text, BERLIN, now)


def test_offset_answers_the_question() -> None:
    now = datetime(2026, 10, 25, 12, tzinfo=UTC)
    first = times.parse_local("2026-10-25 02:30+2", BERLIN, now)
    second = times.parse_local("2026-10-25 02:30+1", BERLIN, now)
    assert (first.hour, second.hour) == (0, 1)


@pytest.mark.parametrize(
    "text", ["", "noon", "25:00", "14:60", "2026-02-30 10:00", "14:35+99", "1"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        times.parse_local(text, MOSCOW, NOW)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(ConfigError):
        assert times.parse_local(text, MOSCOW, NOW, sure=True).tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "9999-12-31 23:59", "9999-12-31 23:59-5"])
def test_ends_of_the_calendar(text: str) -> None:
    with pytest.raises(ConfigError):
        times.parse_local(text, ZoneInfo("Asia/Tokyo"), NOW)


def test_zone_of_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert str(times.local_zone(NOW, {"TZ": ":Europe/Berlin"}, tmp_path)) == "Europe/Berlin"
    assert str(times.local_zone(NOW, {}, tmp_path)) == "Asia/Tokyo"


def test_zone_without_a_name_is_the_offset_of_now(tmp_path: Path) -> None:
    assert times.local_zone(NOW, {"TZ": "NOWHERE-3"}, tmp_path) is not None
    assert NOW.astimezone(times.local_zone(NOW, {}, tmp_path)).utcoffset() is not None


@pytest.mark.parametrize("text", ["+0", "+3", "-3:30", "+5:45", "-11"])
def test_offsets_are_written_as_they_are_read(text: str) -> None:
    offset = NOW.astimezone(times.parse_offset(text)).utcoffset()
    assert offset is not None
    assert times.format_offset(offset) == text
