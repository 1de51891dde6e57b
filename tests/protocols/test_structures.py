"""Whole packets of every format with any values in them: read, built back, explained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import PROTOCOLS, DecodeError, Packet, Reception, decode, explain, find
from protocols.abeeway.at2 import MESSAGES as AT2
from protocols.abeeway.at3 import FIX
from protocols.abeeway.at3_notifications import MESSAGES as AT3
from protocols.argos import frame
from protocols.linkit_argos import FORMS, Form
from protocols.opencollar_edge.frame import MESSAGES, TLV_PORTS

Made = tuple[bytes, int | None]
FIX_BYTES = FIX.sizeof()
byte = st.integers(0, 255)


def u(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


@st.composite
def edge_message(draw: Callable[..., Any]) -> Made:
    port, identifier = draw(st.sampled_from(sorted(MESSAGES)))
    message = MESSAGES[port, identifier]
    if message.sizes:
        size = draw(st.sampled_from(message.sizes))
    else:
        size = message.size + message.step * draw(st.integers(0, 6)) * bool(message.step)
    body = draw(u(size))
    if port == 28:  # the text has its own length
        body = bytes([size - 3]) + body[1:]
    return bytes([identifier, size]) + body, port


@st.composite
def tlv(draw: Callable[..., Any]) -> Made:
    items = draw(st.lists(st.tuples(byte, st.binary(max_size=20)), min_size=1, max_size=8))
    data = b"".join(bytes([identifier, len(value)]) + value for identifier, value in items)
    return data, draw(st.sampled_from(sorted(TLV_PORTS)))


@st.composite
def flash_log(draw: Callable[..., Any]) -> Made:
    records = draw(st.lists(edge_message(), min_size=1, max_size=4))
    data = b"".join(bytes([port]) + frame + draw(u(4)) for frame, port in records)
    return data + draw(st.sampled_from([b"", b"\xff" * 9])), 29


@st.composite
def notification(draw: Callable[..., Any]) -> Made:
    frame, port = draw(edge_message())
    return bytes([port]) + frame, None


@st.composite
def lp0(draw: Callable[..., Any]) -> Made:
    frame, port = draw(edge_message())
    return b"\x42\x69" + draw(u(4)) + bytes([port, len(frame)]) + frame, None


@st.composite
def advertisement(draw: Callable[..., Any]) -> Made:
    status, name = draw(u(14)), draw(st.binary(max_size=20))
    return b"\x11\xff\x61\x0a" + status + b"\x02\x01\x06" + bytes([len(name) + 1, 9]) + name, None


@st.composite
def gen1(draw: Callable[..., Any]) -> Made:
    port, size = draw(st.sampled_from([(1, 18), (3, 34), (12, 28), (30, 7), (11, 10), (11, 40)]))
    return draw(u(size)), port


@st.composite
def lorawan(draw: Callable[..., Any]) -> Made:
    kind = draw(st.sampled_from([2, 3, 4, 5]))
    options = draw(st.integers(0, 15))
    tail = draw(st.binary(max_size=60))
    control = draw(st.integers(0, 15)) << 4 | options
    head = bytes([kind << 5]) + draw(u(4)) + bytes([control]) + draw(u(2 + options))
    join = b"\x00" + draw(u(22)), b"\x20" + draw(st.sampled_from([bytes(16), bytes(32)]))
    return draw(st.sampled_from([head + tail + draw(u(4)), *join])), None


@st.composite
def awt(draw: Callable[..., Any]) -> Made:
    kind = draw(st.sampled_from([0, 1, 3, 4, 5]))
    body = bytes([kind]) + draw(u(31 + {3: 2, 4: 2, 5: 4}.get(kind, 0)))
    head = bytes([0xA5, draw(byte), draw(st.sampled_from([0xD1, 0x91])), len(body) + 1])
    return head + bytes([reduce(xor, head)]) + body + bytes([reduce(xor, body)]), None


@st.composite
def oyster(draw: Callable[..., Any]) -> Made:
    port, size = draw(st.sampled_from([(1, 11), (3, 11), (4, 9)]))
    return draw(u(size)), port


@st.composite
def linkit_argos(draw: Callable[..., Any]) -> Made:
    """Fill a form, with its CRC and its check bits as the firmware computes them."""
    form: Form = draw(st.sampled_from(FORMS))
    values = {"day": st.integers(1, 31), "hour": st.integers(0, 23), "minute": st.integers(0, 59)}
    bits = "".join(
        f"{draw(values.get(name, st.integers(0, (1 << width) - 1))):0{width}b}"
        for name, width in form.fields[1:]
    )
    crc = crc8(int(bits, 2).to_bytes(-(-len(bits) // 8), "big"))
    data = crc << len(bits) | int(bits, 2)
    if form.code:
        data = data << form.code.check_bits | form.code.check(data)
    size = draw(st.sampled_from(form.sizes))
    return (data << (size * 8 - form.bits)).to_bytes(size, "big") or b"\0", None


def crc8(data: bytes) -> int:
    crc = 0
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc << 1 ^ (0x107 if crc & 0x80 else 0)) & 0xFF
    return crc


@st.composite
def linkit_dte(draw: Callable[..., Any]) -> Made:
    printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)
    pairs = st.lists(st.tuples(st.from_regex(r"[A-Z]{3}[0-9]{2}", fullmatch=True), printable))
    listed = pairs.map(lambda found: ",".join(f"{key}={value}" for key, value in found))
    payload = draw(printable | listed)
    command = draw(st.sampled_from(["PARMR", "STATR", "PARML", "SECUR", "ABCDE"]))
    reply = draw(st.sampled_from(["", "O;", "N;"]))
    return f"${reply}{command}#{len(payload):03X};{payload}\r".encode(), None


@st.composite
def linkit_log(draw: Callable[..., Any]) -> Made:
    seconds = draw(st.integers(631_152_000, 4_102_444_799))  # from 1990 to 2099
    moment = datetime.fromtimestamp(seconds, UTC)
    kind = draw(st.integers(0, 12))
    body = draw(u(104)) if kind == 0 else draw(st.binary(max_size=100))
    head = bytes([moment.day, moment.month]) + moment.year.to_bytes(2, "little")
    return head + bytes([moment.hour, moment.minute, moment.second, kind, len(body)]) + body, None


@st.composite
def eeprom(draw: Callable[..., Any]) -> Made:
    fixes = draw(st.lists(st.tuples(st.integers(0, 18_000_000), st.integers(0, 36_000_000),
                                    st.integers(0, (1 << 29) - 2)), min_size=1))  # fmt: skip
    head = draw(st.sampled_from([b"", bytes(16)]))
    packed = (north << 55 | east << 29 | time_s for north, east, time_s in fixes)
    return head + b"".join((one or 1).to_bytes(10, "big") for one in packed), None


@st.composite
def ticktag_text(draw: Callable[..., Any]) -> Made:
    degrees = st.floats(-200, 200).map(lambda value: f"{value:.5f}")
    rows = draw(
        st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 1 << 33), degrees, degrees))
    )
    table = "".join(f"{n},{t},{lat},{lon}\n" for n, t, lat, lon in rows)
    text = f"---TICK-TAG---\n*START MEMORY*\ncount,timestamp,lat,lon\n{table}*END MEMORY*\n"
    return text.encode(), None


@st.composite
def yabby(draw: Callable[..., Any]) -> Made:
    port = draw(st.sampled_from([1, 2, 4, 80, 81, 82]))
    if port == 4:
        points = draw(st.integers(0, 31))
        head = bytes([points | draw(st.booleans()) << 5])
        return head + draw(u(7 * points)) + draw(st.binary(max_size=40)), port
    size = {1: 8, 2: 5}.get(port)
    return draw(u(size) if size else st.binary(min_size=1, max_size=60)), port


@st.composite
def abeeway_at2(draw: Callable[..., Any]) -> Made:
    kind, below = draw(st.sampled_from(sorted(AT2)))
    message = AT2[kind, below]
    size = message.sizes[0] + message.step * draw(st.integers(0, 4)) if message.sizes else 9
    if kind in (0, 13):
        return bytes([kind]) + draw(u(size)), 18
    head = bytes([kind, draw(st.integers(0, 5)) << 5 | draw(st.integers(0, 31))])
    body = draw(u(size))
    low = below if kind in (3, 4, 14) else below >> 1 if kind == 11 else 0
    if kind == 7:
        body = bytes([body[0] & 0xF8 | below]) + body[1:]
    elif kind == 10:
        body = bytes([below]) + body[1:]
    elif kind == 11:
        body = bytes([body[0] & 0xBF | (below & 1) << 6]) + body[1:]
    return head + draw(u(2)) + bytes([draw(st.integers(0, 15)) << 4 | low]) + body, 18


@st.composite
def abeeway_at3(draw: Callable[..., Any]) -> Made:
    """Build a position, or a notification of any kind."""
    kept = draw(st.booleans())
    level = draw(st.integers(0, 100)) | kept << 7
    clock = draw(u(4 if kept else 2))
    if draw(st.booleans()):
        head = bytes([2 << 3 | draw(st.integers(0, 7)), level]) + clock
        return head + bytes([draw(st.booleans()) << 7 | 10]) + draw(u(3 + FIX_BYTES)), 3
    code = draw(st.sampled_from(sorted(AT3)))
    message = AT3[code]
    size = (message.sizes[0] if message.sizes else 6) - 1
    return bytes([1 << 3, level]) + clock + bytes([code]) + draw(u(size)), 3


@st.composite
def wildfi(draw: Callable[..., Any]) -> Made:
    """Build entries of places, with flash that was lost between them."""
    entries = []
    for _ in range(draw(st.integers(1, 4))):
        time_s = draw(st.integers(1_546_300_800, 4_000_000_000)).to_bytes(4, "big")
        north, east = draw(st.integers(-90, 90)), draw(st.integers(-180, 180))
        place = b"".join((n * 10**6).to_bytes(4, "big", signed=True) for n in (north, east))
        entries.append(b"\x12\x34\x58" + time_s + place + draw(u(1)) + b"\x05")
    return draw(st.sampled_from([b"", b"\xff" * 20])).join(entries), None


@st.composite
def meshtastic(draw: Callable[..., Any]) -> Made:
    hops = draw(st.integers(0, 7))
    flags = hops | draw(st.integers(0, 3)) << 3 | hops << 5
    sender = draw(st.integers(1, 0xFFFFFFFE)).to_bytes(4, "little")
    head = draw(u(4)) + sender + draw(u(4)) + bytes([flags]) + draw(u(3))
    return head + draw(st.binary(max_size=200)), None


@st.composite
def telonics(draw: Callable[..., Any]) -> Made:
    return draw(st.binary(min_size=9, max_size=31)), None


@st.composite
def lotek(draw: Callable[..., Any]) -> Made:
    return bytes([draw(st.sampled_from([0x10, 0x11, 0x12, 0x14, 0x16]))]) + draw(u(30)), None


@st.composite
def kineis(draw: Callable[..., Any]) -> Made:
    body = draw(u(29))
    crc = 0
    for octet in body:  # CRC-16/XMODEM
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x11021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc.to_bytes(2, "big") + body, None


@st.composite
def argos(draw: Callable[..., Any]) -> Made:
    data, _ = draw(linkit_argos().filter(lambda made: len(made[0]) >= 11))
    return data, None


@st.composite
def sparkfun(draw: Callable[..., Any]) -> Made:
    return (draw(st.integers(0, (1 << 43) - 1)) << 13).to_bytes(7, "big"), None


@st.composite
def sbd(draw: Callable[..., Any]) -> Made:
    sizes = {0x01: 28, 0x03: 11, 0x05: 1, 0x41: 21, 0x44: 25}
    known = [st.tuples(st.just(kind), u(size)) for kind, size in sizes.items()]
    others = st.tuples(st.sampled_from([2, 0x42, 0x7F]), st.binary(max_size=30))
    bodies = st.one_of(*known, others)
    elements = draw(st.lists(bodies, min_size=1, max_size=4))
    data = b"".join(bytes([kind]) + len(b).to_bytes(2, "big") + b for kind, b in elements)
    return b"\x01" + len(data).to_bytes(2, "big") + data, None


@st.composite
def sbdix(draw: Callable[..., Any]) -> Made:
    numbers = draw(st.lists(st.integers(0, 99_999), min_size=6, max_size=6))
    return f"+SBDIX: {', '.join(map(str, numbers))}\r\n".encode(), None


@st.composite
def sbdrb(draw: Callable[..., Any]) -> Made:
    data = draw(st.binary(min_size=1, max_size=270))
    size, total = len(data).to_bytes(2, "big"), (sum(data) & 0xFFFF).to_bytes(2, "big")
    return draw(st.sampled_from([b"", b"AT+SBDRB\r\n"])) + size + data + total, None


@st.composite
def smartone(draw: Callable[..., Any]) -> Made:
    return draw(st.integers(1, 4).flatmap(lambda parts: u(9 * parts))), None


@st.composite
def ptt_a2(draw: Callable[..., Any]) -> Made:
    blocks = draw(st.integers(1, 8))
    return frame(draw(st.integers(0, (1 << 28) - 1)), draw(u(4 * blocks - 1))), None


@st.composite
def ptt_a3(draw: Callable[..., Any]) -> Made:
    """What follows the sync of an A2 frame, and its zeros."""
    packet, _ = draw(ptt_a2())
    blocks = (len(packet) - 6) // 4
    bits = "".join(f"{value:08b}" for value in packet)[24:] + "0" * (7, 8, 9)[(blocks - 1) % 3]
    return bits.encode(), None


@st.composite
def vld(draw: Callable[..., Any]) -> Made:
    length, count = draw(st.sampled_from([("00", 45), ("11", 135)]))
    coded = draw(st.lists(st.sampled_from("01"), min_size=count, max_size=count))
    return (f"{0xAC5353:024b}{length}" + "".join(coded)).encode(), None


@st.composite
def ctt(draw: Callable[..., Any]) -> Made:
    identity = draw(st.integers(1, (1 << 32) - 1))
    rest = identity << 8
    for bit in range(39, 7, -1):  # CRC-8: the rest of a division by x^8 + x^2 + x + 1
        rest ^= 0x107 << (bit - 8) if rest >> bit & 1 else 0
    frame = b"\xd3\x91" + identity.to_bytes(4, "big") + bytes([rest])
    return b"\xaa" * draw(st.integers(0, 3)) + frame, None


STRUCTURES: dict[str, list[st.SearchStrategy[Made]]] = {
    "opencollar-edge": [edge_message(), tlv(), flash_log()],
    "opencollar-edge-ble-adv": [advertisement()],
    "opencollar-edge-ble-nus": [notification()],
    "opencollar-lp0": [lp0()],
    "opencollar-gen1": [gen1()],
    "lorawan-1.0-phy": [lorawan()],
    "awt-lorawan": [awt()],
    "ctt-tag434": [ctt()],
    "digital-matter-oyster": [oyster()],
    "linkit-argos": [linkit_argos()],
    "linkit-dte": [linkit_dte()],
    "linkit-log": [linkit_log()],
    "digital-matter-yabby-edge": [yabby()],
    "abeeway-at2": [abeeway_at2()],
    "abeeway-at3": [abeeway_at3()],
    "wildfi-log": [wildfi()],
    "meshtastic-lora": [meshtastic()],
    "telonics-gen3-argos": [telonics()],
    "lotek-gps8000-argos": [lotek()],
    "kineis-stdv1": [kineis()],
    "argos": [argos()],
    "sparkfun-argos": [sparkfun()],
    "argos-ptt-a2": [ptt_a2()],
    "argos-ptt-a3": [ptt_a3()],
    "argos4-vld": [vld()],
    "iridium-sbd": [sbd()],
    "iridium-sbdix": [sbdix()],
    "iridium-sbdrb": [sbdrb()],
    "globalstar-smartone": [smartone()],
    "globalstar-simplex": [smartone()],
    "ticktag-eeprom": [eeprom()],
    "ticktag-serial": [ticktag_text()],
}


def outcome(packet: bytes, name: str, port: int | None) -> tuple[str, list[Packet]]:
    try:
        return "", decode(packet, protocol=name, port=port)
    except DecodeError as error:
        return str(error), []


def test_every_format_has_structures() -> None:
    assert STRUCTURES.keys() == {protocol.name for protocol in PROTOCOLS}


@pytest.mark.parametrize("name", STRUCTURES)
@given(data=st.data())
def test_whole_packet_of_any_values(name: str, data: st.DataObject) -> None:
    packet, port = data.draw(st.one_of(STRUCTURES[name]))
    if not any(packet):
        return
    protocol = find(name)
    reason, read = outcome(packet, name, port)
    if reason:  # its place or a number cannot be
        assert "out of range" in reason or "is not a number" in reason
        return
    assert protocol.build(protocol.parse(packet, Reception(port=port))) == packet
    assert all(p.latitude_deg is None or abs(p.latitude_deg) <= 90 for p in read)
    assert explain(packet, protocol=name, port=port)[0].size == len(packet)
