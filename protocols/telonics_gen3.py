"""Telonics Gen3 (format T03): GPS messages to Argos satellites on 401.65 MHz.

Source: messages of real collars with what Telonics' own program ADC-T03 makes of them
(AKROGIS/AnimalMovement at f7dc42c1, TelonicsTest/SampleFiles). Bits from the highest:

    1   1: a message of sensors or errors, whose layout is not public; 0: GPS
    6   CRC over the 65 bits behind it
    2   type          0: no relative fixes; 1: three of 17 bits; 2: four of 12; 3: five of 9
    22  longitude     21  latitude         signed, 1e-4 degrees
    9   day of year   5   hour   6   minute
    relative fixes, each:
    6   CRC over the bits behind it
    n   longitude     n   latitude         signed, 1e-4 degrees from the fix above
    6   delay, minutes; 63: no fix

Relative fix i was taken at the hour of the first one - i * period + delay. The period is not in the
message: say it as `period_minutes`. The year is that of the reception.

CRC-6, polynomial 03. One wrong fix in 64 passes it, so a CRC that fits proves little: the format is
never guessed, and numbers that cannot be are called bad. Of random bytes that are named so, one in
350 gives a first fix that is called ok (2^-7 for the first bit and the CRC, times 0.37 for a date
and a place that can be). A relative fix hangs on the first one: where that is bad it is bad,
whatever its own CRC says. The maker's program calls 29 such fixes of a real file good, of which 16
are 3 to 186 km off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from construct import BitsInteger, BitStruct, Padding, Struct

from protocols import dates
from protocols.anatomy import spans
from protocols.checksums import crc6
from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception

HEAD: Any = BitStruct(
    "sensor" / BitsInteger(1), "crc6" / BitsInteger(6), "type" / BitsInteger(2),
    "longitude" / BitsInteger(22, signed=True) * "x 1e-4 deg",
    "latitude" / BitsInteger(21, signed=True) * "x 1e-4 deg",
    "day" / BitsInteger(9), "hour" / BitsInteger(5), "minute" / BitsInteger(6),
)  # fmt: skip
HEAD_BYTES, CRC_BITS, DELAY_BITS = 9, 6, 6
CHECKED_BITS = 65
RELATIVE = {0: (0, 0), 1: (3, 17), 2: (4, 12), 3: (5, 9)}  # how many, bits of each coordinate
NO_FIX, LONGEST_DELAY = 63, 59
LONGEST_BYTES = 31  # of the user's part of an Argos message
LONGEST_PERIOD_MINUTES = 60 * 24 * 366
WRONG = "its CRC does not fit: bits of it are wrong"
TOO_MANY = "the position cannot be: its degrees are too many"
Tree = dict[str, Any]


@lru_cache(maxsize=len(RELATIVE))
def _relative(bits: int) -> Any:
    """Return the layout of a relative fix, zeros in front of it up to whole bytes."""
    return BitStruct(
        "filling" / Padding(-_width(bits) % 8),
        "crc6" / BitsInteger(CRC_BITS),
        "longitude" / BitsInteger(bits, signed=True),
        "latitude" / BitsInteger(bits, signed=True),
        "delay" / BitsInteger(DELAY_BITS) * "min",
    )


def _width(bits: int) -> int:
    return CRC_BITS + 2 * bits + DELAY_BITS


def never(data: bytes, reception: Reception) -> bool:
    """Tell that this is never guessed: noise fits a CRC of 6 bits too often."""
    return False


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a message into a tree; `rest` are the bits behind its last whole fix."""
    if len(data) > LONGEST_BYTES:
        raise DecodeError(f"a message has at most 31 bytes, this has {len(data)}", LONGEST_BYTES)
    if data[0] & 0x80:
        return {"sensor": data.hex()}
    if len(data) < HEAD_BYTES:
        raise DecodeError(f"the first fix has 9 bytes, this has {len(data)}", len(data))
    head = plain(HEAD.parse(data[:HEAD_BYTES]))
    count, bits = RELATIVE[head["type"]]
    width, left = _width(bits), 8 * (len(data) - HEAD_BYTES)
    rest = int.from_bytes(data[HEAD_BYTES:], "big")
    relative = []
    for _ in range(min(count, left // width)):
        left -= width
        fix, rest = divmod(rest, 1 << left)
        relative.append(plain(_relative(bits).parse(fix.to_bytes(-(-width // 8), "big"))))
    return {"head": head, "relative": relative, "rest": rest, "rest_bits": left}


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    if "sensor" in tree:
        return bytes.fromhex(tree["sensor"])
    _, bits = RELATIVE[tree["head"]["type"]]
    number, size = int.from_bytes(HEAD.build(tree["head"]), "big"), 8 * HEAD_BYTES
    for fix in tree["relative"]:
        number = number << _width(bits) | int.from_bytes(_relative(bits).build(fix), "big")
        size += _width(bits)
    number, size = number << tree["rest_bits"] | tree["rest"], size + tree["rest_bits"]
    return int(number).to_bytes(size // 8, "big")


def _crc_fits(layout: Any, fix: Tree, checked_bits: int) -> bool:
    word = int.from_bytes(layout.build(fix), "big")
    return bool(crc6(word, checked_bits) == fix["crc6"])


# --- what it says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One fix: where and when, what is wrong with it, and what to say for its time."""

    latitude_deg: float
    longitude_deg: float
    time: datetime | None
    fault: str
    wanted: str
    details: Tree

    @property
    def available(self) -> bool:
        """Whether the collar had a fix at all."""
        return not self.details.get("unavailable")


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a Packet of each fix, the newest first, bad ones as well."""
    if "sensor" in tree:
        return [_sensor(tree["sensor"])]
    head, relative = tree["head"], tree["relative"]
    count, bits = RELATIVE[head["type"]]
    first, period = _first(head, reception), _period(reception)
    older = [_next(fix, number, bits, first, period) for number, fix in enumerate(relative, 1)]
    fixes = [first, *older]
    packets = [_packet(fix, number) for number, fix in enumerate(fixes, 1)]
    message = {"type": "gps", "fix_buffer_type": head["type"],
               "fixes": [fix.details for fix in fixes]}  # fmt: skip
    cut = () if len(older) == count else (_cut(len(older), count, bits),)
    packets[0] = replace(
        packets[0],
        details={**message, **packets[0].details},
        warnings=(*packets[0].warnings, *cut),
    )
    return packets


def _sensor(data: str) -> Packet:
    warning = "a message of sensors or errors: its layout is not public"
    details = {"type": "sensor", "data": data}
    return Packet(protocol=PROTOCOL.name, details=details, warnings=(warning,))


def _cut(whole: int, count: int, bits: int) -> str:
    offset = HEAD_BYTES + whole * _width(bits) // 8
    return f"cut short at byte {offset}: {whole} of {count} relative fixes are there"


def _first(head: Tree, reception: Reception) -> Fix:
    crc_ok = _crc_fits(HEAD, head, CHECKED_BITS)
    day, hour, minute = head["day"], head["hour"], head["minute"]
    longitude, latitude = head["longitude"] / 10_000, head["latitude"] / 10_000
    return Fix(
        latitude_deg=latitude,
        longitude_deg=longitude,
        time=dates.of_day_of_year(day, hour, minute, reception.received),
        fault=_fault(
            (not crc_ok, WRONG),
            (not (1 <= day <= 366 and hour < 24 and minute < 60), "its date cannot be"),
            (not _can_be(latitude, longitude), TOO_MANY),
            ((latitude, longitude) == (0, 0), "a place of zeros: the collar had no fix"),
        ),
        wanted="when it was received",
        details={"kind": "abs", "crc_ok": crc_ok, "lon": longitude, "lat": latitude,
                 "doy": day, "hour": hour, "minute": minute},
    )  # fmt: skip


def _next(fix: Tree, number: int, bits: int, first: Fix, period: timedelta | None) -> Fix:
    """Return a relative fix, which hangs on the first one."""
    crc_ok = _crc_fits(_relative(bits), fix, _width(bits) - CRC_BITS)
    delay, unavailable = fix["delay"], crc_ok and fix["delay"] == NO_FIX
    longitude = round(first.longitude_deg + fix["longitude"] / 10_000, 4)
    latitude = round(first.latitude_deg + fix["latitude"] / 10_000, 4)
    return Fix(
        latitude_deg=latitude,
        longitude_deg=longitude,
        time=_earlier(first.time, number, period, delay),
        fault=_fault(
            (not crc_ok, WRONG),
            (delay > LONGEST_DELAY, "its delay cannot be"),
            (bool(first.fault), "it hangs on the first fix of its message, which is bad"),
            (not _can_be(latitude, longitude), TOO_MANY),
        ),
        wanted="the period of its fixes (period_minutes)" if first.time else first.wanted,
        details={"kind": "rel", "crc_ok": crc_ok, "unavailable": unavailable,
                 "lon": None if unavailable else longitude,
                 "lat": None if unavailable else latitude, "delay_min": delay},
    )  # fmt: skip


def _fault(*faults: tuple[bool, str]) -> str:
    return next((words for is_so, words in faults if is_so), "")


def _can_be(latitude_deg: float, longitude_deg: float) -> bool:
    return abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180


def _earlier(
    time: datetime | None, number: int, period: timedelta | None, delay: int
) -> datetime | None:
    """Return the time of a relative fix; a delay that cannot be counts as none."""
    if time is None or period is None:
        return None
    delay = delay if delay <= LONGEST_DELAY else 0
    return time.replace(minute=0) - number * period + timedelta(minutes=delay)


def _period(reception: Reception) -> timedelta | None:
    """Return the time from fix to fix, as the user says it.

    Raises:
        DecodeError: it is no number of minutes.
    """
    minutes = reception.context.get("period_minutes")
    if minutes is None:
        return None
    is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    if not is_number or not 0 < minutes <= LONGEST_PERIOD_MINUTES:
        text = f"period_minutes is {str(minutes)[:40]!r}: say minutes, more than 0, up to a year"
        raise DecodeError(text)
    return timedelta(minutes=minutes)


def _packet(fix: Fix, number: int) -> Packet:
    details = {"fix": number, **fix.details}
    if not fix.available:
        return Packet(protocol=PROTOCOL.name, time=fix.time, details=details)
    status: PositionStatus = "bad" if fix.fault else "ok" if fix.time else "stale"
    doubt = f"nobody knows when this was: say {fix.wanted}"
    place = _can_be(fix.latitude_deg, fix.longitude_deg)
    return Packet(
        protocol=PROTOCOL.name,
        time=fix.time,
        latitude_deg=fix.latitude_deg if place else None,
        longitude_deg=fix.longitude_deg if place else None,
        position_status=status,
        details=details,
        warnings={"ok": (), "bad": (fix.fault,), "stale": (doubt,)}[status],
    )


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the one layout of a message, its fixes bit by bit behind one another."""
    tree = parse(data, reception)
    if "sensor" in tree:
        return spans(0, sensor=len(data))
    _, bits = RELATIVE[tree["head"]["type"]]
    fixes = (
        f"relative[{number}]" / Struct(*_relative(bits).subcon.subcons[1:])  # without its filling
        for number in range(1, len(tree["relative"]) + 1)
    )
    left = tree["rest_bits"]
    rest = ("rest" / BitsInteger(left),) if left else ()
    return [Part(offset=0, layout=BitStruct(*HEAD.subcon.subcons, *fixes, *rest))]


PROTOCOL = Protocol(
    name="telonics-gen3-argos",
    aliases=("telonics.gen3.argos", "telonics-gen3"),
    title="Telonics Gen3, Argos message",
    integrity="crc",
    evidence="capture",
    fits=never,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
