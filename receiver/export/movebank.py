"""Movebank's CSV, with the columns and their order that Movebank downloads and R's move2 reads.

UTF-8, one row of headings, UTC as `yyyy-MM-dd HH:mm:ss.SSS`, no NA. All columns are always there:
move2 refuses a file without them. `visible` is false where a position is not to be trusted. A text
that a spreadsheet would take for a formula has an apostrophe before it; `baksan import` takes it
off again.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from receiver.export.sharing import TRUSTED, Shared, animal, when
from receiver.records import Fix

COLUMNS = (
    "event-id", "visible", "timestamp", "location-long", "location-lat", "location-error-numerical",
    "sensor-type", "individual-taxon-canonical-name", "tag-local-identifier",
    "individual-local-identifier", "study-name",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@")


def movebank(shared: Shared) -> bytes:
    """Return the CSV of fixes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(fix, shared.mark) for fix in shared.fixes)
    return text.getvalue().encode()


def _row(fix: Fix, study: str) -> list[str]:
    is_placed = fix.latitude_deg is not None and fix.longitude_deg is not None
    texts = (fix.sensor, fix.taxon or "", fix.device_id, animal(fix), study)
    return [
        fix.id,
        "true" if fix.position_status in TRUSTED or not is_placed else "false",
        timestamp(when(fix)),
        _number(fix.longitude_deg if is_placed else None),
        _number(fix.latitude_deg if is_placed else None),
        _number(fix.accuracy_m if is_placed else None),
        *map(harmless, texts),
    ]


def timestamp(time: datetime) -> str:
    """Return a time as Movebank writes it."""
    utc = time.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 1000:03d}"


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.7f}".rstrip("0").rstrip(".")
