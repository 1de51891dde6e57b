"""LinkIt trackers (Arribada, CLS): what they send to Argos satellites on 401.65 MHz.

Source: arribada/CLS-Argos-Linkit-CORE at d012ea5b, `core/services/argos_tx_service.cpp`; packets
that its tests assert. Bits from the highest; the packets differ by their length alone:

    doppler 24    crc 8, last known place 8, battery 7, battery low 1
    short 120     HEAD, heading 8, altitude 8, battery 7, battery low 1, BCH(127,106,3) 21
    long 248      HEAD, battery 7, battery low 1, step 4, three older places of 21 + 22,
                  BCH(255,223,4) 32
    sensors       HEAD, battery 7, battery low 1, then those that are fitted of: light 17, pH 14,
                  pressure 15 and its temperature 14, sea temperature 21; BCH(255,223,4) 32, zeros
                  up to a whole byte or to the length of an Argos message
    HEAD 75       crc 8, day 5, hour 5, minute 6, latitude 21, longitude 22, speed 7, out of zone 1

    latitude, longitude   sign and 1e-4 degrees; all ones: no fix
    speed                 2 km/h; 127: none                  battery      2700 + 20 v mV
    altitude              40 m, 254 is that or more;         pressure     0.001 bar
                          255: no 3D fix                     its temperature    v / 100 - 40 C
    pH                    0.001                              sea temperature    v / 1000 - 126 C
    step                  1..10: 10, 15, 30 min, 1, 2, 3, 4, 6, 12, 24 h: a place is older than the
                          one before it by this much

The heading should be v * 1.42 degrees; this firmware divides by a constant that was cut to zero, so
it is always 0. The time is that for which the fix was planned; its month is that of the reception.

CRC-8 (polynomial 07) over the bits between itself and the BCH code's, zeros in front up to whole
bytes; the BCH code covers the CRC, too. Wrong bits are mended by the BCH code, and taken only where
the CRC fits after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Any

from construct import BitsInteger, BitStruct, Construct, Padding

from protocols import dates
from protocols.bch import B127_106_3, B255_223_4, Bch
from protocols.checksums import crc8_smbus
from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception

Widths = tuple[tuple[str, int], ...]
Tree = dict[str, Any]

PLACE: Widths = (("latitude", 21), ("longitude", 22))
HEAD: Widths = (("crc8", 8), ("day", 5), ("hour", 5), ("minute", 6), *PLACE, ("speed", 7),
                ("out_of_zone", 1))  # fmt: skip
POWER: Widths = (("battery", 7), ("low_battery", 1))
OLDER = (2, 3, 4)
SENSORS: dict[str, Widths] = {
    "light": (("light", 17),),
    "ph": (("ph", 14),),
    "pressure": (("pressure", 15), ("pressure_temperature", 14)),
    "sea_temperature": (("sea_temperature", 21),),
}
NONE = {width: (1 << width) - 1 for width in (7, 8, 14, 15, 17, 21, 22)}  # all ones
STEPS = {
    code: timedelta(minutes=minutes)
    for code, minutes in enumerate((10, 15, 30, 60, 120, 180, 240, 360, 720, 1440), start=1)
}
UNITS = {
    "latitude": "sign, x 1e-4 deg", "longitude": "sign, x 1e-4 deg", "speed": "x 2 km/h",
    "altitude": "x 40 m", "battery": "x 20 + 2700 mV", "ph": "x 0.001", "pressure": "x 0.001 bar",
    "pressure_temperature": "x 0.01 - 40 C", "sea_temperature": "x 0.001 - 126 C",
}  # fmt: skip
ARGOS_BYTES = (3, 7, 11, 15, 19, 23, 27, 31)  # of the user's part of a message


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of packet: its fields, and the code behind them."""

    kind: str
    fields: Widths
    code: Bch | None

    @property
    def data_bits(self) -> int:
        """Bits of the fields."""
        return sum(width for _, width in self.fields)

    @property
    def bits(self) -> int:
        """Bits of the packet, without zeros that fill it up."""
        return self.data_bits + (self.code.check_bits if self.code else 0)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths in bytes that it may have."""
        least = -(-self.bits // 8)
        return (least, *(size for size in ARGOS_BYTES if least < size <= least + 3))


def _forms() -> Iterator[Form]:
    yield Form("doppler", (("crc8", 8), ("last_known_pos", 8), *POWER), None)
    yield Form("short", (*HEAD, ("heading", 8), ("altitude", 8), *POWER), B127_106_3)
    older = tuple((f"{name}_{number}", width) for number in OLDER for name, width in PLACE)
    yield Form("long", (*HEAD, *POWER, ("delta_time_code", 4), *older), B255_223_4)
    for count in range(1, len(SENSORS) + 1):
        for fitted in combinations(SENSORS.values(), count):
            sensors = tuple(field for fields in fitted for field in fields)
            yield Form("sensor", (*HEAD, *POWER, *sensors), B255_223_4)


FORMS = tuple(_forms())


@lru_cache(maxsize=len(FORMS))
def _layout(fields: Widths) -> Construct[Any, Any]:
    """Return the layout of fields, zeros in front of them up to whole bytes."""
    filling = -sum(width for _, width in fields) % 8
    named = (name / BitsInteger(width) for name, width in fields)
    return BitStruct(Padding(filling), *named)


# --- is it one? -------------------------------------------------------------------------------


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether both checks fit without any mending."""
    return any(word is not None and _checked(form, word) for form, word in _words(data))


def _words(data: bytes) -> Iterator[tuple[Form, int | None]]:
    """Yield each form of this length, with its word; None where zeros at the end are not."""
    for form in FORMS:
        if len(data) in form.sizes:
            word, rest = divmod(int.from_bytes(data, "big"), 1 << (len(data) * 8 - form.bits))
            yield form, None if rest else word


def _checked(form: Form, word: int) -> bool:
    return (form.code is None or form.code.is_word(word)) and _crc_fits(form, word)


def _crc_fits(form: Form, word: int) -> bool:
    """Tell whether the CRC fits and the date is one: zeros alone would pass all checks."""
    covered_bits = form.data_bits - 8
    crc, covered = divmod(word >> (form.bits - form.data_bits), 1 << covered_bits)
    fits = crc == crc8_smbus(covered.to_bytes(-(-covered_bits // 8), "big"))
    return fits and word != 0 and (form.fields[1][0] != "day" or _is_date(covered, covered_bits))


def _is_date(covered: int, covered_bits: int) -> bool:
    date = covered >> (covered_bits - 16)
    return date >> 11 > 0 and date >> 6 & 31 < 24 and date & 63 < 60


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a packet into a tree, its wrong bits mended where that is possible."""
    words = list(_words(data))
    if not words:
        sizes = ", ".join(map(str, sorted({size for form in FORMS for size in form.sizes})))
        raise DecodeError(f"a packet has {sizes} bytes, this has {len(data)}", len(data))
    mended = [(form, word, flipped) for form, word in words
              if word is not None and (flipped := _flipped(form, word)) is not None]  # fmt: skip
    if not mended:
        more = "" if words[0][0].code is None else ", and the BCH code cannot mend it"
        raise DecodeError(f"the CRC does not fit{more}", 0)
    # A word of the code with zeros behind it is one again: the shortest is the likeliest.
    form, word, flipped = min(mended, key=lambda one: (one[2].bit_count(), one[0].bits))
    doubtful = sum(one[2].bit_count() == flipped.bit_count() for one in mended) > 1
    fields = ((word ^ flipped) >> (form.bits - form.data_bits)).to_bytes(-(-form.data_bits // 8))
    return {
        "kind": form.kind,
        "fields": plain(_layout(form.fields).parse(fields)),
        "flipped": flipped,
        "size": len(data),
        "doubtful": doubtful,
    }


def _flipped(form: Form, word: int) -> int | None:
    """Return the wrong bits of a word as a mask; None where its checks do not fit even so."""
    flipped = form.code.flipped(word, form.bits) if form.code else 0
    return flipped if flipped is not None and _crc_fits(form, word ^ flipped) else None


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again, with the bits that were wrong."""
    form = _form_of(tree)
    fields = _layout(form.fields).build(tree["fields"])
    data = int.from_bytes(fields, "big")
    word = data << form.code.check_bits | form.code.check(data) if form.code else data
    sent = (word ^ tree["flipped"]) << (tree["size"] * 8 - form.bits)
    return int(sent).to_bytes(tree["size"], "big")


def _form_of(tree: Tree) -> Form:
    return next(one for one in FORMS if one.kind == tree["kind"]
                and {name for name, _ in one.fields} == tree["fields"].keys())  # fmt: skip


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a Packet of the newest place, and one of each older one."""
    fields, wrong_bits = tree["fields"], tree["flipped"].bit_count()
    details = {"type": tree["kind"], **_details(fields, wrong_bits)}
    battery = {"battery_v": details["battery_mv"] / 1000}
    mended = f"wrong bits mended: {wrong_bits}; the CRC fits now, but trust it less"
    other = "its sensors are not sure: it may be a packet of other ones"
    doubts = (*([mended] if wrong_bits else ()), *([other] if tree["doubtful"] else ()))
    known = {**battery, "warnings": doubts}
    if "latitude" not in fields:
        return [Packet(protocol=PROTOCOL.name, details=details, **known)]
    time = dates.of_day_of_month(
        fields["day"], fields["hour"], fields["minute"], reception.received
    )
    altitude = details.get("altitude_m")
    newest = _at(fields, "", time, wrong_bits, **known, details=details)
    if newest["latitude_deg"] is not None and altitude is not None:
        newest["altitude_m"] = float(altitude)
    older = list(_older(fields, time, wrong_bits)) if tree["kind"] == "long" else []
    return [Packet(protocol=PROTOCOL.name, **facts) for facts in (newest, *older)]


def _older(fields: Tree, time: datetime | None, wrong_bits: int) -> Iterator[Tree]:
    """Yield the facts of each older place; one without a fix is left out."""
    step = STEPS.get(fields["delta_time_code"])
    for back, number in enumerate(OLDER, start=1):
        earlier = time - back * step if time and step else None
        suffix = f"_{number}"
        place = degrees(fields["latitude" + suffix], fields["longitude" + suffix])
        if place != (None, None):
            details = {"place": number, "latitude": place[0], "longitude": place[1]}
            yield _at(fields, suffix, earlier, wrong_bits, details=details)


def _at(
    fields: Tree, suffix: str, time: datetime | None, wrong_bits: int, *,
    details: Tree, warnings: tuple[str, ...] = (), **known: Any,
) -> Tree:  # fmt: skip
    """Return the facts of one place."""
    latitude, longitude = degrees(fields["latitude" + suffix], fields["longitude" + suffix])
    status: PositionStatus = "corrected" if wrong_bits else "ok"
    if latitude is None or longitude is None:
        status = "unavailable"
    elif abs(latitude) > 90 or abs(longitude) > 180:
        latitude = longitude = None
        status, warnings = "bad", (*warnings, "the position cannot be: its degrees are too many")
    elif time is None:
        status = "stale"
        warnings = (*warnings, "nobody knows of which day it is: say when it was received")
    return {
        **known, "time": time, "latitude_deg": latitude, "longitude_deg": longitude,
        "position_status": status, "details": details, "warnings": warnings,
    }  # fmt: skip


def degrees(latitude: int, longitude: int) -> tuple[float | None, float | None]:
    """Return degrees of the two fields; None for both where all their bits are ones."""
    if latitude == NONE[21] and longitude == NONE[22]:
        return None, None
    return _signed(latitude, 20), _signed(longitude, 21)


def _signed(raw: int, sign_bit: int) -> float:
    size = raw & (1 << sign_bit) - 1
    return (-size if raw >> sign_bit else size) / 10_000


def _known(raw: int, width: int) -> int | None:
    return None if raw == NONE[width] else raw


def _details(fields: Tree, wrong_bits: int) -> Tree:
    """Return the fields under the maker's names, in units."""
    details: Tree = {"crc8": fields["crc8"], "crc_ok": True, "bch_ok": wrong_bits == 0,
                     "battery_code": fields["battery"], "low_battery": fields["low_battery"],
                     "battery_mv": 2700 + 20 * fields["battery"]}  # fmt: skip
    if "last_known_pos" in fields:
        return {**details, "last_known_pos": fields["last_known_pos"], "bch_ok": None}
    latitude, longitude = degrees(fields["latitude"], fields["longitude"])
    speed = _known(fields["speed"], 7)
    return {
        **details,
        **{name: fields[name] for name in ("day", "hour", "minute", "out_of_zone")},
        "latitude": latitude,
        "longitude": longitude,
        "speed_kmh": None if speed is None else 2 * speed,
        **_of_kind(fields),
    }


def _of_kind(fields: Tree) -> Tree:
    """Return what only some kinds of packets have."""
    if "heading" in fields:
        altitude = _known(fields["altitude"], 8)
        return {"heading_code": fields["heading"],
                "altitude_m": None if altitude is None else 40 * altitude}  # fmt: skip
    if "delta_time_code" in fields:
        places = (degrees(fields[f"latitude_{n}"], fields[f"longitude_{n}"]) for n in OLDER)
        return {"delta_time_code": fields["delta_time_code"],
                "more": [{"latitude": lat, "longitude": lon} for lat, lon in places]}  # fmt: skip
    return dict(_sensors(fields))


def _sensors(fields: Tree) -> Iterator[tuple[str, float | None]]:
    for name, width, key, divisor, offset in (
        ("light", 17, "light", 1, 0),
        ("ph", 14, "ph", 1000, 0),
        ("pressure", 15, "pressure_bar", 1000, 0),
        ("pressure_temperature", 14, "pressure_temperature_c", 100, -40),
        ("sea_temperature", 21, "sea_temperature_c", 1000, -126),
    ):
        if name in fields:
            raw = _known(fields[name], width)
            yield key, None if raw is None else round(raw / divisor + offset, 3)


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of a packet as it came: wrong bits are shown as they are."""
    form = _form_of(parse(data, reception))
    fields = (name / BitsInteger(width) * UNITS.get(name.rstrip("_234"), "")
              for name, width in form.fields)  # fmt: skip
    rest = {"bch": form.bits - form.data_bits, "zeros": len(data) * 8 - form.bits}
    after = (name / BitsInteger(width) for name, width in rest.items() if width)
    return [Part(offset=0, layout=BitStruct(*fields, *after))]


PROTOCOL = Protocol(
    name="linkit-argos",
    aliases=("argos.linkit.short", "argos.linkit.long"),
    title="LinkIt (Arribada, CLS), Argos packet",
    integrity="bch",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
