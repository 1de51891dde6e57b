"""Local times as people write them, turned to UTC, and refused where they could mean two instants.

Nothing here reads the clock: `now` is passed in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from receiver.errors import ConfigError

OLDEST = timedelta(days=1)
# Two watches may differ by this much without anybody being wrong.
FUTURE_SLACK = timedelta(minutes=2)
# A phone keeps its entries no longer than this: beyond, its clock was set in between.
OLDEST_KEPT = timedelta(days=30)

_TIME = re.compile(
    r"^(?:(?P<day>\d{4}-\d\d-\d\d)[ T]+)?"
    r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"\s*(?P<offset>Z|[+-]\d{1,2}(?::?\d\d)?)?$",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"^([+-])(\d{1,2}):?(\d\d)?$")


def local_zone(
    now: datetime, environ: Mapping[str, str] = os.environ, etc: Path = Path("/etc")
) -> tzinfo:
    """Return the computer's time zone, with its rules where they are known by a name.

    Where only the present offset from UTC is known, that offset holds for all times.
    """
    name = environ.get("TZ", "").lstrip(":")
    if not name:
        _, _, name = os.path.realpath(etc / "localtime").partition("zoneinfo/")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return now.astimezone().tzinfo or UTC


def zone_called(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        ConfigError: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"time zone {name!r} is unknown; as in Europe/Moscow, UTC") from error


def parse_offset(text: str) -> timezone:
    """Read an offset from UTC: `Z`, `+3`, `+03:00`, `-0330`.

    Raises:
        ConfigError: it is none.
    """
    if text.upper() == "Z":
        return UTC
    match = _OFFSET.match(text)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        raise ConfigError(f"offset {text!r} from UTC: write it as +3 or +05:30")
    span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-span if match[1] == "-" else span)


def format_offset(offset: timedelta) -> str:
    """Write an offset from UTC as short as it can be said: `+3`, `+5:30`."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{hours}:{rest:02d}" if rest else f"{sign}{hours}"


def show(instant: datetime, zone: tzinfo) -> str:
    """Write an instant as local time with its zone."""
    local = instant.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname() or ''}".strip()


def parse_local(
    text: str,
    zone: tzinfo,
    now: datetime,
    *,
    oldest: timedelta | None = OLDEST,
    sure: bool = False,
) -> datetime:
    """Read `14:35` (today) or `2026-11-24 14:35` in `zone`, or with its own offset, `14:35+3`.

    Args:
        text: what was written.
        zone: the time zone that holds where none is written.
        now: this instant.
        oldest: how old it may be; None for any age.
        sure: take a time in the future or too old all the same.

    Raises:
        ConfigError: not a time, in the future, too old, or a time that the change of clocks left
            out or has twice.
    """
    match = _TIME.match(text.strip())
    if match is None:
        raise ConfigError(f'time {text!r}: write "14:35" or "2026-11-24 14:35"')
    if match["offset"]:
        zone = parse_offset(match["offset"])
    instant = _instant(_date_and_time(match, text, zone, now), text, zone)
    if not sure:
        refuse_unlikely(instant, zone, now, oldest, has_date=match["day"] is not None)
    return instant


def of_phone(shown: datetime, ahead: timedelta | None, now: datetime) -> datetime:
    """Return when it was by this computer's clock.

    Args:
        shown: what the phone's clock showed.
        ahead: by how much that clock is ahead of this computer's; None where nobody knows.
        now: this instant; taken for a time that cannot be, as of a phone that thinks it is 1970.
    """
    try:
        instant = shown - (ahead or timedelta())
    except OverflowError:
        return now
    return instant if now - OLDEST_KEPT <= instant <= now else now


def _date_and_time(match: re.Match[str], text: str, zone: tzinfo, now: datetime) -> datetime:
    try:
        clock = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
        day = date.fromisoformat(match["day"]) if match["day"] else now.astimezone(zone).date()
    except ValueError as error:
        raise ConfigError(f"time {text!r} does not exist: {error}") from error
    return datetime.combine(day, clock, tzinfo=UTC)


def _instant(wall: datetime, text: str, zone: tzinfo) -> datetime:
    """Return the instant at which a wall clock in `zone` shows `wall` (its own zone is ignored)."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    try:
        instant = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return instant
        twice = instant.astimezone(zone).replace(tzinfo=UTC, fold=0) == wall
    except OverflowError as error:
        raise ConfigError(f"time {text!r} is out of reach") from error
    what = "is there twice" if twice else "does not exist"
    offsets = " or ".join(
        f"{wall:%H:%M}{format_offset(moment.utcoffset() or timedelta())}"
        for moment in (first, second)
    )
    raise ConfigError(
        f"time {text!r} {what}: the clocks change then; write it with its offset, {offsets}"
    )


def refuse_unlikely(
    instant: datetime,
    zone: tzinfo,
    now: datetime,
    oldest: timedelta | None,
    *,
    has_date: bool = True,
) -> None:
    """Refuse a time in the future, or older than `oldest`.

    Raises:
        ConfigError: it is; the message says what this computer's clock shows, and what to do.
    """
    if instant > now + FUTURE_SLACK:
        yesterday = (instant - timedelta(days=1)).astimezone(zone)
        hint = "" if has_date else f'; for yesterday write "{yesterday:%Y-%m-%d %H:%M}"'
        raise ConfigError(
            f"{show(instant, zone)} is in the future, it is {show(now, zone)} by this"
            f" computer{hint}; --sure takes it all the same"
        )
    if oldest is not None and now - instant > oldest:
        raise ConfigError(
            f"{show(instant, zone)} is more than a day ago, it is {show(now, zone)} by this"
            " computer; if that is right, add --sure"
        )
