"""AWT frames: all four quadrants, what is refused, what is doubted.

Frames are built after the published codec; no live one is public.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from protocols import DecodeError, Packet, Reception, decode, find, identify
from protocols.awt import checksum, place_of

# tag 10811, 1 September 2026; latitude and longitude words follow the time.
BODY = "0102013b2a00022a0201836aaa68a0{words}03090078ffd303f21b"
QUADRANTS = {
    "north west": ("0b0ed7f800012b88", 51.5074, -0.1278),
    "south west": ("8957fed00291b5fc", -22.9068, -43.1729),
    "north east": ("0811eedc822cd754", 1.2921, 36.8219),
    "south east": ("9174330ca185ca04", None, None),
}
REAL = "a507d121520102013b2a00022a0201836aaa68a09174330ca185ca0403090078ffd303f21b37"


def frame(body: str | bytes, command: int = 0xD1, header: int = 0xA5) -> bytes:
    payload = bytes.fromhex(body) if isinstance(body, str) else body
    head = bytes([header, 9, command, len(payload) + 1])
    return head + bytes([checksum(head)]) + payload + bytes([checksum(payload)])


def read(data: bytes | str) -> Packet:
    data = bytes.fromhex(data) if isinstance(data, str) else data
    (packet,) = decode(data, protocol="awt-lorawan")
    return packet


@pytest.mark.parametrize("name", QUADRANTS)
def test_place_in_every_quadrant(name: str) -> None:
    words, latitude, longitude = QUADRANTS[name]
    packet = read(frame(BODY.format(words=words)))
    if latitude is not None:
        assert packet.latitude_deg == pytest.approx(latitude, abs=1e-6)
        assert packet.longitude_deg == pytest.approx(longitude, abs=1e-6)
    assert packet.time == datetime(2026, 9, 16, 10, 0, tzinfo=UTC)
    assert (packet.device_id, packet.battery_v, packet.temperature_c) == ("10811", 3.87, 27.0)
    assert packet.details["hdop"] in (1, 2)


def test_south_east_as_the_published_codec_has_it() -> None:
    packet = read(REAL)
    assert (packet.latitude_deg or 0) < 0 < (packet.longitude_deg or 0)
    assert packet.position_status == "ok"


@pytest.mark.parametrize(
    ("words", "place"),
    [((0, 0), (0, 0)), ((51_304_440, 1 << 31 | 7_668), (51.5074, 0.01278)),
     ((1 << 31 | 90_000_000, 180_000_000), (-90.0, -180.0))],
)  # fmt: skip
def test_words_are_degrees_and_minutes(words: tuple[int, int], place: tuple[float, float]) -> None:
    assert place_of(*words) == pytest.approx(place, abs=1e-5)


def test_no_fix_and_no_clock() -> None:
    packet = read("a501d12154000000070020002a0101920000000000000000800000000000000000000000130c")
    assert (packet.latitude_deg, packet.position_status, packet.time) == (None, "unavailable", None)
    assert packet.warnings == ("its clock is not set",)


@pytest.mark.parametrize(
    "words",
    [f"{66_610_000:08x}00012b88", f"{91_000_000:08x}00012b88", f"{10_610_000:08x}00000001"],
)
def test_position_that_cannot_be_is_bad(words: str) -> None:
    packet = read(frame(BODY.format(words=words)))
    assert (packet.latitude_deg, packet.position_status) == (None, "bad")
    assert "cannot be" in packet.warnings[0]


def test_types_with_altitude_and_light() -> None:
    body = BODY.format(words=QUADRANTS["north west"][0])
    high = read(frame("03" + body[2:] + "0545"))
    both = read(frame("05" + body[2:] + "05450101"))
    unsure = read(frame("04" + body[2:] + "0101"))
    assert (high.altitude_m, both.altitude_m, both.details["light"]) == (1349.0, 1349.0, 257)
    assert (unsure.altitude_m, unsure.details["light_or_altitude"]) == (None, 257)


def test_alarms_have_their_names() -> None:
    body = bytearray.fromhex(BODY.format(words=QUADRANTS["north west"][0]))
    body[5] = 0b1000_1010
    details = read(frame(bytes(body))).details
    raised = {name for name in ("otaTrack", "lowBattery", "tamperFoil", "serviceCoverage",
                                "memoryFull", "selfTest") if details[name]}  # fmt: skip
    assert raised == {"lowBattery", "tamperFoil", "selfTest"}


def test_encrypted_frame_says_so_and_no_place() -> None:
    packet = read("a5079121120102013b2a00022a0201836aaa68a09174330ca185ca0403090078ffd303f21b37")
    assert packet.latitude_deg is None
    assert "encrypted" in packet.warnings[0]


def test_other_first_byte_is_doubted() -> None:
    packet = read("5a" + REAL[2:])
    assert "begins with 5a" in packet.warnings[0]
    assert packet.details["headerCRC"] is False
    assert read(frame(BODY.format(words=QUADRANTS["north west"][0]), header=0x77)).warnings


REFUSED = {
    "last byte missing": (REAL[:-2], "33 bytes after its head, it has 32", 3),
    "cut": (REAL[:40], "33 bytes after its head, it has 15", 3),
    "too short": ("a507d1", "7 bytes or more", 3),
    "head": (REAL[:8] + "53" + REAL[10:], "checksum of the head", 4),
    "payload": (REAL[:-2] + "38", "checksum of the payload", 37),
    "length": (REAL[:6] + "25" + REAL[8:], "37 bytes after its head, it has 33", 3),
    "command": (frame("00" * 32, command=0x55).hex(), "unknown command 55", 2),
    "type": (frame("09" + "00" * 31).hex(), "unknown type 9", 5),
    "size of type": (frame("03" + "00" * 31).hex(), "type 3 has 34 bytes, this has 32", 5),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_place(name: str) -> None:
    text, words, offset = REFUSED[name]
    with pytest.raises(DecodeError, match=words) as caught:
        read(text)
    assert caught.value.offset == offset


def test_known_by_its_checksums_and_built_back() -> None:
    data = bytes.fromhex(REAL)
    assert identify(data) == ["awt-lorawan"]
    protocol = find("awt")
    assert protocol.build(protocol.parse(data, Reception())) == data
