"""AOR and Uniden: lines from documents and captures, cut anywhere, spoilt; Hamlib as a peer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.errors import ConfigError
from receiver.instruments import Instrument, Polled, Rota, Tunable, build
from receiver.records import Detection
from receiver.simulator.icom_radio import SerialServer
from receiver.simulator.text_radio import AorRadio, UnidenRadio

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ADDRESSES = {
    "aor": "aor:serial:/dev/x?model=ar8200",
    "aor-dv": "aor-dv:serial:/dev/x",
    "uniden": "uniden:serial:/dev/x",
    "uniden sg": "uniden:serial:/dev/x?way=sg",
    "uniden csc": "uniden:serial:/dev/x?way=csc",
    "uniden sts": "uniden:serial:/dev/x?way=sts",
}
# A session of each, and the readings in it: raw count, decibels, unit, frequency, squelch.
SESSIONS: dict[str, tuple[bytes, list[tuple[object, ...]]]] = {
    "aor": (
        b"VA RF0151340000 STD MD3 AT0 TM0\r\nLM 068\r\n?\r\nLM*055\r\n",
        [(68.0, -17.0, "dBS9", 151_340_000.0, None), (55.0, -22.0, "dBS9", 151_340_000.0, None)],
    ),
    "aor-dv": (
        b"RF0145.50000\r\nMD040\r\nAT0\r\nLM1001\r\nLM0870\r\n",
        [(100.0, -100.0, "dB", 145_500_000.0, True), (87.0, -87.0, "dB", 145_500_000.0, False)],
    ),
    # Real captures of a BC125AT and a UBC125XLT; a newer scanner's GLG in decimal MHz.
    "uniden": (
        b"PWR,418,01625500\rGLG,01625500,NFM,,0,,,SCANNER_001,1,0,,1,\rNG\r"
        b"GLG,0155.5500,NFM,0,0,PUBLIC SAFETY,POLICE DEPARTMENT,DISPATCH,1,0,,,227\r"
        b"QSC,77,0155.5500,0\rSTS,01,caf\xe9,,5,,3\rGLG,,,,,,,,,,,,\rPWR,5,01625500\r",
        [(418.0, None, None, 162_550_000.0, None), (77.0, None, None, 155_550_000.0, False),
         (5.0, None, None, 162_550_000.0, None)],
    ),
    "uniden sg": (
        b"S182 F08594375\rERR\rS134 F01503500\r",
        [(182.0, pytest.approx(-6.75), "dBS9", 859_437_500.0, None),
         (134.0, -20.0, "dBS9", 150_350_000.0, None)],
    ),
    "uniden sts": (  # after Uniden's own example: four lines, the third and fourth of them large
        b"STS,0011,Scan  A\xe9 ,,      ,,162.550 MHz, __ ,S0:1,,1,0,0,0,0,0,5,OFF,3\r"
        b"STS,01,a,,b,,1,0,0,0,,,9,,3\rSTS,01,a,,b,,0,0,0,0,,,3,,3\r",
        [(5.0, None, None, None, True), (3.0, None, None, None, False)],
    ),
    "uniden csc": (
        b"CSC,500,01503500,1\rCSC,498,01503500,1\rCSC,OK\r",
        [(500.0, None, None, 150_350_000.0, True), (498.0, None, None, 150_350_000.0, True)],
    ),
}  # fmt: skip


def make(name: str) -> Instrument:
    return build(parse_address(ADDRESSES[name]))


def fed(instrument: Instrument, *chunks: bytes) -> list[Detection]:
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


@pytest.mark.parametrize("name", SESSIONS)
def test_session_gives_its_readings(name: str) -> None:
    session, expected = SESSIONS[name]
    found = [(d.level_raw, d.level_db, d.level_unit, d.frequency_hz, d.found)
             for d in fed(make(name), session)]  # fmt: skip
    assert found == expected


@pytest.mark.parametrize("name", SESSIONS)
def test_bytes_may_be_cut_anywhere_and_lines_end_in_any_way(name: str) -> None:
    session, expected = SESSIONS[name]
    whole = fed(make(name), session)
    for cut in range(len(session)):
        assert fed(make(name), session[:cut], session[cut:]) == whole
    for end in (b"\r\n", b"\n", b"\r\r\n"):
        changed = session.replace(b"\r\n", b"\r").replace(b"\r", end)
        assert fed(make(name), changed) == whole
    assert len(whole) == len(expected)


@pytest.mark.parametrize("name", SESSIONS)
@given(chunks=st.lists(st.binary(max_size=60)))
def test_noise_is_never_an_error(name: str, chunks: list[bytes]) -> None:
    instrument = make(name)
    fed(instrument, *chunks)
    instrument.reset()
    assert len(fed(instrument, SESSIONS[name][0])) == len(SESSIONS[name][1])


SPOILT = [
    b"LM\r", b"LM 1234567\r", b"LM -5\r", b"PWR\r", b"PWR,,\r", b"PWR,abc,01625500\r",
    b"PWR,9999,01625500\r", "PWR,\u0664\u0661,01625500\r".encode(), b"PWR,-5,01625500\r",
    b"CSC,OFF\r", b"QSC,ERR\r", b"S F08594375\r", b"S999999 F08594375\r", b"LM10011\r", b"?\r",
    b"ORER\r", b"FER\r", b",,,\r",
]  # fmt: skip


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.parametrize("line", SPOILT)
def test_spoilt_line_gives_no_level(name: str, line: bytes) -> None:
    assert fed(make(name), line) == []


def test_frequency_that_is_none_is_unknown() -> None:
    (found,) = fed(make("uniden"), b"PWR,418,\r")
    assert found.frequency_hz is None
    (none,) = fed(make("uniden"), b"PWR,418,00000000\r")
    assert none.frequency_hz is None


def test_coarse_end_of_the_meter_is_a_wide_level() -> None:
    """Near the top of the AR8200 three counts are ten decibels."""
    fine, coarse = fed(make("aor"), b"LM 050\rLM 108\r")
    assert fine.level_sd_db == pytest.approx(5 / 13 / 2)
    assert coarse.level_sd_db == pytest.approx(10 / 3 / 2)
    (end,) = fed(make("aor"), b"LM 139\r")
    assert end.saturated


def test_settings_are_kept_with_each_reading() -> None:
    one, two = fed(make("aor"), b"RF0150000000 MD3 AT0\rLM 050\rRF0150000000 MD3 AT1\rLM 050\r")
    assert (one.mode, one.text, two.text) == ("USB", "AT0", "AT1")
    (heard, still) = fed(make("uniden"), SESSIONS["uniden"][0])[::2]
    assert (heard.mode, still.mode) == (None, "NFM")  # empty when nothing is received: it stays


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [("aor", [b"RX\r", b"LM\r"], b"LM\r"),
     ("aor-dv", [b"RF\r", b"MD\r", b"AT\r", b"LM\r"], b"LM\r"),
     ("uniden", [b"GLG\r", b"PWR\r"], b"PWR\r"), ("uniden sg", [b"SG\r"], b"SG\r"),
     ("uniden csc", [b"CSC,ON\r"], b""), ("uniden sts", [b"STS\r"], b"STS\r")],
)  # fmt: skip
def test_what_is_asked(name: str, first: list[bytes], then: bytes) -> None:
    instrument = make(name)
    assert isinstance(instrument, Polled)
    asked = []
    for number in range(len(first) + 3):
        asked.append(instrument.poll(number * 10**9))
        instrument.receive(b"x\r", NOW, number * 10**9)
    assert asked[: len(first)] == first
    assert asked[-1] == then


def test_stream_that_stops_is_asked_for_again() -> None:
    instrument = make("uniden csc")
    assert isinstance(instrument, Polled)
    assert instrument.poll(0) == b"CSC,ON\r"
    for number in range(20):
        instrument.receive(b"CSC,500,01503500,1\r", NOW, number * 10**9)
        assert instrument.poll(number * 10**9) == b""
    assert instrument.poll(23 * 10**9) == b""
    assert instrument.poll(25 * 10**9) == b"CSC,ON\r"


TOLD = {
    "aor": ([b"MD5\r", b"RF0150340000\r", b"RX\r", b"LM\r"], ADDRESSES["aor"]),
    "sr2200": ([b"RF0150340000\r", b"RX\r"], "aor:serial:/dev/x?model=sr2200"),
    "aor-dv": ([b"VF A\r", b"VF A\r", b"RF0150.34000\r", b"RF\r", b"MD\r"], ADDRESSES["aor-dv"]),
    "uniden": ([b"SQL,0\r", b"QSH,01503400,,,,,,,,,,,,\r", b"GLG\r", b"PWR\r"],
               ADDRESSES["uniden"]),
    "uniden qsc": ([b"SQL,0\r", b"GLG\r", b"QSC,01503400,,,,,,,,,,,,\r"],
                   "uniden:serial:/dev/x?way=qsc&frequency=155M"),
    "uniden sg": ([b"SQL,0\r", b"RF01503400\r", b"SG\r"], ADDRESSES["uniden sg"]),
    "biotracker": ([b"sf150.3400x", b"", b""], "biotracker:serial:/dev/x"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_receiver_is_told_one_thing_at_a_time_and_then_asked(name: str) -> None:
    said, address = TOLD[name]
    instrument = build(parse_address(address))
    assert isinstance(instrument, Tunable)
    instrument.prepare()
    instrument.tune(150_340_000.0)
    for number, expected in enumerate(said):
        assert instrument.poll(number * 10**9) == expected
        assert instrument.poll(number * 10**9 + 1) == b""  # until it is answered
        instrument.receive(b"?\r", NOW, number * 10**9)


def test_analyser_listens_elsewhere_from_the_next_sweep_on() -> None:
    analyser = build(parse_address("tinysa:serial:/dev/x?frequency=150M&points=2"))
    assert isinstance(analyser, Tunable)
    analyser.receive(b"zero ?\r\n174dBm\r\nch> ", NOW, 1)
    analyser.tune(150_340_000.0)
    assert analyser.poll(0) == b"scanraw 150340000 150340000 2\r"
    echoed = b"scanraw 150340000 150340000 2\r\n{x\x00\x09x\x00\x09}ch> "
    assert {d.frequency_hz for d in analyser.receive(echoed, NOW, 1)} == {150_340_000.0}


@pytest.mark.parametrize("words", ["aor:serial:/dev/x", "aor:serial:/dev/x?model=ar9999",
                                   "uniden:serial:/dev/x?way=loud",
                                   "uniden:serial:/dev/x?way=qsc",
                                   "aor-dv:serial:/dev/x?poll_s=no"])  # fmt: skip
def test_wrong_options_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        build(parse_address(words))


def test_rota_asks_settings_once_then_now_and_then() -> None:
    rota = Rota(("a", "b"), "level")
    asked = [rota.next() for _ in range(40)]
    assert asked[:3] == ["a", "b", "level"]
    assert 2 < asked[2:].count("a") + asked[2:].count("b") < 6
    rota.refuse("a")
    assert "a" not in [rota.next() for _ in range(40)]


# --- Hamlib drives the emulated ones -------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "radio", "words", "raw"),
    [("5001", AorRadio, "f F 151340000 f l RAWSTR", "68"),
     ("8001", UnidenRadio, "l RAWSTR", "123")],
)  # fmt: skip
def test_hamlib_drives_the_emulated_receiver(
    model: str, radio: Callable[..., AorRadio], words: str, raw: str, peer: Callable[[str], str]
) -> None:
    device = radio(150_350_000, lambda: int(raw))
    server = SerialServer(device.hear)
    done = subprocess.run(
        [peer("rigctl"), "-m", model, "-r", server.path, *words.split()],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    server.close()
    lines = done.stdout.split()
    assert lines[-1] == raw, done.stderr[-500:]
    if "F" in words.split():
        assert lines[:2] == ["150350000", "151340000"]
        assert device.frequency_hz == 151_340_000


@pytest.mark.parametrize(
    ("address", "radio"),
    [("r=aor:serial:{}?model=ar8200&poll_s=0.02", AorRadio(150_350_000, lambda: 68)),
     ("r=uniden:serial:{}?way=sg&poll_s=0.02", UnidenRadio(150_350_000, lambda: 182))],
    ids=["aor", "uniden"],
)  # fmt: skip
def test_emulated_receiver_is_recorded_end_to_end(
    address: str, radio: AorRadio, tmp_path: Path
) -> None:
    import threading

    from receiver.clock import SystemClock
    from receiver.config import Configuration
    from receiver.derive import Event
    from receiver.recording import Session, record

    server = SerialServer(radio.hear)
    events: list[Event] = []
    session = Session(
        addresses=[parse_address(address.format(server.path))], journal=tmp_path / "s.journal",
        configuration=Configuration(), clock=SystemClock(), seconds=1.0,
    )  # fmt: skip
    record(session, events.extend, lambda view: None, threading.Event())
    server.close()
    levels = [event for event in events if isinstance(event, Detection)]
    assert len(levels) > 10
    assert {event.level_unit for event in levels} == {"dBS9"}
    assert levels[-1].frequency_hz == 150_350_000.0


POLLED = {
    "icom": ("icom:serial:/dev/x?model=r8500", bytes.fromhex("fefee04a15020120fd")),
    "rigctld": ("rigctld:tcp://127.0.0.1:1", b"get_level: STRENGTH\n-47\nRPRT 0\n"),
    "tinysa": ("tinysa:serial:/dev/x?frequency=150M", b"scanraw 1 1 1\r\n{x\x00\x09}ch> "),
    "rn2483": ("rn2483:serial:/dev/x", b"ok\r\nradio_rx  40F17DBE49000200AA\r\n-7\r\n"),
    **{name: (ADDRESSES[name], session) for name, (session, _) in SESSIONS.items()},
}


@pytest.mark.parametrize("name", POLLED)
def test_answers_are_understood_without_having_asked(name: str) -> None:
    """A replay sees the answers only: what was asked must not matter."""
    address, answers = POLLED[name]
    asked, silent = build(parse_address(address)), build(parse_address(address))
    assert isinstance(asked, Polled)
    for number in range(20):
        asked.poll(number * 10**9)
    found = silent.receive(answers, NOW, 1)
    assert found
    assert asked.receive(answers, NOW, 1) == found
