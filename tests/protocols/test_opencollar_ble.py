"""Bluetooth of OpenCollar Edge: advertisements, notifications, pieces put together."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, Reception, decode, find, identify
from protocols.opencollar_ble import Assembler

ADVERTISED = "11ff610a0400a0009a3c7f7f73187255000002010609095350303531333037"
STATUS = "04f40e0400a0009a3c7f7f731872550000"
FIX = "0d930e8a255b75623d081f1d346f031f00"


def test_advertisement_tells_name_battery_and_version() -> None:
    (packet,) = decode(bytes.fromhex(ADVERTISED))
    assert (packet.protocol, packet.device_id) == ("opencollar-edge-ble-adv", "SP051307")
    assert (packet.battery_v, packet.details["status"]["version"]) == (4.1, "v7.2")


def test_elements_may_come_in_any_order_and_with_others() -> None:
    maker, flags, name = ADVERTISED[:36], ADVERTISED[36:42], ADVERTISED[42:]
    (packet,) = decode(bytes.fromhex(flags + name + "020a08" + maker))
    assert packet.device_id == "SP051307"
    (nameless,) = decode(bytes.fromhex(maker))
    assert (nameless.device_id, nameless.battery_v) == (None, 4.1)


REFUSED = {
    "another maker": ("11ff4c00" + ADVERTISED[8:], "no data of the company 0A61"),
    "no maker": ("020106", "no data of the company 0A61"),
    "cut": (ADVERTISED[:40], "does not fit here"),
    "element of nothing": ("00" + ADVERTISED, "element of 0 bytes"),
    "short status": ("10ff610a" + "00" * 13, "not 14 bytes of status"),
    "too long": ("020106" * 30, "62 bytes at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_advertisement_of_a_collar(name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(DecodeError, match=words):
        decode(bytes.fromhex(text), protocol="opencollar-edge-ble-adv")


def test_notification_has_its_port_in_front() -> None:
    frame, fix = decode(bytes.fromhex(FIX))
    assert (frame.details["port"], fix.protocol) == (13, "opencollar-edge")
    assert fix.latitude_deg == pytest.approx(52.0633698)
    assert identify(bytes.fromhex(FIX), port=13) == ["opencollar-edge-ble-nus"]
    assert identify(bytes.fromhex(FIX), port=4) == []


@pytest.mark.parametrize(("text", "words"), [("0d93", "3 bytes or more"), ("00f400", "is no port"),
                                             ("fff400", "is no port")])  # fmt: skip
def test_what_is_no_notification(text: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decode(bytes.fromhex(text), protocol="opencollar-edge-ble-nus")


def put_together(pieces: list[bytes]) -> list[bytes]:
    assembler = Assembler()
    whole = [message for piece in pieces for message in assembler.feed(piece)]
    return whole + assembler.flush()


@given(st.lists(st.integers(1, 20), max_size=12))
def test_pieces_of_any_size_are_put_together(cuts: list[int]) -> None:
    stream, pieces = bytes.fromhex(STATUS + FIX + STATUS), []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    pieces.append(stream)
    assert [part.hex() for part in put_together(pieces)] == [STATUS, FIX, STATUS]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_nothing_of_any_pieces_is_lost(pieces: list[bytes]) -> None:
    assert b"".join(put_together(pieces)) == b"".join(pieces)


def test_long_log_is_handed_out_in_parts_and_soon() -> None:
    record = bytes.fromhex("12970411223344" + "55667788")
    log = b"\x1d" + record * 20_000
    assembler, parts = Assembler(), []
    for at in range(0, len(log), 20):
        parts += assembler.feed(log[at : at + 20])
        assert len(assembler.kept) <= 4096 + 20
    parts += assembler.flush()
    assert b"".join(part[1:] for part in parts) == log[1:]
    assert {part[:1] for part in parts} == {b"\x1d"}
    assert all(len(part) % len(record) == 1 for part in parts)


# What an emulated collar says one after another: lists and logs end where another message begins.
SAID = [
    "04f40e0400a0009a3c7f7f731872550000",
    "030304100e0000211" + "0" + "53503035313330370000000000000000" + "610100",
    "03620402000000630402000000",
    "1ff302a701",
    "1d12970400000000000000000d930e" + "00" * 14 + "01020304",
    "1d129704112233441122334412970455667788556677881297040102030401020304",
    "1ff302bb01",
    "1ed7041a0e0000",
]


@given(st.lists(st.integers(0, 230), max_size=30))
def test_messages_of_every_kind_are_told_apart_however_they_are_cut(cuts: list[int]) -> None:
    stream = bytes.fromhex("".join(SAID))
    edges = sorted({0, *(cut % len(stream) for cut in cuts), len(stream)})
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert [one.hex() for one in put_together(pieces)] == SAID


@pytest.mark.parametrize("text", [ADVERTISED, FIX])
def test_built_back(text: str) -> None:
    data = bytes.fromhex(text)
    protocol = find(identify(data)[0])
    assert protocol.build(protocol.parse(data, Reception())) == data
