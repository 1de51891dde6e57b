"""From one row of a maker's table to fixes, or to the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from receiver.importers import dates, values
from receiver.importers.formats import ARGOS, GPS, Format
from receiver.importers.reading import KEPT_TEXT, Columns, Reading, Tally, Unusable
from receiver.importers.text import Row
from receiver.importers.values import Spot
from receiver.records import YEARS, Fix, Refused
from receiver.search import identity

LONGEST_ID = 100
_NO_FIX = re.compile(
    r"no\b|no[ -]?(fix|sat)|not\b|fail|unresolved|invalid|none|resource|timeout|0d?$"
)
# What a value may be at all; what is outside is a sentinel or a fault.
RANGES: Mapping[str, tuple[float, float]] = {
    "altitude_m": (-500.0, 9000.0),
    "accuracy_m": (0.01, 1e7),
    "dop": (0.01, 100.0),
    "satellites": (0.0, 60.0),
    "battery_v": (0.01, 30.0),
    "temperature_c": (-90.0, 90.0),
    "activity": (-1e9, 1e9),
}


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads rows of one file one after the other.

    `device_id` holds for all rows where it is not None: identities in them do not matter then.
    `first_is_bad`: of the message that is read, the fix that the others count from is bad.
    """

    file: str
    format: Format
    columns: Columns
    zone: timezone
    order: str
    comma: bool
    device_id: str | None
    rows: int = 0
    message: str = ""
    first_is_bad: bool = False
    fixes: list[Fix] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    ids: dict[str, str] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """Read a row."""
        self.rows += 1
        try:
            self.fixes += self._read(row)
        except Unusable as error:
            self.refused.append(
                Refused(
                    file=self.file, row=row.number, reason=str(error), text=row.text[:KEPT_TEXT]
                )
            )

    def reading(self) -> Reading:
        """Return everything so far."""
        return Reading(self.rows, self.fixes, self.refused, self.tally.sentences())

    # --- one row ---

    def _read(self, row: Row) -> list[Fix]:
        self._check(row)
        common = self._common(row)
        gps = self._spot(row, "latitude", "longitude")
        argos = self._spot(row, "argos_latitude", "argos_longitude")
        found = []
        if argos:
            time = self._time(row, "argos_time")
            is_gps = self.columns.value(row, "location_class") == "G"
            found.append(self._fix(row, common, argos, time, GPS if is_gps else ARGOS))
        if gps or not argos:
            if gps is None and not self.format.contacts:
                kind = self.columns.value(row, "sensor") or "another sensor"
                raise Unusable(f"no position: a row of {kind}")
            time = self._position_time(row)
            found.append(self._fix(row, common, gps or values.NOWHERE, time, self._sensor(row)))
        return found

    def _check(self, row: Row) -> None:
        if row.fault:
            raise Unusable(row.fault)
        if len(row.fields) < self.columns.needed:
            raise Unusable(f"{len(row.fields)} fields under {self.columns.count} headings")
        if any(row.fields[self.columns.count :]):
            text = f"{len(row.fields)} fields under {self.columns.count} headings: are there commas"
            raise Unusable(f"{text} within values?")

    def _common(self, row: Row) -> dict[str, Any]:
        """Return what every fix of a row has."""
        device = self._whose(row)
        value = self.columns.value
        return {
            "device_id": device,
            "file": self.file,
            "row": row.number,
            "animal": values.name(value(row, "animal")) or None,
            "taxon": values.name(value(row, "taxon")) or None,
            "received": self._time(row, "received", "received_date", "received_clock"),
            "mortality": True if self.format.mortality else values.truth(value(row, "mortality")),
        }

    def _whose(self, row: Row) -> str:
        if self.device_id is not None:
            return self.device_id
        text = values.name(self.columns.value(row, "device_id"))
        if not text:
            raise Unusable("no id of a collar")
        if len(text) > LONGEST_ID:
            raise Unusable(f"an id of {len(text)} characters")
        if why := values.spoilt(text):
            self.tally.add(f"{why}. Take the file as it was downloaded, or say whose all rows are"
                           " with --collar", row.number)  # fmt: skip
            raise Unusable(f"{why}: {text}")
        if text.endswith(".0") and text[:-2].isdigit():
            self.tally.add("a spreadsheet has made a number of the id: zeros before it may be lost",
                           row.number)  # fmt: skip
            text = text[:-2]
        self._look_at_zeros(text, row)
        return text

    def _look_at_zeros(self, device: str, row: Row) -> None:
        digits = self.format.id_digits
        if digits and device.isdigit() and len(device) < digits:
            self.tally.add(f"id {device} has {len(device)} digits of {digits}: a spreadsheet may"
                           " have dropped zeros", row.number)  # fmt: skip
        before = self.ids.setdefault(device.lstrip("0"), device)
        if before != device:
            self.tally.add(f"ids {before} and {device} differ by zeros only: a spreadsheet may have"
                           " dropped them", row.number)  # fmt: skip

    # --- times ---

    def _position_time(self, row: Row) -> datetime | None:
        """Return the time of a row by whatever columns the format has for it."""
        value = self.columns.value
        if text := value(row, "unix_s"):
            return self._unix(text)
        if value(row, "year"):
            return self._year_day(row)
        return self._time(row, "time", "date", "clock")

    def _time(self, row: Row, whole: str, day: str = "", clock: str = "") -> datetime | None:
        """Return a time of one column, or of two; None where there is no value.

        Raises:
            Unusable: there is one that is no time.
        """
        value = self.columns.value
        text = value(row, whole)
        if not text and day and (value(row, day) or value(row, clock)):
            text = f"{value(row, day)} {value(row, clock)}"
        if not text:
            return None
        found = dates.moment(text, self.order, self.zone)
        if found is None and self.format.day_numbers:
            found = self._day_number(text)
        if found is None:
            raise Unusable(
                f"{text[:40]!r} is no date with a time, day and month in order {self.order}"
            )
        return found

    def _day_number(self, text: str) -> datetime | None:
        try:
            return dates.of_spreadsheet(values.number(text, self.comma))
        except ValueError:
            return None

    def _unix(self, text: str) -> datetime:
        try:
            found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=values.number(text))
        except (ValueError, OverflowError) as error:
            raise Unusable(f"{text[:40]!r} is no time in seconds since 1970") from error
        if found.year not in YEARS:
            raise Unusable(f"{text}: a time in the year {found.year}")
        return found

    def _year_day(self, row: Row) -> datetime:
        parts = ("year", "day_of_year", "hour", "minute")
        texts = [self.columns.value(row, part) for part in parts]
        try:
            year, day, hour, minute = (int(values.number(text)) for text in texts)
        except ValueError as error:
            raise Unusable(f"year, day, hour, minute {texts} are no time") from error
        found = dates.of_year_day(year, day, hour, minute, self.zone)
        if found is None:
            raise Unusable(f"year, day, hour, minute {texts} are no time")
        return found

    # --- positions ---

    def _spot(self, row: Row, latitude: str, longitude: str) -> Spot | None:
        """Return the position in two columns; None where both are empty.

        Raises:
            Unusable: one of them is no number.
        """
        texts = [self.columns.value(row, name) for name in (latitude, longitude)]
        if not any(texts):
            return None
        try:
            north, east = (values.number(t, self.comma) if t else None for t in texts)
        except ValueError as error:
            raise Unusable(f"position {' '.join(texts)[:60]!r}: {error}") from error
        return values.spot(north, east)

    def _sensor(self, row: Row) -> str:
        return self.columns.value(row, "sensor").lower() or self.format.sensor

    def _fix(
        self, row: Row, common: dict[str, Any], spot: Spot, time: datetime | None, sensor: str
    ) -> Fix:
        warnings: list[str] = [spot.warning] if spot.warning else []
        numbers = self._numbers(row, warnings)
        spot = self._judged(row, spot, sensor, warnings)
        received = common["received"]
        if spot.latitude_deg is None:
            time = time or received
        if time is None and received is None:
            raise Unusable("no time")
        if time is None:
            warnings.append("the file does not tell when this position was")
            spot = spot._replace(status="stale" if spot.status == "ok" else spot.status)
        data = self._data(row, warnings)
        content = (time, received, sensor, spot.latitude_deg, spot.longitude_deg,
                   (data or b"").hex(), *numbers.values())  # fmt: skip
        for warning in warnings:
            self.tally.add(re.sub(r"-?\d[\d.]*", "#", warning), row.number)
        return Fix(
            id=identity(common["device_id"], *content),
            time=time,
            sensor=sensor,
            latitude_deg=spot.latitude_deg,
            longitude_deg=spot.longitude_deg,
            position_status=spot.status,
            fix_type=None if sensor == ARGOS else self.columns.value(row, "fix_type") or None,
            location_class=self.columns.value(row, "location_class") or None,
            data=data,
            warnings=tuple(warnings),
            **common,
            **numbers,
        )

    def _judged(self, row: Row, spot: Spot, sensor: str, warnings: list[str]) -> Spot:
        """Return a position as good as everything in its row says that it is."""
        value = self.columns.value
        if cep := value(row, "cep_km"):
            warnings.append(f"the satellite's own estimate (within {cep} km) is left out")
        word, is_placed = value(row, "fix_type").lower(), spot.latitude_deg is not None
        if is_placed and sensor != ARGOS and _NO_FIX.match(word):
            warnings.append(f"a position beside {word!r} is left out")
            spot, is_placed = values.NOWHERE, False
        doubts = [text for text, holds in self._doubts(row, sensor, word) if holds]
        if self._hangs(row, word) and is_placed and not doubts:
            doubts = ["the first fix of its message, from which it is counted, is bad"]
        warnings += doubts
        return spot._replace(status="bad") if is_placed and doubts else spot

    def _hangs(self, row: Row, word: str) -> bool:
        """Tell whether a fix is counted from a bad one: from the first of its message."""
        number = self.columns.value(row, "fix_number")
        message = " ".join(self.columns.value(row, m) for m in ("received_date", "received_clock"))
        if number == "1" or message != self.message:
            self.message, self.first_is_bad = message, number == "1" and word == "bad"
        return self.first_is_bad and number != "1"

    def _doubts(self, row: Row, sensor: str, word: str) -> list[tuple[str, bool]]:
        """Return reasons not to believe a position, and whether each holds."""
        value = self.columns.value
        is_argos, error = sensor == ARGOS, value(row, "error")
        marks = [values.truth(text) for text in self.columns.all(row, "outlier")]
        is_hidden = values.truth(value(row, "visible")) is False
        early = values.truth(value(row, "predeployment"))
        return [
            ("the maker calls it bad", not is_argos and word == "bad"),
            ("the maker calls it uncertain", not is_argos and "uncertain" in word),
            ("location class Z: not valid", is_argos and value(row, "location_class") == "Z"),
            ("marked as an outlier", is_hidden or True in marks),
            ("from before the collar was put on", bool(early)),
            (f"the maker reports: {error[:60]}", bool(error)),
        ]

    def _numbers(self, row: Row, warnings: list[str]) -> dict[str, Any]:
        """Return the values beside the position; what cannot be becomes None, and is said."""
        found: dict[str, Any] = {name: self._number(row, name, warnings) for name in RANGES}
        if found["battery_v"] is None:
            found["battery_v"] = self._number(row, "battery_mv", warnings, 0.001, "battery_v")
        if found["satellites"] is not None:
            found["satellites"] = int(found["satellites"])
        return found

    def _number(
        self, row: Row, meaning: str, warnings: list[str], scale: float = 1.0, name: str = ""
    ) -> float | None:
        text = self.columns.value(row, meaning)
        if not text:
            return None
        low, high = RANGES[name or meaning]
        try:
            value = round(values.number(text, self.comma) * scale, 6)
        except ValueError as error:
            warnings.append(f"{meaning} {error}")
            return None
        if low <= value <= high:
            return value
        if value != 0:  # the usual way to write that there is none
            warnings.append(f"{meaning} {text[:20]} cannot be")
        return None

    def _data(self, row: Row, warnings: list[str]) -> bytes | None:
        text = self.columns.value(row, "data")
        try:
            return bytes.fromhex(text) if text else None
        except ValueError:
            warnings.append("the message is not in hexadecimal")
            return None
