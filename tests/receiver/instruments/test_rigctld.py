"""Receivers behind rigctld: answers typed from Hamlib 4.5, and the packaged rigctld itself."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.errors import ConfigError
from receiver.instruments.rigctld import Rigctld, make
from receiver.links import open_link
from receiver.records import Detection
from receiver.simulator.icom_radio import IcomRadio, SerialServer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SESSION = (
    b"get_freq:\nFrequency: 150350000\nRPRT 0\n"
    b"get_mode:\nMode: CW\nPassband: 500\nRPRT 0\n"
    b"get_level: ATT\n20\nRPRT 0\n"
    b"get_level: PREAMP\nRPRT -11\n"
    b"get_level: STRENGTH\n-47\nRPRT 0\n"
)


def server(words: str = "") -> Rigctld:
    return make(parse_address(f"rigctld:tcp://127.0.0.1:4532{words}"))


def fed(chunks: list[bytes], instrument: Rigctld | None = None) -> list[Detection]:
    instrument = instrument or server()
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


def test_strength_stays_a_count_unless_its_table_is_trusted() -> None:
    (count,) = fed([SESSION])
    assert (count.level_raw, count.level_db, count.level_unit) == (-47.0, None, None)
    assert (count.frequency_hz, count.attenuator_db) == (150_350_000.0, 20.0)
    assert count.text == "CW"
    (measured,) = fed([SESSION], server("?curve=hamlib"))
    assert (measured.level_db, measured.level_unit) == (-47.0, "dBS9")
    (sdr,) = fed([SESSION], server("?unit=dBFS"))
    assert (sdr.level_db, sdr.level_unit) == (-47.0, "dBFS")


def test_answers_may_be_cut_anywhere() -> None:
    whole = fed([SESSION])
    for cut in range(len(SESSION)):
        assert fed([SESSION[:cut], SESSION[cut:]]) == whole


def test_answer_without_a_value_is_missing_and_never_zero() -> None:
    assert fed([b"get_level: STRENGTH\nRPRT 0\n"]) == []


@pytest.mark.parametrize("value", [b"nan", b"inf", b"-", b"words", b""])
def test_value_that_is_no_number_is_missing(value: bytes) -> None:
    assert fed([b"get_level: STRENGTH\n" + value + b"\nRPRT 0\n"]) == []


@given(st.lists(st.binary(max_size=60)))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    instrument = server()
    fed(chunks, instrument)
    instrument.reset()
    assert len(fed([SESSION], instrument)) == 1


def test_what_was_refused_is_not_asked_again() -> None:
    instrument = server()
    fed([b"get_level: PREAMP\nRPRT -11\n"], instrument)
    asked = []
    for number in range(60):
        asked.append(instrument.poll(number * 10**9))
        instrument.receive(b"RPRT 0\n", NOW, 0)
    assert asked[5:].count(b"+\\get_level PREAMP\n") == 0
    assert asked.count(b"+\\get_level STRENGTH\n") > 40


@pytest.mark.parametrize("words", ["?curve=mine", "?unit=volts", "?poll_s=never"])
def test_wrong_options_are_refused(words: str) -> None:
    with pytest.raises(ConfigError):
        server(words)


@contextmanager
def running(program: str, *words: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, *words, "-T", "127.0.0.1", "-t", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def readings(port: int, count: int) -> list[Detection]:
    """Ask a real server until it has given `count` readings."""
    address = parse_address(f"rigctld:tcp://127.0.0.1:{port}?poll_s=0.02")
    link, instrument = open_link(address), make(address)
    found: list[Detection] = []
    deadline = time.monotonic() + 15
    while len(found) < count and time.monotonic() < deadline:
        if question := instrument.poll(time.monotonic_ns()):
            link.write(question)
        found += instrument.receive(link.read(0.02), NOW, 1)
    link.close()
    return found


def test_dummy_receiver_of_the_packaged_server(peer: Callable[[str], str]) -> None:
    with running(peer("rigctld"), "-m", "1") as port:
        found = readings(port, 20)
    assert len(found) >= 20
    assert all(one.level_raw is not None for one in found)
    assert found[-1].frequency_hz == 145_000_000.0


def test_packaged_server_drives_the_emulated_icom(peer: Callable[[str], str]) -> None:
    """Our client asks Hamlib, and Hamlib asks our emulated R8600 on a pseudo-terminal."""
    radio = SerialServer(IcomRadio(0x96, 150_350_000, lambda: 120).hear)
    options = ("-m", "3079", "-r", radio.path, "-s", "19200", "-C", "timeout=200,retry=0")
    with running(peer("rigctld"), *options) as port:
        found = readings(port, 5)
    radio.close()
    assert len(found) >= 5
    assert found[-1].frequency_hz == 150_350_000.0
    # Hamlib's table for the R8600 is a placeholder of few points: for us it stays a count.
    assert found[-1].level_raw is not None
    assert -10.0 < found[-1].level_raw < 5.0
    assert found[-1].level_db is None
