"""Where the observer is: sentences held against pynmea2, tracks, gpsd and gpsfake themselves."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from pathlib import Path

import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.errors import ConfigError, InputError
from receiver.links import open_link
from receiver.positions import build
from receiver.positions.gpsd import Gpsd
from receiver.positions.nmea import Nmea
from receiver.records import Place
from receiver.simulator import gps

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def framed(text: str) -> bytes:
    return f"${text}*{reduce(xor, text.encode()):02X}\r\n".encode()


RMC = framed("GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W")
GGA = framed("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
GNS = framed("GNGNS,123519,4807.038,N,01131.000,E,AAN,08,0.9,545.4,46.9,,")
VOID = framed("GPRMC,123519,V,,,,,,,230394,,")


def read(chunks: list[bytes], *, own_time: bool = False) -> list[Place]:
    source = Nmea(own_time=own_time)
    return [place for chunk in chunks for place in source.receive(chunk, NOW, 1)]


@pytest.mark.parametrize("sentence", [RMC, GGA, GNS])
def test_place_is_what_a_second_reader_finds(sentence: bytes) -> None:
    (place,) = read([sentence])
    other = pynmea2.parse(sentence.decode())
    assert place.latitude_deg == pytest.approx(other.latitude, abs=1e-7)
    assert place.longitude_deg == pytest.approx(other.longitude, abs=1e-7)
    assert place.time == NOW


@given(st.floats(0.01, 89.9) | st.floats(-89.9, -0.01), st.floats(-179.9, 179.9))
def test_emulated_receiver_is_understood_by_both(latitude_deg: float, longitude_deg: float) -> None:
    sentences = gps.sentences(latitude_deg, longitude_deg, NOW)
    other = pynmea2.parse(sentences.split(b"\r\n")[1].decode())
    assert other.latitude == pytest.approx(latitude_deg, abs=2e-7)
    assert other.longitude == pytest.approx(longitude_deg, abs=2e-7)
    found = read([sentences])
    assert found[-1].latitude_deg == pytest.approx(latitude_deg, abs=2e-7)


def test_gga_has_accuracy_and_height_and_silences_rmc() -> None:
    first, second = read([GGA + RMC + RMC + GGA])
    assert (first.accuracy_m, first.altitude_m) == (4.5, 545.4)
    assert second.altitude_m == 545.4


def test_bytes_may_be_cut_anywhere() -> None:
    stream = GGA + RMC + GGA
    for cut in range(len(stream)):
        assert read([stream[:cut], stream[cut:]]) == read([stream])


@pytest.mark.parametrize(
    "spoilt",
    [VOID, GGA.replace(b"4807", b"4808"), GGA[:30] + b"\r\n", framed("GPGGA,,,,,,0,,,,,,,,"),
     framed("GPGGA,123519,0000.000,N,00000.000,E,1,08,0.9,545.4,M,46.9,M,,"),
     framed("GPGGA,123519,9907.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"),
     framed("GPGGA,123519,4807.038,N,01131.000,E,0,08,0.9,545.4,M,46.9,M,,"),
     b"\xff\xfe\x00\r\n", b"$\r\n", b"$GPGGA*\r\n"],
)  # fmt: skip
def test_sentence_without_a_fix_gives_no_place(spoilt: bytes) -> None:
    assert read([spoilt]) == []
    assert len(read([spoilt + GGA])) == 1


@given(st.lists(st.binary(max_size=120)))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    source = Nmea()
    for chunk in chunks:
        source.receive(chunk, NOW, 1)
    source.receive(b"\n", NOW, 1)
    assert len(source.receive(GGA, NOW, 1)) == 1


def test_file_keeps_its_own_times_across_midnight() -> None:
    before = framed("GPRMC,235959,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W")
    after = framed("GPGGA,000000,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
    first, second = read([before + after], own_time=True)
    assert first.time == datetime(1994, 3, 23, 23, 59, 59, tzinfo=UTC)
    assert second.time - first.time == timedelta(seconds=1)


def test_heading_needs_true_north() -> None:
    true = framed("GPHDT,090.0,T")
    magnetic = framed("HCHDG,085.0,,,5.0,E")
    unknown = framed("HCHDM,085.0,M")
    assert read([true + GGA])[0].heading_deg == 90.0
    assert read([magnetic + GGA])[0].heading_deg == 90.0
    assert read([unknown + GGA])[0].heading_deg is None


# --- GPX ------------------------------------------------------------------------------------

TRACK = b"""<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">
<trk><trkseg><trkpt lat="43.1" lon="42.1"><ele>900</ele><time>2026-06-01T06:00:00Z</time></trkpt>
<trkpt lat="43.2" lon="42.2"><time>2026-06-01T09:00:10+03:00</time></trkpt>
<trkpt lat="43.3" lon="42.3"></trkpt></trkseg></trk></gpx>"""


def test_track_gives_its_timed_points_when_it_is_whole() -> None:
    source = build(parse_address("gpx:file:walk.gpx"))
    assert source.receive(TRACK[:200], NOW, 1) == []
    first, second = source.receive(TRACK[200:], NOW, 1)
    assert (first.latitude_deg, first.altitude_m) == (43.1, 900.0)
    assert second.time == datetime(2026, 6, 1, 6, 0, 10, tzinfo=UTC)


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<gpx>&b;</gpx>"
)


@pytest.mark.parametrize("content", [BOMB, b"<gpx><trk></gpx>", b"words</gpx>", b"\xff\xfe</gpx>"])
def test_spoilt_or_hostile_track_is_refused(content: bytes) -> None:
    source = build(parse_address("gpx:file:walk.gpx"))
    with pytest.raises(InputError, match=r"walk\.gpx"):
        source.receive(content, NOW, 1)


# --- fixed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["43.35", "91,42", "43.35,181", "a,b", "0,0", "nan,1"])
def test_fixed_place_that_is_none_is_refused_at_once(text: str) -> None:
    with pytest.raises(ConfigError):
        build(parse_address(f"fixed:{text}"))


# --- gpsd -----------------------------------------------------------------------------------

TPV = {"class": "TPV", "mode": 3, "time": "2026-11-24T12:00:00.000Z", "lat": 43.35, "lon": 42.44,
       "altMSL": 1450.0, "eph": 4.2}  # fmt: skip


def reported(*reports: object) -> list[Place]:
    lines = b"".join(json.dumps(report).encode() + b"\r\n" for report in reports)
    return Gpsd().receive(lines, NOW, 1)


def test_two_reports_of_one_fix_are_one_place() -> None:
    (place,) = reported(TPV, TPV)
    assert (place.latitude_deg, place.altitude_m, place.accuracy_m) == (43.35, 1450.0, 4.2)


@pytest.mark.parametrize(
    "report",
    [{**TPV, "mode": 1}, {**TPV, "lat": None}, {**TPV, "lat": "43"}, {**TPV, "lat": True}, [], 5,
     None, {**TPV, "lat": 95}, {"class": "SKY"}, {}],
)  # fmt: skip
def test_report_without_a_fix_gives_no_place(report: object) -> None:
    assert reported(report) == []


@given(st.lists(st.binary(max_size=80)))
def test_gpsd_noise_is_never_an_error(chunks: list[bytes]) -> None:
    source = Gpsd()
    for chunk in chunks:
        source.receive(chunk, NOW, 1)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def test_real_gpsd_with_gpsfake(peer: Callable[[str], str], tmp_path: Path) -> None:
    """The packaged gpsd, fed by gpsfake with sentences of the emulated receiver."""
    peer("gpsd")
    log = tmp_path / "walk.nmea"
    begin = datetime(2026, 11, 24, 12, tzinfo=UTC)
    log.write_bytes(
        b"".join(
            gps.sentences(43.35 + 1e-5 * i, 42.44, begin + timedelta(seconds=i)) for i in range(300)
        )
    )
    port = free_port()
    command = [
        "timeout",
        "-k",
        "2",
        "20",
        peer("gpsfake"),
        "-q",
        "-c",
        "0.02",
        "-P",
        str(port),
        log,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        places = _places_of_gpsd(port)
    finally:
        process.terminate()
        process.wait()
    assert len(places) >= 10
    assert places[0].latitude_deg == pytest.approx(43.35, abs=0.004)
    assert len({place.latitude_deg for place in places}) >= 9


def _places_of_gpsd(port: int) -> list[Place]:
    address = parse_address(f"gpsd:tcp://127.0.0.1:{port}")
    deadline = time.monotonic() + 18
    places: list[Place] = []
    while len(places) < 10 and time.monotonic() < deadline:
        try:
            link = open_link(address)
        except Exception:  # not there yet
            time.sleep(0.1)
            continue
        source = build(address)
        link.write(source.hello())
        try:
            while len(places) < 10 and time.monotonic() < deadline:
                places += source.receive(link.read(0.2), NOW, 1)
        finally:
            link.close()
    return places
