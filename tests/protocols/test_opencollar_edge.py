"""OpenCollar Edge against the maker's decoder; where that is wrong, against the firmware."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, Packet, Reception, decode, find

NAME = "opencollar-edge"
HEARD = datetime(2026, 9, 6, 7, 0, tzinfo=UTC)

# What we give on purpose differently from the published decoder, and why.
DIFFERENT = {
    "mac": "it prints octets without leading zero (c:ed:81 for 0c:ed:81)",
    "cog": "it reads the course big-endian, the firmware writes little-endian",
    "sog": "it multiplies by 3.6; we give sog_mps",
    "cmdq_temp": "it gives 0 for no reading; we give None",
}


def read(hex_text: str, port: int, received: datetime | None = HEARD) -> list[Packet]:
    return decode(bytes.fromhex(hex_text), protocol=NAME, port=port, received=received)


def differences(got: Any, expected: Any, path: str = "") -> list[str]:
    if isinstance(expected, dict):
        return [d for key, value in expected.items() if key not in DIFFERENT
                for d in differences(got.get(key), value, f"{path}.{key}")]  # fmt: skip
    if isinstance(expected, int | float) and not isinstance(expected, bool) and got is not None:
        return [] if abs(got - expected) < 1e-6 else [f"{path}: {got} is not {expected}"]
    return [] if got == expected else [f"{path}: {got} is not {expected}"]


def vectors(shared: Path, name: str) -> list[dict[str, Any]]:
    lines = (shared / "vectors" / name).read_text().splitlines()
    return [v for v in map(json.loads, lines) if v["protocol"] == NAME]


def test_every_vector_gives_what_is_expected(shared: Path) -> None:
    rows = vectors(shared, "open-collars.jsonl")
    assert len(rows) == 48
    for row in rows:
        packets = read(row["hex"], row["port"], None)
        assert differences(found(row, packets), wanted(row)) == [], row["hex"]


def found(row: dict[str, Any], packets: list[Packet]) -> Any:
    if row["port"] != 29:
        return packets[0].details
    return {str(i + 1): packet.details for i, packet in enumerate(packets)}


def wanted(row: dict[str, Any]) -> Any:
    if row["port"] != 29:
        return row["decoded"]
    return {
        key: {**record["data"], "port": record["port"], "store_timestamp": record["timestamp"]}
        for key, record in row["decoded"].items()
    }


# Bad input by its fault: what we do, where more than one answer is allowed the one we chose.
REFUSED = {
    "truncated by one byte": "length",
    "truncated inside the coordinates": "length",
    "header only": "length",
    "one trailing byte": "length",  # allowed: a warning instead
    "len byte smaller than the data": "length",
    "empty": "empty",
    "one byte": "length",
    "port 2 message on port 13 (id 0xF2)": "that of port 2",  # allowed: decode with a warning
    "unknown id on port 2": "id F3",
    "latitude 95 deg": "out of range",  # allowed: a warning instead
    "longitude -190 deg": "out of range",
    "record length 255 runs past the end": "runs past the end",
    "command confirm cut": "length",
    "last position with the 12-byte minimum": "length",
}
REFUSED_PREFIX = {
    "len byte 0x1c": "the frame says 28",
    "raw BLE log frame": "leave out its first byte",
    "BLE frame (leading": "leave out the first byte",
    "legacy open-sky": "unsupported",
    "legacy modem-info": "unsupported",
    "port 0 =": "not application data",
}
WARNED_PREFIX = {
    "REAL collar SP051195": "in the future",
    "firmware default position": "set in the factory",
    "success 0 but": "an earlier one",
    "zero coordinates": "all zero",
    "n_sat 10 with": "cut after",
    "20 devices announced": "cut after",
    "BLE list cut": "cut after",
    "REAL old firmware": "counts the header",
    "flash log cut in": "record 2 at byte 21 runs past the end",
    "fence result 2": "no fence voltage",
    "air quality header only": "no air quality",
    "LR GNSS status 7": "no satellites",
    "LR GNSS status 8": "almanac is too old",
}
CLEAN_PREFIX = ("firmware README", "erased flash", "REAL legacy RF-scan")


def by_prefix(table: dict[str, str], fault: str) -> str | None:
    return next((text for start, text in table.items() if fault.startswith(start)), None)


def test_every_bad_input_is_refused_or_flagged(shared: Path) -> None:
    rows = vectors(shared, "open-collars-bad-input.jsonl")
    assert len(rows) == 47
    for row in rows:
        fault = row["fault"]
        refusal = REFUSED.get(fault) or by_prefix(REFUSED_PREFIX, fault)
        if refusal:
            with pytest.raises(DecodeError, match=refusal):
                read(row["hex"], row["port"])
            continue
        warnings = read(row["hex"], row["port"])[-1].warnings
        expected = by_prefix(WARNED_PREFIX, fault)
        assert expected or fault.startswith(CLEAN_PREFIX), fault
        assert (warnings == ()) if expected is None else any(expected in w for w in warnings), fault


def test_course_is_little_endian_as_the_firmware_writes_it() -> None:
    (packet,) = read("f21e0100010c0058d73aff7893f21548581900030a050001a368aa6a01846907", 2, None)
    assert packet.details["cog"] == pytest.approx(90.12)
    assert packet.details["sog_mps"] == 7


def test_last_position_has_its_longitude_first() -> None:
    longitude, latitude = 424453000, 433499000
    body = b"".join(v.to_bytes(4, "little", signed=True) for v in (longitude, latitude, 1500000))
    (packet,) = read((b"\xfe\x10" + body + (1789552800).to_bytes(4, "little")).hex(), 31, None)
    assert (packet.latitude_deg, packet.longitude_deg) == (43.3499, 42.4453)
    assert packet.altitude_m == 1500


def test_position_status_tells_old_from_none() -> None:
    stale = "f21e0000001000e6a40d1f97100e03a0cb000003082f00048c61686500000000"
    factory = "930e0000000038d3bf1bd43353090000"
    assert read(stale, 2)[0].position_status == "stale"
    (none,) = read(factory, 13)
    assert (none.position_status, none.latitude_deg) == ("unavailable", None)


def test_a_clock_in_the_future_keeps_the_place_and_loses_the_time() -> None:
    (packet,) = read("930e8a255b75623d081f1d346f031f00", 13)
    assert packet.latitude_deg == pytest.approx(52.0633698)
    assert packet.time is None
    assert packet.details["fix_timestamp"] == 1968907658


def test_not_a_number_is_refused() -> None:
    nan = "0000c07f"
    with pytest.raises(DecodeError, match="is not a number"):
        read("9a14" + nan * 5, 21)


def test_keys_of_the_owner_are_never_shown() -> None:
    (packet,) = read("1010" + "5e" * 16 + "2a0431323334" + "030410000000", 3)
    shown = str(packet)
    assert "5e5e" not in shown
    assert "31323334" not in shown
    assert packet.details["settings"][2]["value"] == 16


@pytest.mark.parametrize("port", [5, 6, 7, 9, 10, 11])
def test_a_list_cut_anywhere_gives_its_whole_records(port: int) -> None:
    heads = {5: "f509", 6: "f71c", 7: "f91c", 9: "f619", 10: "f81c", 11: "fa11"}
    record = {5: 2, 9: 6, 11: 4}.get(port, 9)
    fixed = 5 if port == 11 else 1
    body = bytes(range(1, fixed + 3 * record))
    (packet,) = read(heads[port] + body.hex(), port)
    assert sum(key.isdigit() for key in packet.details) == 2
    assert "cut after" in packet.warnings[0]


def test_heart_records_that_may_be_of_either_size() -> None:
    """13 records of 15 bytes or 15 of 13: the firmware decides, arithmetic cannot."""
    data = bytes([0xFC, 195]) + bytes(range(195))
    new, old, unknown = (
        decode(data, protocol=NAME, port=15, context={"firmware": firmware})[0]
        for firmware in ("6.9.1", "v6.8", None)
    )
    assert (len(new.details) - 1, len(old.details) - 1) == (13, 15)
    assert new.warnings == old.warnings == ()
    assert unknown.details == new.details
    assert unknown.warnings == ("its records may have 13 or 15 bytes: name the firmware",)
    protocol = find(NAME)
    for firmware in ("6.9.1", "v6.8"):
        reception = Reception(port=15, context={"firmware": firmware})
        assert protocol.build(protocol.parse(data, reception)) == data


@pytest.mark.parametrize(
    ("nibbles", "unit"), [(0x44, "days"), (0x40, "days or hours"), (0x35, "hours")]
)
def test_uptime_has_its_unit_by_the_firmware(nibbles: int, unit: str) -> None:
    status = bytearray.fromhex("f40e0400a0009a3c7f7f731872550000")
    status[12] = nibbles
    assert read(status.hex(), 4)[0].details["uptime_unit"] == unit
