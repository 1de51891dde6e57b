"""Abeeway Asset Tracker 3 against the maker's driver; where that is wrong, what is right."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, Packet, decode, identify

NAME = "abeeway-at3"
GNSS = "105e0c248a00000119ff3ff20436458000a10000000a1765"
HEARD = datetime(2024, 6, 20, 12, 51, 53, tzinfo=UTC)
# What we give on purpose differently from the published driver, and why.
DIFFERENT = {
    "gnssBeidouOutdated": "it reads these five octets in another order than all other numbers",
    "oldestTimestamp": "it makes 1970 of no time",
    "latestTimestamp": "it makes 1970 of no time",
}


def read(text: str, port: int = 19, received: datetime | None = HEARD) -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol=NAME, port=port, received=received)
    return packet


def differences(got: Any, expected: Any, key: str = "") -> list[str]:
    if isinstance(expected, dict):
        return [d for k, v in expected.items() for d in differences(got.get(k), v, k)]
    return [] if got == expected or key in DIFFERENT else [f"{key}: {got} is not {expected}"]


def received(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"(\.\d{3})\d*", r"\1", text))


def test_every_vector(shared: Path) -> None:
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["protocol"] == NAME]
    assert len(rows) == 27
    for row in rows:
        packet = read(row["hex"], row["port"], received(row["recv_time"]))
        assert differences(packet.details, row["decoded"]) == [], row["hex"]
        assert identify(bytes.fromhex(row["hex"]), port=row["port"]) == [NAME]


def test_fix() -> None:
    packet = read(GNSS, 199)
    assert (packet.latitude_deg, packet.longitude_deg) == (43.615845, 7.06656)
    assert (packet.altitude_m, packet.accuracy_m, packet.position_status) == (161.0, 23.0, "ok")
    assert packet.time == datetime(2024, 6, 20, 12, 51, 48, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(12, (20, 12)), (11, (20, 0)), (1, (20, 0)), (23, (20, 12)), (0, (20, 0))],
)
def test_clock_of_half_a_day_is_the_last_that_can_be(hour: int, expected: tuple[int, int]) -> None:
    """An hour ahead is believed; a message is not younger than its reception."""
    heard = datetime(2024, 6, 20, hour, 40, tzinfo=UTC)
    time = read(GNSS, 199, heard).time
    assert time is not None
    assert (time.day, time.hour, time.minute) == (*expected, 51)


def test_without_reception_or_clock_there_is_no_time() -> None:
    assert read(GNSS, 199, None).time is None
    unset = read(GNSS[:4] + "ffff" + GNSS[8:], 199)
    assert (unset.time, unset.warnings) == (None, ("its clock is not set",))
    beyond = read(GNSS[:4] + "b000" + GNSS[8:], 199)
    assert "not believed" in beyond.warnings[0]


def test_kept_message_has_its_whole_time() -> None:
    heard = datetime(2025, 7, 1, tzinfo=UTC)
    packet = read("08e46862afe604170061df4b57", 3, heard)
    assert packet.time == datetime(2025, 6, 30, 15, 40, 22, tzinfo=UTC)
    assert packet.temperature_c == 23.0


def test_satellites_of_beidou_are_big_endian() -> None:
    """37 bits are set in the example: 1 to 37, which is what BeiDou had."""
    text = "08647405001c01000000000000000000000000000000090e00fffc011000001fffffffff00"
    status = read(text, 3).details["notification"]["system"]["status"]
    assert status["gnssBeidouOutdated"] == list(range(1, 38))
    assert status["gnssGpsOutdated"] == [1, *range(11, 25)]


def test_no_kept_message_has_no_time() -> None:
    details = read("092a240406020000000000000000", 3).details
    assert details["notification"]["system"]["dataBufferingStatus"] == {
        "status": "NO_DATA_FOUND", "oldestTimestamp": None, "latestTimestamp": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("octet", "said", "accuracy_m"),
    [("fa", 250, 250.0), ("fb", "(250,500]", 500.0), ("ff", ">4000", None)],
)
def test_errors_beyond_250_m_are_ranges(octet: str, said: Any, accuracy_m: float | None) -> None:
    packet = read(GNSS[:44] + octet + GNSS[46:], 199)
    assert packet.details["position"]["gnssFix"]["EHPE"] == said
    assert (packet.accuracy_m, packet.latitude_deg is None) == (accuracy_m, accuracy_m is None)


@pytest.mark.parametrize(
    ("text", "status"),
    [(GNSS[:46] + "05", "bad"), (GNSS[:16] + "7fffffff" + GNSS[24:], "bad"),
     (GNSS[:16] + "00" * 8 + GNSS[32:], "unavailable"), ("105e0ed42a00000100", "unavailable"),
     (GNSS[:8] + "ea" + GNSS[10:], "unavailable")],
)  # fmt: skip
def test_no_place_without_a_fix(text: str, status: str) -> None:
    packet = read(text, 199)
    assert (packet.position_status, packet.latitude_deg) == (status, None)


def test_batteries_and_temperatures() -> None:
    assert read("090167e501dbd90d0a", 3).battery_v == 3.338
    assert read("09008bc0211e").temperature_c == 30.0
    header = read("09008bc0211e").details["header"]
    assert header["batteryLevel"] == "CHARGING"
    assert read("097f8bc0211e").details["header"]["batteryLevel"] == "UNKNOWN"


def test_answers_and_telemetry_are_told_but_never_guessed() -> None:
    for text in ("a162952210020102340b0300000001", "18007f2302010203", "286474842046838df801"):
        packet = read(text)
        assert packet.warnings == ("what this kind of message holds is not read",)
        assert identify(bytes.fromhex(text), port=19) == []


REFUSED = {
    "last byte missing": (GNSS[:-2], 199, "GNSS has 24 bytes, this has 23"),
    "head": ("105e0c", 19, "ends in its head"),
    "satellites": ("105e0ed42a0000010100", 19, "1 satellites do not fit"),
    "kind of position": ("105e0c248c000001", 19, "no position of kind 12"),
    "notification": ("085e0c247000", 19, "no notification 70"),
    "page": ("085e0c2400001d07", 19, "no page of this number"),
    "type": ("385e0c2400", 19, "no message of type 7"),
    "battery": ("08700c2411", 19, "cannot have 112 percent"),
    "too long": ("085e0c241100", 19, "SOS_OFF has 5 bytes, this has 6"),
    "port": (GNSS, 18, "port 18 is not known: 3, 19 or 199"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, port, words = REFUSED[name]
    with pytest.raises(DecodeError, match=words):
        read(text, port)
    assert NAME not in identify(bytes.fromhex(text), port=port)


def test_port_must_be_named() -> None:
    with pytest.raises(DecodeError, match="needs the LoRaWAN port: 3, 19 or 199"):
        decode(bytes.fromhex(GNSS), protocol=NAME)
