"""WildFi logs: entries, pieces of a log, lost flash, and what is not to be believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, Packet, Reception, decode, find, identify

NAME = "wildfi-log"
HEARD = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
GPS = "12345865ec87bcfe87ceea018b55dd1e2d"
NOBODY = "1234576553f1280000"
LOST = "ff" * 40


def read(text: str, received: datetime | None = HEARD) -> list[Packet]:
    return decode(bytes.fromhex(text), protocol=NAME, received=received)


def rows(shared: Path, name: str) -> list[dict[str, Any]]:
    lines = (shared / "vectors" / name).read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["protocol"] == NAME]


def test_every_vector(shared: Path) -> None:
    """The decoder writes text; `tagId` and `id` are of the frame around, which is not here."""
    vectors = rows(shared, "open-collars.jsonl")
    assert len(vectors) == 4
    for row in vectors:
        (packet,) = read(row["hex"])
        for name, value in row["decoded"].items():
            got = packet.details.get(name)
            if name not in ("id", "tagId"):
                same = isinstance(got, float) and got == float(value)
                assert same or got == value or str(got) == value, (row["hex"], name)


def test_every_bad_input(shared: Path) -> None:
    expected = {
        "TTF 0": "a fix after 0 s cannot be: not believed",
        "timestamp 2028": "its time is 2028-06-24, in the future: not believed",
        "erased NAND": "byte 0: flash that was lost; 12 bytes passed over",
    }
    bad = rows(shared, "open-collars-bad-input.jsonl")
    assert len(bad) == 5
    for row in bad:
        words = next((w for start, w in expected.items() if row["fault"].startswith(start)), None)
        if words is None:
            with pytest.raises(DecodeError, match=r"runs past the end|begins no known entry"):
                read(row["hex"])
        else:
            (packet,) = read(row["hex"])
            assert packet.warnings == (words,)
            assert packet.details["plausible"] == (packet.latitude_deg is not None)
            assert packet.details["plausible"] == row["fault"].startswith("erased")


def test_fix() -> None:
    (packet,) = read(GPS)
    assert (packet.latitude_deg, packet.longitude_deg) == (-24.654102, 25.908701)
    assert packet.time == datetime(2024, 3, 9, 16, 1, tzinfo=UTC)
    assert packet.position_status == "ok"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("65ec87bc", "3b9aca00", "before 2019"), ("fe87ceea", "0605b2b0", "degrees are too many")],
)
def test_fix_that_is_not_believed(old: str, new: str, words: str) -> None:
    (packet,) = read(GPS.replace(old, new))
    assert (packet.position_status, packet.latitude_deg, packet.time) == ("bad", None, None)
    assert words in packet.warnings[0]
    assert identify(bytes.fromhex(GPS.replace(old, new))) == []


def test_no_place_and_no_clock() -> None:
    (packet,) = read("123456" + "00000010" + "00" + "00" * 8 + "00" + "0000")
    assert (packet.position_status, packet.details["lat"], packet.time) == (
        "unavailable", None, None,
    )  # fmt: skip
    assert packet.warnings == ("its clock was not set",)


def test_goes_on_at_the_next_mark() -> None:
    first, second = read(LOST + GPS + "123499" + "00" * 5 + NOBODY + GPS[:20])
    assert first.warnings == ("byte 0: flash that was lost; 40 bytes passed over",)
    assert second.warnings == (
        "byte 57: 12 34 99 begins no known entry; 8 bytes passed over",
        "length: the entry at byte 74 runs past the end; 10 bytes passed over",
    )
    assert second.details["proxIdBurst"] == ""


def test_entry_that_swallows_another_gives_way() -> None:
    """A fix cut by lost flash must not eat the mark of the entry behind it."""
    (packet,) = read(GPS[:16] + GPS)
    assert packet.latitude_deg == -24.654102
    assert "8 bytes passed over" in packet.warnings[0]


def test_piece_of_a_log_that_begins_within_an_entry() -> None:
    packet, *others = read("ab" + "26910237" + "0011" + GPS)
    assert not others
    assert packet.details["sendPagePointer"] == 0x26910237 >> 15
    assert packet.warnings == ("byte 5: 00 11 12 begins no known entry; 2 bytes passed over",)
    assert identify(bytes.fromhex("ab26910237" + "0011" + GPS)) == [NAME]


def test_piece_without_an_entry_was_heard() -> None:
    (packet,) = read("ab26910237" + "00" * 30)
    assert packet.latitude_deg is None
    assert "still good for homing" in packet.warnings[0]
    assert identify(bytes.fromhex("ab26910237" + "00" * 30)) == []


def test_beacons_say_their_battery() -> None:
    (first,) = read("77" + "0f47" + "01" + "0002" + "23" + "04" + "01" + "01")
    assert first.battery_v == 3.911
    (second,) = read(
        "99" + "0f47" + "01" + "0002" + "23" + "04" + "01" + "01" + "0b16" + "fff600050007"
        + "00000009" + "00001000" + "00000000"
    )  # fmt: skip
    assert second.details["magHardIronOffsetX"] == -10
    assert (second.details["startCnt"], second.details["bytesToTransmit"]) == (9, 4096)


def test_raw_ranges_and_too_many() -> None:
    head = "123472" + "00000000" + "00004842" + "0f09" + "12" + "01"
    (packet,) = read(head + "0122" + "00" * 34)
    assert packet.details["receiverTimeOfWeekInSec"] == 50.0
    assert packet.details["gpsWeekNumber"] == 2319
    with pytest.raises(DecodeError, match="no ranges of a size"):
        read(head + "0121" + "00" * 33)


def test_lengths_that_cannot_be_are_refused() -> None:
    with pytest.raises(DecodeError, match="longer than any can be"):
        read("123457" + "6553f128" + "0201" + "00" * 513)
    (packet,) = read("123457" + "6553f128" + "0003" + "a1b2ff")
    assert "levels that cannot be" in packet.warnings[0]


def test_known_by_its_mark_and_never_on_a_port() -> None:
    assert identify(bytes.fromhex(GPS + NOBODY)) == [NAME]
    assert identify(bytes.fromhex(GPS), port=4) == []
    assert identify(bytes.fromhex(GPS + "00")) == []


PIECES = st.sampled_from(
    [bytes.fromhex(text) for text in (GPS, NOBODY, LOST, "1234", GPS[:16], "12346100", "ab")]
)


@given(st.lists(PIECES | st.binary(max_size=8), max_size=6), st.booleans())
def test_any_log_is_built_back(pieces: list[bytes], framed: bool) -> None:
    data = (b"\xab\x00\x01\x02\x03" if framed else b"") + b"".join(pieces)
    protocol = find(NAME)
    try:
        tree = protocol.parse(data, Reception())
    except DecodeError:
        return
    assert protocol.build(tree) == data
    assert protocol.to_packets(tree, Reception(received=HEARD))
