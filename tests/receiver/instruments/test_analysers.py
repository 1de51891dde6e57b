"""TinySA and RF Explorer: binary sweeps cut anywhere, broken off, spoilt, on a pseudo-terminal."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import Event
from receiver.errors import ConfigError
from receiver.instruments import build
from receiver.instruments.rf_explorer import RfExplorer, axis_of
from receiver.instruments.tinysa import TinySa
from receiver.recording import Session, record
from receiver.records import Detection
from receiver.simulator.icom_radio import SerialServer
from receiver.simulator.tinysa_shell import TinySaShell

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def fed(instrument: TinySa | RfExplorer, *chunks: bytes) -> list[Detection]:
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


# --- TinySA -----------------------------------------------------------------------------------


def tinysa(words: str = "frequency=150.34M&points=5") -> TinySa:
    instrument = build(parse_address(f"tinysa:serial:/dev/ttyACM0?{words}"))
    assert isinstance(instrument, TinySa)
    return instrument


ZERO = b"zero ?\r\nusage: zero {level}\r\n174dBm\r\nch> "
# -100, -90, -80, -110, -95 dBm: (dBm + 174) * 32, low byte first. The third has 7D in it twice.
VALUES = [2368, 2688, 3008, 2048, 2528]
SWEEP = (b"scanraw 150340000 150340000 5\r\n{"
         + b"".join(b"x" + v.to_bytes(2, "little") for v in VALUES) + b"}ch> ")  # fmt: skip


def test_sweep_gives_its_loudest_and_its_faintest_point() -> None:
    loud, faint = fed(tinysa(), ZERO + SWEEP)
    assert (loud.level_db, faint.level_db, loud.noise_db) == (-80.0, -110.0, -95.0)
    assert (loud.level_unit, loud.frequency_hz) == ("dBm", 150_340_000.0)
    assert (loud.level_raw, loud.calibration_id) == (3008.0, "tinysa:zero 174")


def test_zero_of_the_device_counts_and_not_one_by_heart() -> None:
    loud, _ = fed(tinysa(), ZERO.replace(b"174", b"128") + SWEEP)
    assert loud.level_db == -34.0
    (first, _) = fed(tinysa(), SWEEP)  # nobody has said what zero is
    assert (first.level_db, first.level_unit, first.level_raw) == (None, None, 3008.0)


def test_bytes_may_be_cut_anywhere() -> None:
    session = ZERO + SWEEP + SWEEP
    whole = fed(tinysa(), session)
    assert len(whole) == 4
    for cut in range(len(session)):
        assert fed(tinysa(), session[:cut], session[cut:]) == whole


def test_braces_prompts_and_line_ends_inside_data_are_data() -> None:
    strange = [0x7D7D, 0x7B7B, 0x6863, 0x203E, 0x0A0D]  # }} {{ "ch" "> " CR LF
    sweep = b"scanraw\r\n{" + b"".join(b"x" + v.to_bytes(2, "little") for v in strange) + b"}ch> "
    for cut in range(len(sweep)):
        loud, faint = fed(tinysa(), ZERO + sweep[:cut], sweep[cut:])
        assert (loud.level_raw, faint.level_raw) == (float(0x7D7D), float(0x0A0D))


def test_sweep_that_was_broken_off_gives_what_came() -> None:
    cut = SWEEP[: SWEEP.index(b"{") + 1 + 6] + b"}ch> "
    loud, faint = fed(tinysa(), ZERO + cut)
    assert (loud.level_db, faint.level_db) == (-90.0, -100.0)
    empty = b"scanraw\r\n{}ch> "
    assert fed(tinysa(), ZERO + empty + SWEEP)[0].level_db == -80.0


@given(st.lists(st.binary(max_size=80)))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    instrument = tinysa()
    fed(instrument, *chunks)
    instrument.reset()
    assert len(fed(instrument, ZERO + SWEEP)) == 2


def test_endless_answer_does_not_fill_the_memory() -> None:
    instrument = tinysa()
    fed(instrument, *[b"y" * 10_000] * 20)
    assert len(instrument._buffer) <= 16_384


def test_zero_is_asked_first_and_again_after_a_gap() -> None:
    instrument = tinysa()
    assert instrument.poll(0) == b"zero ?\r"
    fed(instrument, ZERO)
    assert instrument.poll(10**9) == b"scanraw 150340000 150340000 5\r"
    instrument.reset()
    assert instrument.poll(2 * 10**9) == b"zero ?\r"


@pytest.mark.parametrize("words", ["", "frequency=x", "frequency=150M&points=0",
                                   "frequency=150M&points=many"])  # fmt: skip
def test_wrong_options_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        tinysa(words)


def test_emulated_device_is_recorded_end_to_end(tmp_path: Path) -> None:
    shell = TinySaShell(174, lambda point: -80.0 if point == 7 else -115.0)
    server = SerialServer(shell.hear)
    address = f"tinysa:serial:{server.path}?frequency=150.34M&points=20&poll_s=0.02"
    events: list[Event] = []
    session = Session(addresses=[parse_address(address)], journal=tmp_path / "s.journal",
                      configuration=Configuration(), clock=SystemClock(), seconds=1.0)  # fmt: skip
    record(session, events.extend, lambda view: None, threading.Event())
    server.close()
    levels = [event.level_db for event in events if isinstance(event, Detection)]
    assert len(levels) > 10
    assert set(levels) == {-80.0, -115.0}


# --- RF Explorer ------------------------------------------------------------------------------


def explorer(words: str = "") -> RfExplorer:
    instrument = build(parse_address(f"rf-explorer:serial:/dev/ttyUSB0{words}"))
    assert isinstance(instrument, RfExplorer)
    return instrument


# 150.000 MHz, steps of 10 kHz, offset -3 dB; five points of -60 to -110 dBm before the offset.
AXIS = b"#C2-F:0150000,0010000,-010,-120,0112,0,000,0015000,2700000,0600000,00110,-003,000\r\n"
DATA = bytes([220, 200, 120, 180, 210])
SWEEPS = {
    "S": b"$S\x05" + DATA + b"\r\n",
    "z": b"$z\x00\x05" + DATA + b"\r\n",
    "s": b"$s\x01" + DATA + bytes([220] * 11) + b"\r\n",
    "s of 4096": b"$s\x00" + DATA + bytes([220] * 4091) + b"\r\n",
}


@pytest.mark.parametrize("name", SWEEPS)
def test_sweep_gives_its_loudest_point(name: str) -> None:
    (found,) = fed(explorer(), AXIS + SWEEPS[name])
    assert (found.level_db, found.frequency_hz) == (-63.0, 150_020_000.0)
    assert (found.level_unit, found.level_raw) == ("dBm", 120.0)
    assert found.noise_db == (-103.0 if len(SWEEPS[name]) < 12 else -113.0)


def test_only_near_the_beacon_where_a_frequency_is_named() -> None:
    for step in (b"0010000", b"0100000"):  # a loud neighbour 20 kHz or 200 kHz away is not it
        (found,) = fed(explorer("?frequency=150.0M"), AXIS.replace(b"0010000", step) + SWEEPS["S"])
        assert (found.frequency_hz, found.level_db) == (150_000_000.0, -113.0)
    (found,) = fed(explorer("?frequency=150.017M"), AXIS + SWEEPS["S"])
    assert (found.frequency_hz, found.level_db) == (150_017_000.0, -63.0)
    assert fed(explorer("?frequency=433M"), AXIS + SWEEPS["S"]) == []


def test_bytes_may_be_cut_anywhere_also_with_marks_inside_data() -> None:
    strange = b"$S\x06" + b"$S\r\n$z" + b"\r\n"
    stream = AXIS + SWEEPS["S"] + strange + SWEEPS["z"] + b"#C2-M:003,255,01.12\r\n" + SWEEPS["S"]
    whole = fed(explorer(), stream)
    assert len(whole) == 4
    for cut in range(len(stream)):
        assert fed(explorer(), stream[:cut], stream[cut:]) == whole


def test_sweep_before_the_first_axis_is_dropped() -> None:
    assert fed(explorer(), SWEEPS["S"]) == []
    assert len(fed(explorer(), SWEEPS["S"] + AXIS + SWEEPS["S"])) == 1


SPOILT = [
    b"$S\x05" + DATA + b"xx",
    b"$S\x05" + DATA[:3],
    b"$S",
    b"$z\x00\x05" + DATA + b"\rx",
    b"#C2-F:" + b"9" * 200,
]


@pytest.mark.parametrize("spoilt", SPOILT)
def test_next_sweep_is_found_behind_a_spoilt_one(spoilt: bytes) -> None:
    found = fed(explorer(), AXIS + spoilt + 30 * SWEEPS["S"])
    assert len(found) >= 2
    assert found[-1].level_db == -63.0


@given(st.lists(st.binary(max_size=80)))
def test_explorer_noise_is_never_an_error(chunks: list[bytes]) -> None:
    instrument = explorer()
    fed(instrument, *chunks)
    instrument.reset()
    assert len(fed(instrument, AXIS + SWEEPS["S"])) == 1


@pytest.mark.parametrize(
    "text", [b"#C2-F:", b"#C2-F:x,y", b"#C2-F:0000000,0010000", b"#C2-F:0150000,0000000",
             b"#C2-F:0150000,0010000,,,,,,,,,,abc", b"#C2-F:nan,inf"],
)  # fmt: skip
def test_axis_that_is_none_is_not_taken(text: bytes) -> None:
    assert axis_of(text) is None


def test_axis_is_asked_for_when_the_port_opens() -> None:
    assert explorer().hello() == b"#\x04C0"
    with pytest.raises(ConfigError):
        explorer("?frequency=loud")


# --- rtl_power, hackrf_sweep ------------------------------------------------------------------

ROW = (
    b"2026-11-24, 12:00:00, 150000000, 150050000, 10000.00, 10, -71.5, -70.2, -42.0, -70.9, -71.1\n"
)


def swept(words: str, *chunks: bytes) -> list[Detection]:
    instrument = build(parse_address(f"sweep-csv:file:x{words}"))
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


def test_only_rows_that_reach_the_beacon_count() -> None:
    (near,) = swept("?frequency=150.02M", ROW)
    assert (near.level_db, near.frequency_hz) == (-42.0, 150_020_000.0)
    assert swept("?frequency=433M", ROW) == []


@pytest.mark.parametrize("row", [b"\n", b"a,b,c\n", ROW.replace(b"-42.0", b"nan"),
                                 ROW.replace(b"10000.00", b"0"), ROW[:40] + b"\n",
                                 b",".join([b"9"] * 6) + b"\n"])  # fmt: skip
def test_row_that_is_none_is_passed_over(row: bytes) -> None:
    assert len(swept("", row + ROW)) == 1


def test_row_of_a_wide_sweep_is_read_whole() -> None:
    wide = b"d, t, 0, 1, 10, 1" + b", -60.1234" * 8000 + b"\n"
    assert len(swept("", *(wide[i : i + 4096] for i in range(0, len(wide), 4096)))) == 1
