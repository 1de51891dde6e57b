"""LoRa without a network: RAK modules, RN2483, LORIOT; lines cut anywhere, a dialogue on a pty."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError
from protocols.envelopes import parse
from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import Event
from receiver.errors import ConfigError
from receiver.instruments import Lines, build
from receiver.instruments.rak import Rak
from receiver.instruments.rn2483 import Rn2483
from receiver.recording import Session, record
from receiver.records import Detection
from receiver.simulator.icom_radio import SerialServer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FRAME = "40F17DBE4900020001954378762B11FF0D"  # an uplink of the device 49be7df1


def rak(*chunks: bytes, instrument: Rak | None = None) -> list[Detection]:
    instrument = instrument or Rak()
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


RAK_LINES = {
    "RUI3": f"+EVT:RXP2P:-60:11:{FRAME}\r\n",
    "with length": f"+EVT:RXP2P:-60:11:17:{FRAME}\r\n",
    "older": f"+EVT:RXP2P, RSSI -60, SNR 11\r\n+EVT:{FRAME}\r\n",
}


@pytest.mark.parametrize("name", RAK_LINES)
def test_packet_gives_identity_and_level(name: str) -> None:
    stream = b"AT+NWM=0\r\nOK\r\n" + RAK_LINES[name].encode()
    (heard,) = rak(stream)
    assert (heard.device_id, heard.snr_db, heard.level_raw) == ("49be7df1", 11.0, -60.0)
    # ESP = -60 + 11 - 10 log10(1 + 10^1.1)
    assert heard.level_db == pytest.approx(-60.332, abs=1e-3)
    assert heard.protocol == "lorawan-1.0-phy"  # encrypted: for whoever has the keys
    for cut in range(len(stream)):
        assert rak(stream[:cut], stream[cut:]) == [heard]


def test_text_of_zephyrs_sample_gives_a_level_only() -> None:
    (heard,) = rak(b"[00:01] Received data: helloworld (RSSI:-60dBm, SNR:7dBm)\r\n")
    assert (heard.device_id, heard.level_raw, heard.snr_db) == (None, -60.0, 7.0)


def test_spoilt_bytes_keep_their_level() -> None:
    (odd,) = rak(b"+EVT:RXP2P:-60:11:ABC\r\n")
    (short,) = rak(b"+EVT:RXP2P:-60:11:9:AABB\r\n")
    for heard in (odd, short):
        assert (heard.device_id, heard.text) == (None, "checksum failed: level only")
        assert heard.level_db is not None


@pytest.mark.parametrize("line", [b"+EVT:RXP2P\r\n", b"+EVT:AABB\r\n", b"+EVT:RXP2P:x:11:AA\r\n",
                                  b"+EVT:RXP2P:-6000:11:AA\r\n", b"AT_ERROR\r\n"])  # fmt: skip
def test_other_lines_are_no_packets(line: bytes) -> None:
    assert rak(line) == []


@given(st.lists(st.binary(max_size=60)))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    instrument = Rak()
    rak(*chunks, instrument=instrument)
    instrument.reset()
    assert len(rak(RAK_LINES["RUI3"].encode(), instrument=instrument)) == 1


# --- RN2483 -----------------------------------------------------------------------------------


class Stick:
    """An emulated RN2483 that hears a frame each time it is told to listen."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.heard: list[str] = []

    def hear(self, data: bytes) -> bytes:
        return b"".join(self.answer(line) for line in self.lines.feed(data))

    def answer(self, line: str) -> bytes:
        self.heard.append(line)
        answers = {
            "mac pause": b"4294967245\r\n",
            "radio get snr": b"-7\r\n",
            "radio rx 0": b"ok\r\nradio_rx  " + FRAME.encode() + b"\r\n",
        }
        known = answers.get(line) or (b"ok\r\n" if line.startswith("radio set ") else None)
        return known or b"invalid_param\r\n"


def test_dialogue_with_an_emulated_stick(tmp_path: Path) -> None:
    stick, events = Stick(), list[Event]()
    server = SerialServer(stick.hear)
    address = f"rn2483:serial:{server.path}?frequency=868.3M&sf=sf10"
    session = Session(addresses=[parse_address(address)], journal=tmp_path / "s.journal",
                      configuration=Configuration(), clock=SystemClock(), seconds=2.0)  # fmt: skip
    record(session, events.extend, lambda view: None, threading.Event())
    server.close()
    assert stick.heard[:5] == [
        "mac pause", "radio set freq 868300000", "radio set sf sf10", "radio set wdt 0",
        "radio rx 0",
    ]  # fmt: skip
    found = [event for event in events if isinstance(event, Detection)]
    assert len(found) > 3
    assert {(d.device_id, d.snr_db, d.level_db) for d in found} == {("49be7df1", -7.0, None)}


def test_bad_packet_is_passed_over_and_listening_goes_on() -> None:
    stick = Rn2483(868.1e6, "sf12")
    for number in range(5):
        stick.poll(number * 10**9)
        stick.receive(b"ok\r\n", NOW, 0)
    assert stick.poll(9 * 10**9) == b""  # it listens: nothing is asked
    assert stick.receive(b"radio_err\r\n", NOW, 0) == []
    assert stick.poll(10 * 10**9) == b"radio rx 0\r\n"


@given(st.lists(st.binary(max_size=60)))
def test_stick_survives_noise(chunks: list[bytes]) -> None:
    stick = Rn2483(868.1e6, "sf12")
    for number, chunk in enumerate(chunks):
        stick.poll(number * 10**9)
        stick.receive(chunk, NOW, 0)
    stick.reset()
    assert stick.poll(10**12) == b"mac pause\r\n"


@pytest.mark.parametrize("words", ["sf=sf13", "sf=12", "frequency=loud"])
def test_wrong_options_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        build(parse_address(f"rn2483:serial:/dev/x?{words}"))


# --- LORIOT -----------------------------------------------------------------------------------

UPLINK = {"cmd": "rx", "EUI": "BE7A0000000000FF", "port": 4, "freq": 868_100_000, "rssi": -97,
          "snr": 8.25, "data": "f40e0400a0009a3c7f7f73187255" + "0000", "ts": 1_789_552_800_000,
          "dr": "SF9 BW125 4/5", "fcnt": 12}  # fmt: skip


def test_loriot_uplink() -> None:
    (one,) = parse(json.dumps(UPLINK).encode())
    assert (one.device_id, one.port, one.rssi_dbm, one.snr_db) == ("be7a0000000000ff", 4, -97, 8.25)
    assert one.time == datetime(2026, 9, 16, 10, 0, tzinfo=UTC)
    gateways = [{"gweui": "a", "rssi": -110, "snr": -3}, {"gweui": "b", "rssi": -90, "snr": 5}]
    both = parse(json.dumps({**UPLINK, "cmd": "gw", "gws": gateways}).encode())
    assert [(e.gateway_id, e.rssi_dbm) for e in both] == [("b", -90.0), ("a", -110.0)]


def test_loriot_datagrams_are_recorded_as_levels_and_packets() -> None:
    server = build(parse_address("loriot:udp://127.0.0.1:1790"))
    (heard,) = server.receive(json.dumps(UPLINK).encode(), NOW, 1)
    assert (heard.device_id, heard.port, heard.level_unit) == ("be7a0000000000ff", 4, "dBm")
    assert heard.data is not None


@pytest.mark.parametrize("changes", [{"data": "xyz"}, {"data": 5, "EUI": None}])
def test_spoilt_loriot_message_is_an_error_with_a_reason(changes: dict[str, object]) -> None:
    with pytest.raises(DecodeError):
        parse(json.dumps({**UPLINK, **changes}).encode())


@pytest.mark.parametrize("ts", [None, -5, "soon", 1e300, True])
def test_time_that_is_none_is_unknown(ts: object) -> None:
    (one,) = parse(json.dumps({**UPLINK, "ts": ts}).encode())
    assert one.time is None
