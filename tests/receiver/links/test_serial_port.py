"""Serial ports on pseudo-terminals: what pyserial really raises becomes one kind of error."""

from __future__ import annotations

import os
import pty
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.errors import ConfigError, SourceError
from receiver.links import Link, open_link


@dataclass
class Port:
    """A pseudo-terminal: `path` is opened by the code under test, the test writes to `peer`."""

    peer: int
    path: str
    own: int

    def unplug(self) -> None:
        for descriptor in (self.peer, self.own):
            with suppress(OSError):
                os.close(descriptor)


def new_port() -> Port:
    peer, own = pty.openpty()
    tty.setraw(own)
    return Port(peer, os.ttyname(own), own)


@pytest.fixture
def port() -> Iterator[Port]:
    port = new_port()
    yield port
    port.unplug()


@pytest.fixture
def link(port: Port) -> Iterator[Link]:
    link = open_link(parse_address(f"icom:serial:{port.path}?model=r75"))
    os.close(port.own)  # only the link holds the port now, as with a real cable
    yield link
    link.close()


def test_bytes_come_in_chunks_and_go_out(port: Port, link: Link) -> None:
    os.write(port.peer, b"x" * 3000)
    got = b""
    while len(got) < 3000 and (chunk := link.read(1.0)):
        got += chunk
    assert got == b"x" * 3000
    link.write(b"question")
    assert os.read(port.peer, 100) == b"question"


def test_silence_is_no_bytes_within_the_timeout(link: Link) -> None:
    begin = time.monotonic()
    assert link.read(0.05) == b""
    assert time.monotonic() - begin < 1.0


def test_unplugging_during_a_read_is_told_at_once(port: Port, link: Link) -> None:
    threading.Timer(0.1, port.unplug).start()
    begin = time.monotonic()
    with pytest.raises(SourceError, match="lost") as caught:
        link.read(10.0)
    assert time.monotonic() - begin < 2.0
    assert port.path in str(caught.value)


CALLS: dict[str, Callable[[Link], object]] = {
    "read": lambda link: link.read(0.1),
    "write": lambda link: link.write(b"x"),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_after_unplugging_is_one_kind_of_error(
    port: Port, link: Link, name: str
) -> None:
    port.unplug()
    for _ in range(3):
        with pytest.raises(SourceError):
            CALLS[name](link)
    link.close()
    link.close()


FAULTS = [
    OSError(5, "Input/output error"),
    termios.error(5, "Input/output error"),
    TypeError("'NoneType' object cannot be interpreted as an integer"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_what_pyserial_raises_besides_its_own_error(
    link: Link, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> bytes:
        raise fault

    monkeypatch.setattr("serial.Serial.read", fail)
    monkeypatch.setattr("serial.Serial.write", fail)
    with pytest.raises(SourceError):
        link.read(0.1)
    with pytest.raises(SourceError):
        link.write(b"x")


def test_closing_from_another_thread_ends_a_read(link: Link) -> None:
    threading.Timer(0.1, link.close).start()
    begin = time.monotonic()
    with suppress(SourceError):
        assert link.read(10.0) == b""
    assert time.monotonic() - begin < 2.0


def test_closing_a_vanished_port_whose_flush_fails_is_quiet(
    port: Port, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr("serial.Serial.cancel_read", fail)
    port.unplug()
    link.close()


def test_port_that_vanishes_and_returns_under_the_same_name(tmp_path: Path) -> None:
    name = tmp_path / "radio0"
    first = new_port()
    name.symlink_to(first.path)
    address = parse_address(f"icom:serial:{name}?model=r75")
    link = open_link(address)
    first.unplug()
    name.unlink()
    with pytest.raises(SourceError):
        link.read(1.0)
    link.close()
    with pytest.raises(SourceError, match="no such port"):
        open_link(address)
    second = new_port()
    name.symlink_to(second.path)
    link = open_link(address)
    os.write(second.peer, b"again")
    assert link.read(1.0) == b"again"
    link.close()
    second.unplug()


def test_second_program_is_refused(port: Port, link: Link) -> None:
    with pytest.raises(SourceError, match="another program uses it"):
        open_link(parse_address(f"icom:serial:{port.path}?model=r75"))


@pytest.mark.parametrize(
    ("target", "words"),
    [("/dev/nosuch", "no such port"), ("/tmp", "folder"), ("/dev/null", "not a serial port")],
)
def test_what_cannot_be_opened_is_named(target: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        open_link(parse_address(f"icom:serial:{target}?model=r75"))
    assert target in str(caught.value)


def test_speed_that_is_no_number_is_a_wrong_address(port: Port) -> None:
    with pytest.raises(ConfigError, match="baud"):
        open_link(parse_address(f"nmea:serial:{port.path}?baud=fast"))


def test_stop_bits_that_cannot_be_are_refused(port: Port) -> None:
    with pytest.raises(SourceError):
        open_link(parse_address(f"nmea:serial:{port.path}?stopbits=7"))


def test_flood_is_not_lost(port: Port, link: Link) -> None:
    total = 200_000
    writer = threading.Thread(target=_write_all, args=(port.peer, b"ab" * (total // 2)))
    writer.start()
    count = 0
    while count < total and (chunk := link.read(2.0)):
        count += len(chunk)
    writer.join()
    assert count == total


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data[:4096]) :]
