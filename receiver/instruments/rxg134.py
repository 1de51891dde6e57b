"""CLS RXG-134: the handheld goniometer for Argos, live or from its log.

Source: CLS manual CLS-PMAT-15-0024 v6.2, section 6.11, and real lines where they differ from it.

    [PC's date and time  Received|Background|Sent : ]
    $NPRF,i,y,m,d,h,mi,s,id,fr,f,ai,am,l,p,lon,lat,dg,le,da*CC     a favourite platform
    $NPR, i,y,m,d,h,mi,s,id,fr,f,ai,l,lon,lat,dg,le,da*CC          another one

    y to s    the goniometer's UTC; y has two digits       id    28 bits, hex
    fr        Hz                                           f     bit 2: bearing, bit 1: GPS is valid
    ai, am    bearing and mean bearing from the MARK ON THE ANTENNA, clockwise, not from north
    l, p      level and mean level, dBm; -1023 is none     dg    not used by the maker
    lon, lat  the goniometer's, LONGITUDE FIRST, in 1/60000 degree
    le, da    length in bits and data, hex; the first byte repeats the last one of a 28-bit id
    CC        see `protocols.checksums`

Either rule for the checksum is taken, and said; what fits neither is counted as refused. The clock
of a goniometer with a weak battery is wrong: where it is more than a day off the PC's in a log, the
PC's is taken. Bearings need the direction of the antenna's mark (azimuth of the setup, or a
compass).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from protocols.checksums import xor8, xor8_but_last_two
from receiver.address import Address
from receiver.instruments import Lines
from receiver.instruments.packets import ARGOS
from receiver.records import Detection, Place

LINE = re.compile(
    r"^(?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \w+ : )?\$((NPRF?),[\x20-\x7e]*)\*([0-9A-Fa-f]{2})$"
)
FIELDS = {
    "NPRF": "i y m d h mi s id fr f ai am l p lon lat dg le da",
    "NPR": "i y m d h mi s id fr f ai l lon lat dg le da",
}
BEARING_VALID, GPS_VALID = 0b100, 0b010
UNITS_A_DEGREE = 60_000.0
NO_LEVEL = -1023
CLOCKS_APART = timedelta(days=1)
LEVEL_ID = "cls:rxg-134"
Fields = dict[str, str]


class Rxg134:
    """One goniometer. Silent by nature."""

    expected_interval_s: float | None = None

    def __init__(self, own_time: bool) -> None:
        self.refused = 0
        self._own_time = own_time
        self._lines = Lines()

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return for each message where the goniometer was, and what it heard."""
        found: list[Detection | Place] = []
        for line in self._lines.feed(chunk):
            if "$NPR" not in line:
                continue
            message = parse(line)
            if message is None:
                self.refused += 1
            else:
                found += _understood(message, self._own_time, time, monotonic_ns)
        return found

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()


class Message(NamedTuple):
    """A line whose checksum fits: the PC's time, the fields by name, and which rule fitted."""

    pc_time: datetime | None
    fields: Fields
    rule: str


def parse(line: str) -> Message | None:
    """Read a line; None where it is spoilt."""
    match = LINE.match(line)
    if match is None:
        return None
    body, checksum = match[2].encode("ascii"), int(match[4], 16)
    rules = {"CLS": xor8_but_last_two(body), "NMEA": xor8(body)}
    rule = next((name for name, value in rules.items() if value == checksum), None)
    names, values = FIELDS[match[3]].split(), match[2].split(",")[1:]
    if rule is None or len(names) != len(values):
        return None
    pc_time = None if match[1] is None else _date(*re.findall(r"\d+", match[1]))
    return Message(pc_time, dict(zip(names, values, strict=True)), rule)


def _date(*numbers: str) -> datetime | None:
    try:
        year, *rest = (int(number) for number in numbers)
        return datetime(year + 2000 if year < 100 else year, *rest, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return None


def _understood(
    message: Message, own_time: bool, arrived: datetime, monotonic_ns: int
) -> list[Detection | Place]:
    fields = message.fields
    flags = int(fields["f"]) if fields["f"].isdecimal() else 0
    time, remark = _time(message, arrived) if own_time else (arrived, "")
    level, mean = _number(fields["l"]), _number(fields.get("p", ""))
    level = None if level == NO_LEVEL else level
    words = [
        f"mean level {mean:g}" if mean is not None and mean != level else "",
        f"data {fields['da']}" if fields["da"] else "",
        "" if message.rule == "CLS" else "checksum by the rule of NMEA",
        remark,
    ]
    bearing = _number(fields["ai"])
    valid = flags & BEARING_VALID and bearing is not None and 0 <= bearing <= 360
    heard = Detection(
        kind="packet",
        time=time,
        monotonic_ns=monotonic_ns,
        frequency_hz=_number(fields["fr"]),
        level_raw=level,
        level_db=level,
        level_unit=None if level is None else "dBm",
        calibration_id=None if level is None else LEVEL_ID,
        found=True,
        data=_payload(fields),
        protocol=ARGOS,
        device_id=fields["id"].upper(),
        relative_bearing_deg=bearing if valid else None,
        text=", ".join(filter(None, words)) or None,
    )
    place = _place(fields, time) if flags & GPS_VALID else None
    return [heard] if place is None else [place, heard]


def _payload(fields: Fields) -> bytes | None:
    """Return the collar's bytes: the data without the end of the identity that they begin with."""
    digits, identity = fields["da"].upper(), fields["id"].upper()
    if not re.fullmatch("([0-9A-F]{2})+", digits) or fields["le"] != str(4 * len(digits)):
        return None
    return bytes.fromhex(digits.removeprefix(identity[-2:])) or None


def _time(message: Message, arrived: datetime) -> tuple[datetime, str]:
    """Return the time of a message in a log, and what is doubtful about it."""
    own = _date(*(message.fields[name] for name in ("y", "m", "d", "h", "mi", "s")))
    computer = message.pc_time
    if own is None:
        return computer or arrived, "the goniometer's clock is wrong: the PC's time"
    if computer is not None and abs(own - computer) > CLOCKS_APART:
        return computer, "the goniometer's clock is wrong: the PC's time"
    return own, ""


def _place(fields: Fields, time: datetime) -> Place | None:
    longitude, latitude = _number(fields["lon"]), _number(fields["lat"])
    if longitude is None or latitude is None or (longitude, latitude) == (0.0, 0.0):
        return None
    longitude, latitude = longitude / UNITS_A_DEGREE, latitude / UNITS_A_DEGREE
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(time=time, latitude_deg=latitude, longitude_deg=longitude)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,10}(\.\d{1,6})?", text) else None


def make(address: Address) -> Rxg134:
    """Make a reader of a goniometer or of its log."""
    return Rxg134(own_time=address.transport == "file")
