"""LinkIt: packets to Argos satellites, the text protocol, the log."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, Packet, Reception, decode, find, identify
from protocols.bch import B255_223_4
from protocols.checksums import crc8_smbus

HEARD = datetime(2026, 9, 16, 12, 0, tzinfo=UTC)
SHORT = "343bc63ea7fc011be000000fc2b06c"
LONG = "c23bc63ea7fc011be00fc27d4ff80237cfa9ff0046ffffffffffffaf97b7d0"
LOG_HEADER = "1009ea070a000600"


def read(data: bytes | str, name: str = "linkit-argos") -> list[Packet]:
    data = bytes.fromhex(data) if isinstance(data, str) else data
    return decode(data, protocol=name, received=HEARD)


def spoilt(text: str, *bits: int) -> bytes:
    data = int(text, 16)
    for bit in bits:
        data ^= 1 << bit
    return data.to_bytes(len(text) // 2, "big")


# --- Argos ------------------------------------------------------------------------------------


def test_month_is_that_of_the_reception() -> None:
    (packet,) = read(SHORT)
    assert packet.time == datetime(2026, 9, 7, 15, 6, tzinfo=UTC)
    assert (packet.latitude_deg, packet.longitude_deg) == (51.3279, -0.2271)
    assert (packet.position_status, packet.battery_v, packet.altitude_m) == ("ok", 3.96, 0.0)
    (unknown,) = decode(bytes.fromhex(SHORT), protocol="linkit-argos")
    assert (unknown.time, unknown.position_status) == (None, "stale")
    assert "say when it was received" in unknown.warnings[0]


def test_older_places_are_one_step_back_each() -> None:
    """The order and the step as tests/src/argos_test.cpp, SchedulingLongPacket, makes them."""
    packets = read("32e441ab48d039e6801fc956918073cc2a52760e7e854a4e01cff0edd5be61")
    assert [p.time for p in packets] == [
        datetime(2026, 8, 28, hour, 1, tzinfo=UTC) for hour in (17, 16, 15, 14)
    ]
    assert [(p.latitude_deg, p.longitude_deg) for p in packets] == [
        (-35.4586, 11.858), (-35.4584, 11.8576), (-33.8235, 11.8736), (-33.8232, 11.8768)
    ]  # fmt: skip
    assert len(read(LONG)) == 3  # the fourth has no fix


@pytest.mark.parametrize("bits", [(0,), (21,), (119,), (0, 60), (3, 50, 101)])
def test_wrong_bits_are_mended_and_told(bits: tuple[int, ...]) -> None:
    (packet,) = read(spoilt(SHORT, *bits))
    (clean,) = read(SHORT)
    assert (packet.latitude_deg, packet.battery_v) == (clean.latitude_deg, clean.battery_v)
    assert packet.position_status == "corrected"
    assert f"wrong bits mended: {len(bits)}" in packet.warnings[0]
    assert identify(spoilt(SHORT, *bits)) == []  # it must be named: noise fits too often


def test_four_wrong_bits_of_a_long_packet_are_mended() -> None:
    assert read(spoilt(LONG, 1, 77, 150, 247))[0].details == {
        **read(LONG)[0].details,
        "bch_ok": False,
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (spoilt(SHORT, 1, 2, 3, 4), "CRC does not fit, and the BCH code cannot mend it"),
        ("ff" * 15, "CRC does not fit"),
        ("0500b5", "CRC does not fit"),
        (SHORT[:-2], "this has 14"),
        ("ff" * 31, "CRC does not fit"),
        ("00" * 3, "does not fit"),
        ("00" * 15, "does not fit"),  # zeros would pass both checks
        ("00" * 17, "does not fit"),
    ],
)
def test_refused(data: bytes | str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(data)


def sensors(fields: list[tuple[int, int]], size: int) -> bytes:
    """Pack a packet of sensors as build_sensor_packet of the firmware does."""
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    covered = int(bits, 2).to_bytes(-(-len(bits) // 8), "big")
    word = f"{crc8_smbus(covered):08b}" + bits
    word += f"{B255_223_4.check(int(word, 2)):032b}"
    return int(word.ljust(size * 8, "0"), 2).to_bytes(size, "big")


HEAD = [(16, 5), (9, 5), (30, 6), (443001, 21), (123001, 22), (1, 7), (0, 1), (60, 7), (0, 1)]
SENSOR = {
    "light": [(1234, 17)],
    "ph": [(8100, 14)],
    "pressure_bar": [(1013, 15), (6150, 14)],
    "sea_temperature_c": [(126000 + 15250, 21)],
}


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("mask", range(1, 16))
def test_sensors_that_are_fitted_are_found(mask: int, padded: bool) -> None:
    fitted = [name for number, name in enumerate(SENSOR) if mask >> number & 1]
    fields = HEAD + [field for name in fitted for field in SENSOR[name]]
    size = -(-(40 + sum(width for _, width in fields)) // 8)
    size = next(n for n in range(3, 40, 4) if n >= size) if padded else size
    (packet,) = read(sensors(fields, size))
    expected: dict[str, Any] = {"light": 1234, "ph": 8.1, "pressure_bar": 1.013,
                                "sea_temperature_c": 15.25}  # fmt: skip
    assert packet.details["type"] == "sensor"
    assert {n: packet.details.get(n) for n in expected if n in packet.details} == {
        n: v for n, v in expected.items() if n in fitted
    }
    assert packet.details.get("pressure_temperature_c") == (21.5 if mask & 4 else None)
    assert packet.time == datetime(2026, 9, 16, 9, 30, tzinfo=UTC)
    assert packet.latitude_deg == 44.3001


def test_two_kinds_of_sensors_that_fit_are_told() -> None:
    """Zeros behind a word of a cyclic code make one again, and a CRC of 8 bits fits by chance."""
    values = (4, 10, 29, 597, 547668, 60, 0, 50, 1, 581)
    widths = (5, 5, 6, 21, 22, 7, 1, 7, 1, 14)
    (packet,) = read(sensors(list(zip(values, widths, strict=True)), 17))
    assert (packet.latitude_deg, packet.details["ph"]) == (0.0597, 0.581)
    assert packet.warnings == ("its sensors are not sure: it may be a packet of other ones",)


def test_sensor_without_a_value_is_none() -> None:
    (packet,) = read(sensors([*HEAD, ((1 << 14) - 1, 14)], 17))
    assert packet.details["ph"] is None


@given(
    fields=st.tuples(
        st.integers(1, 31), st.integers(0, 23), st.integers(0, 59),
        *(st.integers(0, (1 << width) - 1) for width in (21, 22, 7, 1, 7, 1, 14)),
    )
)  # fmt: skip
def test_any_sensor_packet_is_built_back(fields: tuple[int, ...]) -> None:
    widths = (5, 5, 6, 21, 22, 7, 1, 7, 1, 14)
    data = sensors(list(zip(fields, widths, strict=True)), 17)
    protocol = find("linkit-argos")
    tree = protocol.parse(data, Reception())
    assert protocol.build(tree) == data
    for packet in protocol.to_packets(tree, Reception(received=HEARD)):
        assert packet.latitude_deg is None or abs(packet.latitude_deg) <= 90


# --- text -------------------------------------------------------------------------------------


def say(text: str) -> Packet:
    (packet,) = read(text.encode(), "linkit-dte")
    return packet


def test_values_and_what_they_mean() -> None:
    packet = say("$O;STATR#02A;IDT06=A1B2C3D,POT06=3.97,WCT01=OK, charged\r")
    assert (packet.device_id, packet.battery_v) == ("A1B2C3D", 3.97)
    assert packet.details["values"]["WCT01"] == "OK, charged"  # a text may hold a comma
    assert packet.details["names"]["POT06"] == "battery, V"
    assert say("$O;STATR#007;IDT06=0\r").device_id is None


def test_keys_requests_and_pieces_of_the_log() -> None:
    assert say("$O;PARML#00B;ARP01,ARP03\r").details["keys"] == ["ARP01", "ARP03"]
    assert say("$PARMR#005;ART03\r").details == {"cmd": "PARMR", "ok": None, "keys": ["ART03"]}
    piece = say("$O;DUMPD#00C;001,002,AAEC\r").details
    assert (piece["part"], piece["last_part"], piece["data"]) == (1, 2, "000102")


def test_refusal_is_reported_with_its_number() -> None:
    packet = say("$N;PARMW#001;5\r")
    assert (packet.details["ok"], packet.details["error"]) == (False, 5)
    assert packet.warnings == ("the tag refused PARMW, error 5",)


def test_code_of_the_owner_is_not_shown() -> None:
    assert "12345678" not in str(say("$SECUR#008;12345678\r"))


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("$O;RSTBW000;\r", "not of the form", 0),
        ("$O;RSTBW#000\r", "not of the form", 0),
        ("$N;PARMR#001;3", "no carriage return", 14),
        ("$O;PARMR#008;WCT01=HELLO\r", "length says 8 characters, the payload has 11", 9),
        ("$O;PARMR#019;ART03=Tue Feb 03 11:12:44 2009\r", "length says 25", 9),
        ("$O;DUMPD#00B;001,002,A=C\r", "no base64", 0),
        ("$O;PARMR#000;\r" + "x" * 5000, "4109 bytes at most", 4109),
    ],
)
def test_text_refused(text: str, words: str, offset: int) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        say(text)
    assert caught.value.offset == offset


# --- log --------------------------------------------------------------------------------------


def entry(kind: int, body: bytes) -> bytes:
    return bytes.fromhex(LOG_HEADER)[:7] + bytes([kind, len(body)]) + body


def fix(latitude: float, longitude: float, *, fix_type: int = 3, valid: int = 1) -> bytes:
    """Pack GPSInfo with the format of the maker's program (pylinkit at 85605403)."""
    return entry(0, struct.pack(
        "<xHIHBBBBBBIiBBBBBddiiIIiiiifIfffff", 3960, 1, 2026, 9, 16, 10, 0, 5, valid, 9, 9,
        fix_type, 0, 0, 0, 9, longitude, latitude, 0, 1010000, 4500, 7000, 0, 0, 0, 0, 0.0, 0, 0.0,
        1.5, 1.1, 0.9, 0.0))  # fmt: skip


def test_log_one_after_another_and_in_slots() -> None:
    records = [fix(25.9, -24.6), entry(11, b"hello"), entry(4, b"\x01\x78\x0f"), fix(-1.5, 30.0)]
    for log in (b"".join(records), b"".join(r.ljust(128, b"\0") for r in records)):
        packets = read(log, "linkit-log")
        places = [(p.latitude_deg, p.longitude_deg) for p in packets]
        assert places == [(25.9, -24.6), (None, None), (None, None), (-1.5, 30.0)]
        assert packets[1].details["message"] == "hello"
        assert packets[2].details["raw"] == "01780f"
        assert not any(p.warnings for p in packets)


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (fix(25.9, -24.6, fix_type=0), "unavailable"),
        (fix(25.9, -24.6, valid=0), "unavailable"),
        (fix(95.0, -24.6), "bad"),
        (fix(float("nan"), -24.6), "bad"),
    ],
)
def test_fix_that_is_none(record: bytes, status: str) -> None:
    (packet,) = read(record, "linkit-log")
    assert (packet.latitude_deg, packet.position_status) == (None, status)


def test_cut_log_gives_what_is_whole() -> None:
    packets = read(fix(25.9, -24.6) + fix(1.0, 2.0)[:50], "linkit-log")
    assert len(packets) == 1
    assert packets[0].warnings == ("from byte 113 on it is no log: 50 bytes",)
    with pytest.raises(DecodeError, match="no record of a log"):
        read(fix(1.0, 2.0)[:112], "linkit-log")


def test_fix_in_the_future_keeps_its_place() -> None:
    (packet,) = decode(fix(1.0, 2.0), protocol="linkit-log", received=HEARD - timedelta(days=9))
    assert (packet.time, packet.latitude_deg) == (None, 1.0)
