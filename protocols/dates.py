"""A collar's time: is its clock to be believed, and the whole date of the few bits it sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

CLOCK_SLACK = timedelta(hours=1)  # by which a collar's clock may be ahead of the receiver's
MONTHS = 3  # of two months that follow one another at least one has 31 days
FIRST_YEAR = datetime(2015, 1, 1, tzinfo=UTC)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)  # no collar of these will live: bytes never written
A_DAY = timedelta(days=1)
OLD_RECORDS = timedelta(days=5 * 365)  # how far back a packet of an old record may tell


def believed(
    time: datetime, received: datetime | None
) -> tuple[datetime | None, tuple[str, ...]]:  # fmt: skip
    """Return a collar's time; None with a warning where its clock cannot be right.

    A time before 2015 is that of a clock that was not set, unless the packet was received then.
    """
    first = FIRST_YEAR
    if received is not None and received < FIRST_YEAR:
        first = received - OLD_RECORDS
    if time < first:
        return None, (f"the collar's clock says {time:%Y-%m-%d}, before {first:%Y}: not believed",)
    is_late = time >= NEVER if received is None else time > received + A_DAY
    if is_late:
        return None, (f"the collar's clock says {time:%Y-%m-%d}, in the future: not believed",)
    return time, ()


def of_unix(unix_s: int, received: datetime | None) -> tuple[datetime | None, tuple[str, ...]]:
    """Return the time of seconds since 1970; 0 is no time, and what cannot be believed neither."""
    return believed(datetime.fromtimestamp(unix_s, UTC), received) if unix_s else (None, ())


def of_day_of_month(day: int, hour: int, minute: int, received: datetime | None) -> datetime | None:
    """Return the last time of this day of month, hour and minute before a packet was received.

    None where the numbers are no date, or nobody knows when the packet was received.
    """
    if received is None or not (1 <= day <= 31 and hour < 24 and minute < 60):
        return None
    latest = received.astimezone(UTC) + CLOCK_SLACK
    month = latest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS):
        time = month + timedelta(days=day - 1, hours=hour, minutes=minute)
        if time.month == month.month and time <= latest:
            return time
        month = (month - timedelta(days=1)).replace(day=1)
    return None


def of_day_of_year(day: int, hour: int, minute: int, received: datetime | None) -> datetime | None:
    """Return the last time of this day of the year, hour and minute before a packet was received.

    None where the numbers are no date, or nobody knows when the packet was received.
    """
    if received is None or not (1 <= day <= 366 and hour < 24 and minute < 60):
        return None
    latest = received.astimezone(UTC) + CLOCK_SLACK
    for year in (latest.year, latest.year - 1):
        time = datetime(year, 1, 1, tzinfo=UTC) + timedelta(
            days=day - 1, hours=hour, minutes=minute
        )
        if time.year == year and time <= latest:
            return time
    return None
