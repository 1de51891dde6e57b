"""Goniometer, CTT files, SRX, Orion, rtl_433: real lines, vectors, peers, and what is spoilt."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.checksums import xor8, xor8_but_last_two
from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Collar, Configuration, Setup
from receiver.derive import Derived, Event, derive
from receiver.errors import ConfigError
from receiver.instruments import build
from receiver.instruments.rxg134 import parse
from receiver.journal import Journal
from receiver.recording import Session, record
from receiver.records import Detection, Gap, Heard, Place, Row, Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def fed(address: str, content: bytes) -> list[Detection | Place]:
    return list(build(parse_address(address)).receive(content, NOW, 1))


def vectors(shared: Path, protocol: str) -> list[dict[str, object]]:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    found = [v for v in map(json.loads, lines) if v["protocol"] == protocol]
    assert found
    return found


# --- the goniometer -----------------------------------------------------------------------------


def test_documented_checksums() -> None:
    assert xor8(b"*") == 0x2A  # $*2A, of the manual
    assert xor8(b"ACK,*2A,0*") == 0x0A  # $ACK,*2A,0*0A
    assert xor8_but_last_two(b"*ab") == 0x2A


def test_real_log_is_read_to_the_last_line(shared: Path) -> None:
    content = (shared / "data/argos/gonio_ex_log.txt").read_bytes()
    gonio = build(parse_address("rxg-134:file:gonio_ex_log.txt"))
    found = gonio.receive(content + b"\n", NOW, 1)
    heard = [one for one in found if isinstance(one, Detection)]
    assert len(heard) == content.count(b"$NPR") == 6
    assert gonio.refused == 0  # type: ignore[attr-defined]
    assert {one.level_unit for one in heard} == {"dBm"}
    assert all(one.relative_bearing_deg is not None for one in heard)


def test_vectors_of_the_goniometer(shared: Path) -> None:
    for vector in vectors(shared, "cls.rxg134.nprf"):
        decoded = vector["decoded"]
        assert isinstance(decoded, dict)
        place, heard = fed("rxg-134:file:x", str(vector["text"]).encode() + b"\r\n")
        assert isinstance(place, Place)
        assert isinstance(heard, Detection)
        assert place.latitude_deg == pytest.approx(decoded["gonio_lat"], abs=1e-6)
        assert place.longitude_deg == pytest.approx(decoded["gonio_lon"], abs=1e-6)
        assert heard.time == datetime.fromisoformat(decoded["utc"])
        said = (heard.device_id, heard.frequency_hz, heard.level_db, heard.relative_bearing_deg)
        assert said == (decoded["id28_hex"], decoded["freq_hz"], decoded["level_dbm"],
                        decoded["bearing_deg"])  # fmt: skip
        assert decoded["data_hex"] in (heard.text or "")
        assert heard.data is not None
        assert heard.data.hex().upper() == decoded["data_hex"][2:]  # 28-bit view


BODY = "NPRF,9,17,5,2,15,59,43,0A1FBF2,401677557,{f},261,201,{l},-118,-4538625,2153852,27,{le},{da}"


def line(
    prefix: str = "", rule: Callable[[bytes], int] = xor8_but_last_two, **fields: object
) -> bytes:
    usual = {"f": 7, "l": -118, "da": "F27F7FCE", **fields}
    body = BODY.format(**{"le": 4 * len(str(usual["da"])), **usual})
    return f"{prefix}${body}*{rule(body.encode()):02X}\r\n".encode()


def test_either_rule_is_taken_and_said_and_neither_is_refused() -> None:
    (_, one) = fed("rxg-134:serial:/dev/x", line(rule=xor8))
    assert isinstance(one, Detection)
    assert "checksum by the rule of NMEA" in (one.text or "")
    gonio = build(parse_address("rxg-134:serial:/dev/x"))
    assert gonio.receive(line(rule=lambda body: 0x55), NOW, 1) == []
    assert gonio.refused == 1  # type: ignore[attr-defined]
    assert parse("$NPRF,1,2*00") is None


@pytest.mark.parametrize(
    ("flags", "has_bearing", "has_place"),
    [(7, True, True), (6, True, True), (5, True, False), (3, False, True), (1, False, False)],
)
def test_flags_tell_what_is_valid(flags: int, has_bearing: bool, has_place: bool) -> None:
    found = fed("rxg-134:serial:/dev/x", line(f=flags))
    assert (len(found) == 2) is has_place
    heard = found[-1]
    assert isinstance(heard, Detection)
    assert (heard.relative_bearing_deg == 261.0) is has_bearing


def test_level_of_none_is_none_and_a_weak_clock_is_not_believed() -> None:
    found = fed("rxg-134:file:x", line("2026-05-02 15:59:44 Received : ", l=-1023))
    heard = found[-1]
    assert isinstance(heard, Detection)
    assert (heard.level_db, heard.level_unit) == (None, None)
    assert heard.time == datetime(2026, 5, 2, 15, 59, 44, tzinfo=UTC)
    assert "clock is wrong" in (heard.text or "")


@pytest.mark.parametrize(("azimuth", "true"), [(0.0, 261.0), (100.0, 1.0), (None, None)])
def test_bearing_needs_the_direction_of_the_antenna(
    azimuth: float | None, true: float | None
) -> None:
    source = Source(source="g", address="g=rxg-134:serial:/dev/x", observer="A", origin="o")
    row = Heard(source="g", kind="bytes", time=NOW, monotonic_ns=1, boot_id="b", raw=line(),
                clock_source="system", seq=1, origin="o")  # fmt: skip
    setup = Setup(receiver="g", antenna_azimuth_deg=azimuth)
    derived = derive([source, row], Configuration(receivers=(setup,)))
    bearings = [o for o in derived.observations if o.kind == "bearing"]
    assert [o.bearing_deg for o in bearings] == ([] if true is None else [true])
    assert any("mark of an antenna" in w for w in derived.warnings) is (true is None)
    assert all(o.latitude_deg == pytest.approx(35.897533, abs=1e-6) for o in bearings)


# Of fixtures/packets: Telonics Gen3 with six fixes of 1 November, and Lotek's example.
TELONICS = "098cf94a699f198982f5ff00033fa01fb080000ffd00804153ffff08000000"
LOTEK = "1092afe4d0a8531a44900192afe5d0a8541a44912992afe6d0a8551a449159"


def heard_by_gonio(payload: str, *collars: Collar) -> Derived:
    source = Source(source="g", address="g=rxg-134:serial:/dev/x", observer="A", origin="o")
    row = Heard(source="g", kind="bytes", time=NOW, monotonic_ns=1, boot_id="b",
                raw=line(da="F2" + payload.upper()), clock_source="system", seq=1,
                origin="o")  # fmt: skip
    return derive([source, row], Configuration(collars=collars))


def test_the_sheet_names_the_format_and_the_period() -> None:
    sheet = Collar(name="B", ids=("0a1fbf2",), protocol="telonics-gen3-argos", period_minutes=60)
    derived = heard_by_gonio(TELONICS, sheet)
    packets = [read.packet for read in derived.packets]
    assert [p.position_status for p in packets].count("ok") == 5
    assert {p.device_id for p in packets} == {"0A1FBF2"}
    positions = [o for o in derived.observations if o.kind == "position"]
    assert len(positions) == 5
    assert {o.collar for o in positions} == {"B"}
    assert packets[0].time == datetime(2026, 11, 1, 6, 2, tzinfo=UTC)
    assert packets[1].time == datetime(2026, 11, 1, 5, 0, tzinfo=UTC)


def test_without_a_sheet_only_strong_checks_tell_the_format() -> None:
    unknown = heard_by_gonio(TELONICS)
    assert unknown.packets == []
    assert any("cannot be read; their levels are used" in w for w in unknown.warnings)
    assert [r.packet.protocol for r in heard_by_gonio(LOTEK).packets] == ["lotek-gps8000-argos"] * 3


def test_a_format_that_is_not_known_is_told() -> None:
    derived = heard_by_gonio(TELONICS, Collar(name="B", protocol="telonix"))
    assert any("the sheet of B: format telonix is not supported" in w for w in derived.warnings)


@pytest.mark.parametrize("fields", [{"le": 24}, {"da": "F2"}, {"da": ""}, {"da": "F27"}])
def test_data_that_are_not_whole_are_no_packet(fields: dict[str, Any]) -> None:
    heard = fed("rxg-134:serial:/dev/x", line(**fields))[-1]
    assert isinstance(heard, Detection)
    assert (heard.data, heard.level_db) == (None, -118.0)


# --- files without a zone -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["srx-dta", "srx1200", "orion"])
def test_zone_has_to_be_said(name: str) -> None:
    for words, fault in [("", "does not say its zone"), ("?utc_offset=3", "is no offset"),
                         ("?utc_offset=+25:00", "is no offset")]:  # fmt: skip
        with pytest.raises(ConfigError, match=fault):
            build(parse_address(f"{name}:file:x{words}"))


@pytest.mark.parametrize(("offset", "hour"), [("+03:00", 9), ("-0500", 17), ("UTC", 12)])
def test_local_time_becomes_utc(offset: str, hour: int) -> None:
    row = b"** Data Segment **\r\n06/05/15  12:43:10.6489  0  393  A1  131\r\n"
    (found,) = fed(f"srx-dta:file:x?utc_offset={offset}", row)
    assert found.time == datetime(2015, 6, 5, hour, 43, 10, 648900, tzinfo=UTC)


def test_vector_of_a_dta_line(shared: Path) -> None:
    for vector in vectors(shared, "lotek.dta.line"):
        decoded = vector["decoded"]
        assert isinstance(decoded, dict)
        (found,) = fed("srx-dta:file:x?utc_offset=UTC", str(vector["text"]).encode() + b"\n")
        assert isinstance(found, Detection)
        said = (found.device_id, found.level_raw, found.receiver, found.text)
        assert said == (str(decoded["tag"]), decoded["power"], f"antenna {decoded['antenna']}",
                        f"channel {decoded['channel']}")  # fmt: skip
        assert found.time.strftime("%m/%d/%y %H:%M:%S.%f").startswith(
            f"{decoded['date']} {decoded['time']}"
        )


ADDRESSES = ["srx-dta:file:x?utc_offset=UTC", "srx1200:file:x?utc_offset=UTC", "ctt-csv:file:x",
             "orion:file:x?utc_offset=UTC", "rtl-433:file:x", "rxg-134:file:x"]  # fmt: skip
HEADS = b"** Data Segment **\nDate,Time,Tag/BPM,RSSI,lat,lon\nTime,TagId,TagRSSI\n"
WORDS = st.sampled_from(
    [b",", b"1", b"-", b"/", b":", b"nan", b"06/05/15", b"12:43:10", b"\n", b"9" * 30, b"$NPRF,",
     b"*00", b'{"model":"ctt","rows":[', b"]}", b'"', b"\xff"]
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@given(st.lists(WORDS, max_size=40))
def test_noise_is_never_an_error(address: str, words: list[bytes]) -> None:
    fed(address, HEADS + b"".join(words) + b"\n")


@pytest.mark.parametrize(
    "document",
    [b"5", b"[]", b"{}", b'{"model": 5}', b'{"model":"ctt"}', b'{"model":"ctt","rows":5}',
     b'{"model":"ctt","rows":[5,{"data":5},{"data":"61"}]}', b'{"model":"x"', b"{" * 100_000],
)  # fmt: skip
def test_message_of_rtl_433_that_is_none_gives_nothing(document: bytes) -> None:
    assert fed("rtl-433:file:x", document + b"\n") == []


# --- over real links ------------------------------------------------------------------------------


def recorded(tmp_path: Path, address: str) -> tuple[list[Event], list[Row]]:
    events: list[Event] = []
    session = Session(addresses=[parse_address(address)], journal=tmp_path / "s.journal",
                      configuration=Configuration(), clock=SystemClock(), seconds=20.0)  # fmt: skip
    record(session, events.extend, lambda view: None, threading.Event())
    with Journal.open(tmp_path / "s.journal") as journal:
        return events, list(journal.rows())


def test_rtl_433_hears_the_tags_of_real_samples(
    shared: Path, tmp_path: Path, peer: Callable[[str], str]
) -> None:
    """The program itself demodulates the synthesised recordings; we read what it says."""
    decoder = "n=ctt,m=FSK_PCM,s=40,l=40,r=4000,preamble={24}aad391"
    tags = set()
    for path in sorted((shared / "data/ctt").glob("ctt_*_250k.cu8")):
        command = f"{peer('rtl_433')} -R 0 -X {decoder} -s 250000 -F json -M level -r {path}"
        (tmp_path / path.stem).mkdir()
        events, _ = recorded(tmp_path / path.stem, f"tags=rtl-433:pipe:{command}")
        heard = [event for event in events if isinstance(event, Detection)]
        assert [one.device_id for one in heard] == [path.stem.split("_")[1]]
        assert heard[0].snr_db is not None
        assert heard[0].snr_db > 20
        tags.add(heard[0].device_id)
    assert len(tags) == 4


def test_last_line_of_a_file_needs_no_end_live_and_in_replay(tmp_path: Path) -> None:
    path = tmp_path / "x.DTA"
    path.write_bytes(b"06/05/15 12:43:10.6489 0 393 A1 131\n06/05/15 12:43:11.0 0 394 A1 132")
    events, rows = recorded(tmp_path, f"srx-dta:file:{path}?utc_offset=UTC")
    assert [e.device_id for e in events if isinstance(e, Detection)] == ["393", "394"]
    assert [e.reason for e in events if isinstance(e, Gap)] == [f"{path}: read to its end"]
    again = derive(rows, Configuration())
    assert again.warnings == []


def test_node_of_a_station_hears_where_it_stands_and_not_where_the_reader_is() -> None:
    source = Source(source="c", address="c=ctt-csv:file:x", observer="A", origin="o")
    mine = Source(source="f", address="f=fixed:44,45", observer="A", origin="o", role="position")
    node = b"Time,NodeId,Latitude,Longitude\n2021-12-17 01:00:00,326039,38.93,-74.94\n"
    tags = b"Time,TagId,TagRSSI,NodeId\n2021-12-17 01:50:59,78664C3304,-81,326039\n"
    lost = b"2021-12-17 01:50:59,78664C3304,-81,555\n"
    said = [("f", b"44,45"), ("c", node + tags + lost)]
    rows = [Heard(source=name, kind="bytes", time=NOW, monotonic_ns=1, boot_id="b", raw=raw,
                  clock_source="system", seq=k, origin="o")
            for k, (name, raw) in enumerate(said)]  # fmt: skip
    derived = derive([source, mine, *rows], Configuration())
    assert [(o.latitude_deg, o.observer) for o in derived.observations] == [(38.93, "node 326039")]
    assert [o.observer for o in derived.unplaced] == ["node 555"]
