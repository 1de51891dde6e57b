"""Values that cannot be are left out, the rest counts; and a fault in reading ends nothing."""

from __future__ import annotations

import math
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import derive
from receiver.instruments.rak import make
from receiver.journal import Journal, Writer
from receiver.listen import Recorder
from receiver.plausible import LIMITS, plausible
from receiver.positions.nmea import Nmea
from receiver.records import Detection, Heard, Place, Row, Source
from receiver.simulator.servers import TalkingServer

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEARD = Detection(kind="packet", time=T0, monotonic_ns=1, level_db=-80.0, snr_db=9.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e18, -1e18])
@pytest.mark.parametrize("name", [n for n in LIMITS if n in Detection.__dataclass_fields__])
def test_value_that_cannot_be_is_left_out_and_the_rest_counts(name: str, bad: float) -> None:
    values: dict[str, Any] = {"level_db": -80.0, "snr_db": 9.0, name: bad}
    said, wrong = plausible(Detection(kind="packet", time=T0, monotonic_ns=1, **values))
    assert wrong == (name,)
    assert getattr(said, name) is None
    assert plausible(said) == (said, ())


def test_what_may_be_stays_as_it_is() -> None:
    assert plausible(HEARD) == (HEARD, ())
    place = Place(time=T0, latitude_deg=43.0, longitude_deg=42.0, altitude_m=math.nan)
    assert plausible(place)[1] == ("altitude_m",)


LINE = (
    b'{"cmd":"rx","EUI":"BE7A0000000000FF","port":4,"freq":868100000,"rssi":%s,"snr":8,"data":""}'
)


def rows(*messages: bytes) -> list[Row]:
    source = Source(source="s", address="s=loriot:udp://0.0.0.0:1790", observer="A", origin="o")
    heard = [
        Heard(source="s", kind="datagram", time=T0, monotonic_ns=n, boot_id="b",
              clock_source="system", raw=raw, origin="o", seq=n)
        for n, raw in enumerate(messages, 1)
    ]  # fmt: skip
    return [source, *heard]


def test_absurd_level_of_a_packet_is_no_level_and_is_told() -> None:
    derived = derive(rows(LINE % b"-1e18", LINE % b"-97"), Configuration())
    assert [o.level_db for o in derived.unplaced] == [pytest.approx(-97.6, abs=0.1)]
    assert any("a level_db that cannot be: left out" in text for text in derived.warnings)


def test_fault_in_one_message_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a stranger's bytes do to a parser, what was heard besides is still there."""

    def receive(self: object, chunk: bytes, when: datetime, monotonic_ns: int) -> list[Detection]:
        if b"-50" in chunk:
            raise ZeroDivisionError
        return [HEARD]

    monkeypatch.setattr("receiver.instruments.network_server.NetworkServer.receive", receive)
    derived = derive(rows(LINE % b"-97", LINE % b"-50", LINE % b"-98"), Configuration())
    assert len(derived.unplaced) == 2
    assert any(
        "a fault, its bytes are left out: ZeroDivisionError()" in w for w in derived.warnings
    )


@pytest.mark.parametrize(
    "body",
    [b"GPRMC,000000.00,A,4300.00000,N,04200.00000,E,", b"GPHDT", b"GPRMC,0000,N,04200.00000,E73",
     b"GNGNS,014035.00,4332.69262,S,17235.", b"GPGGA,000000.00,4300.00000,N,04200.00000,",
     b"HCHDG,nan,,,,", b"GPGGA,000000.00,4300.0,N,04200.0,E,1,09,nan,nan,M,15.0,M,,"],
)  # fmt: skip
def test_sentence_that_ends_early_with_a_good_checksum_is_survived(body: bytes) -> None:
    """A fuzzer found these: the live reader's thread ended with the first one."""
    checksum = 0
    for byte in body:
        checksum ^= byte
    for place in Nmea(own_time=False).receive(b"$%s*%02X\r\n" % (body, checksum), T0, 1):
        assert (place.altitude_m, place.accuracy_m, place.heading_deg) == (None, None, None)


def test_fault_of_a_parser_does_not_end_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[str] = []

    def receive(self: object, chunk: bytes, when: datetime, monotonic_ns: int) -> list[Detection]:
        raise AttributeError("no such field")

    monkeypatch.setattr(type(make(parse_address("rak:serial:/dev/x"))), "receive", receive)
    server = TalkingServer()
    with Journal.create(tmp_path / "a.journal", Configuration()) as journal:
        writer = Writer(journal, faults.append)
        address = parse_address(f"r=rak:tcp://127.0.0.1:{server.port}")
        recorder, stop = Recorder(address, "A", writer, SystemClock()), threading.Event()
        thread = threading.Thread(target=recorder.run, args=(stop,), daemon=True)
        thread.start()
        while recorder.status.chunks < 10:
            server.say(b"+EVT:RXP2P:-60:11:AABB\r\n")
            time.sleep(0.01)
            assert thread.is_alive()
        stop.set()
        thread.join(3.0)
        writer.close()
        assert sum(isinstance(row, Heard) for row in journal.rows()) >= 10
    server.close()
    assert recorder.status.reason.startswith("a fault in reading: AttributeError")
    assert faults == []
