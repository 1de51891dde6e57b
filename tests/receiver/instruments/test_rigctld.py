"""Receivers behind rigctld: answers typed from Hamlib 4.5, and the packaged rigctld itself."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import Address, parse_address
from receiver.errors import ConfigError, SourceError
from receiver.instruments.rigctld import Rigctld, make
from receiver.links import Link, open_link
from receiver.records import Detection
from receiver.simulator.icom_radio import IcomRadio, SerialServer
from receiver.simulator.text_radio import AorRadio, UnidenRadio

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
    assert (count.mode, count.text, count.found) == ("CW", None, None)
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


def test_receiver_is_told_and_then_asked_what_it_is_set_to() -> None:
    instrument = server()
    instrument.prepare()
    instrument.tune(150_340_000.0, attenuator_db=20.0)
    said = []
    for number in range(6):
        said.append(instrument.poll(number * 10**9))
        instrument.receive(b"set_freq: 150340000\nRPRT 0\n", NOW, 0)
    assert said == [b"+\\set_level SQL 0\n", b"+\\set_mode CW 500\n", b"+\\set_freq 150340000\n",
                    b"+\\set_level ATT 20\n", b"+\\get_freq\n", b"+\\get_mode\n"]  # fmt: skip
    answers = b"get_level: SQL\n0.000000\nRPRT 0\nget_level: RF\n1.000000\nRPRT 0\n"
    (found,) = fed([SESSION.replace(b"get_level: STR", answers + b"get_level: STR")])
    assert (found.found, found.text) == (True, "RF gain 1")


def test_receiver_without_cw_takes_usb_and_stands_beside_the_carrier() -> None:
    instrument = server()
    instrument.prepare()
    instrument.tune(150_340_000.0)
    said = []
    for number in range(6):
        said.append(instrument.poll(number * 10**9).decode().strip())
        refused = "CW" in said[-1]
        words = said[-1].removeprefix("+\\").replace(" ", ": ", 1)
        instrument.receive(f"{words}\nRPRT {-11 if refused else 0}\n".encode(), NOW, 0)
    assert said[1:5] == ["+\\set_mode CW 500", "+\\set_freq 150340000",
                         "+\\set_mode USB 500", "+\\set_freq 150339300"]  # fmt: skip


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
        yield port
    finally:
        process.kill()
        process.wait()


def readings(port: int, count: int, tune_hz: float | None = None) -> list[Detection]:
    """Ask a real server until it has given `count` readings; tune it before where that is said."""
    address = parse_address(f"rigctld:tcp://127.0.0.1:{port}?poll_s=0.02")
    instrument = make(address)
    if tune_hz is not None:
        instrument.prepare()
        instrument.tune(tune_hz)
    found: list[Detection] = []
    with closing(opened(address)) as link:
        deadline = time.monotonic() + 15
        while len(found) < count and time.monotonic() < deadline:
            if question := instrument.poll(time.monotonic_ns()):
                link.write(question)
            found += instrument.receive(link.read(0.02), NOW, 1)
    return found


def opened(address: Address) -> Link:
    """Connect as soon as the server listens.

    Not once before to see whether it does: the server closes its receiver after each client, also
    when the next is there already.
    """
    deadline = time.monotonic() + 10
    while True:
        try:
            return open_link(address)
        except SourceError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_dummy_receiver_of_the_packaged_server(peer: Callable[[str], str]) -> None:
    with running(peer("rigctld"), "-m", "1") as port:
        found = readings(port, 20)
    assert len(found) >= 20
    assert all(one.level_raw is not None for one in found)
    assert found[-1].frequency_hz == 145_000_000.0


class Emulated(Protocol):
    """What the emulated receivers have in common."""

    frequency_hz: int

    def hear(self, data: bytes) -> bytes: ...


# Model, our emulated receiver with what its meter shows, and the STRENGTH that Hamlib makes of it.
BEHIND: dict[str, tuple[Callable[[], Emulated], float]] = {
    "3079": (lambda: IcomRadio(0x96, 150_350_000, lambda: 120), -4.0),
    "3080": (lambda: IcomRadio(0x9C, 150_350_000, lambda: 120), -4.0),
    "3042": (lambda: IcomRadio(0x4A, 150_350_000, lambda: 124), -6.0),
    "3077": (lambda: IcomRadio(0x7E, 150_350_000, lambda: 90), -18.0),
    "3077 with echo": (lambda: IcomRadio(0x7E, 150_350_000, lambda: 90, echo=True), -18.0),
    "5001": (lambda: AorRadio(150_350_000, lambda: 68), -17.0),
    "8001": (lambda: UnidenRadio(150_350_000, lambda: 123), -22.0),
}


@pytest.mark.parametrize("name", BEHIND)
def test_packaged_server_drives_our_emulated_receivers(
    name: str, peer: Callable[[str], str]
) -> None:
    """Our client asks Hamlib, and Hamlib asks our emulated receiver on a pseudo-terminal."""
    make_radio, strength = BEHIND[name]
    device = make_radio()
    radio = SerialServer(device.hear)
    model = name.split()[0]
    options = ("-m", model, "-r", radio.path, "-C", "timeout=2000,retry=0")
    with running(peer("rigctld"), *options) as port:
        found = readings(port, 3, tune_hz=None if model == "8001" else 151_340_000.0)
    radio.close()
    assert len(found) >= 3
    assert found[-1].level_raw == strength  # a placeholder for some: for us it stays a count
    assert found[-1].level_db is None
    if model != "8001":  # Hamlib reads no frequency of this one
        assert device.frequency_hz == 151_340_000
        assert found[-1].frequency_hz == 151_340_000.0
    if model in ("3079", "3042"):
        assert found[-1].mode == "CW"
