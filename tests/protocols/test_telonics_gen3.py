"""Telonics Gen3: every row of the maker's own program, and where it is not to be followed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, Packet, decode, envelopes, identify

NAME = "telonics-gen3-argos"
A_DAY = {"period_minutes": 1440}
# Of fixtures/packets/telonics-gen3-argos: type 3, the fourth fix is unavailable; 1 November.
TYPE_3 = "098cf94a699f198982f5ff00033fa01fb080000ffd00804153ffff08000000"
HEARD = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def read(text: str, received: datetime | None = HEARD, **context: Any) -> list[Packet]:
    return decode(bytes.fromhex(text), protocol=NAME, received=received, context=context)


def row(heard: datetime, packet: Packet) -> str:
    """Write a packet as ADC-T03 does; it calls a message of sensors Invalid."""
    said, when = packet.details, f"{heard:%Y.%m.%d,%H:%M:%S},77267"
    if said.get("type") == "sensor":
        return f"{when},0,Invalid,,,,"
    quality = "Good" if said["crc_ok"] else "Bad"
    place = f"{said['lon']:.4f},{said['lat']:.4f}"
    return f"{when},{said['fix']},{quality},{packet.time:%Y.%m.%d,%H:%M},{place}"


def packets_of_the_email(shared: Path) -> list[tuple[datetime, Packet]]:
    messages = envelopes.parse((shared / "data/telonics/Gen34moose08-09-2-12.TXT").read_bytes())
    assert len(messages) == 399
    found = []
    for message in messages:
        if message.device_id == "77267":
            assert message.time is not None
            read = decode(
                message.payload, protocol=NAME, received=message.time, context=A_DAY
            )  # fmt: skip
            found += [(message.time, packet) for packet in read]
    return found


def test_every_row_of_the_makers_program(shared: Path) -> None:
    """All 387, with place, time and quality; one is the message whose first bit is wrong."""
    rows = (shared / "data/telonics/telonics_gen3_77267_vendor_24hr.csv").read_text().split()
    assert len(rows) == 387
    assert Counter(row(*one) for one in packets_of_the_email(shared)) == Counter(rows)


def test_fixes_that_hang_on_a_bad_one_are_bad_though_the_maker_calls_them_good(
    shared: Path,
) -> None:
    packets = [packet for _, packet in packets_of_the_email(shared)]
    kinds = Counter((p.details.get("crc_ok"), p.position_status) for p in packets)
    assert kinds == {
        (True, "ok"): 309, (True, "bad"): 29, (False, "bad"): 48, (None, "unavailable"): 1
    }  # fmt: skip
    # Of these 29 the maker's program has 16 wrong, by 3 to 186 km; the 309 agree with each other.
    places: dict[datetime | None, set[tuple[float | None, float | None]]] = {}
    for packet in packets:
        if packet.position_status == "ok":
            place = (packet.latitude_deg, packet.longitude_deg)
            places.setdefault(packet.time, set()).add(place)
    assert max(map(len, places.values())) == 1  # every message has the same place for a time


def test_vectors(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    vectors = [v for v in map(json.loads, lines) if v["protocol"] == "telonics.gen3.argos"]
    assert len(vectors) == 17
    for vector in vectors:
        date, clock = vector["text"].split()[:2]
        heard = datetime.fromisoformat(f"{date} {clock}").replace(tzinfo=UTC)
        packets = read(vector["hex"], heard, **A_DAY)
        decoded = vector["decoded"]
        expected = decoded.get("fields", decoded)
        assert {key: packets[0].details[key] for key in expected} == expected
        for packet, wanted in zip(packets, decoded.get("vendor_rows", packets), strict=True):
            assert isinstance(wanted, Packet) or row(heard, packet) == wanted


def test_times_by_the_period_and_the_year_of_the_reception() -> None:
    packets = read(TYPE_3, period_minutes=90)
    assert [packet.position_status for packet in packets] == [
        "ok", "ok", "ok", "unavailable", "ok", "ok"
    ]  # fmt: skip
    assert packets[0].time == datetime(2026, 11, 1, 6, 2, tzinfo=UTC)
    hour = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    delays = (0, 59, 0, 1, 2)
    assert [packet.time for packet in packets[1:]] == [
        hour - timedelta(minutes=90 * number - delay) for number, delay in enumerate(delays, 1)
    ]
    assert packets[3].latitude_deg is None


def test_without_period_or_reception_nobody_knows_when() -> None:
    first, *older = read(TYPE_3)
    assert first.position_status == "ok"
    assert {packet.position_status for packet in older} == {"stale", "unavailable"}
    assert "say the period of its fixes (period_minutes)" in older[0].warnings[0]
    unknown = read(TYPE_3, received=None, period_minutes=90)
    assert {packet.time for packet in unknown} == {None}
    assert "say when it was received" in unknown[0].warnings[0]
    assert "say when it was received" in unknown[1].warnings[0]


@pytest.mark.parametrize("minutes", [0, -1, "60", True, float("nan"), float("inf"), 1e300, [1]])
def test_a_period_that_cannot_be_is_refused(minutes: object) -> None:
    with pytest.raises(DecodeError, match="period_minutes is"):
        read(TYPE_3, period_minutes=minutes)


def test_a_message_that_is_cut_gives_its_whole_fixes() -> None:
    packets = read(TYPE_3[:36], period_minutes=60)  # 18 of 31 bytes: 72 bits behind the first fix
    assert len(packets) == 3
    assert "cut short at byte 16: 2 of 5 relative fixes are there" in packets[0].warnings
    with pytest.raises(DecodeError, match="the first fix has 9 bytes, this has 8"):
        read(TYPE_3[:16])
    with pytest.raises(DecodeError, match="at most 31 bytes"):
        read(TYPE_3 + "00")


def test_zeros_pass_the_crc_and_are_bad() -> None:
    """Their day of the year is 0; what hangs on them is bad, too."""
    packets = read("00" * 27)
    assert {packet.position_status for packet in packets} == {"bad"}
    assert packets[0].warnings == ("its date cannot be",)


@pytest.mark.parametrize("data", [TYPE_3, "00" * 9, "00" * 27])
def test_never_guessed(data: str) -> None:
    assert NAME not in identify(bytes.fromhex(data))
