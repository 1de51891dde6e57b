"""TCP and UDP against local servers."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from receiver.address import parse_address
from receiver.errors import SourceError
from receiver.links import open_link


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


def address_of(server: socket.socket) -> str:
    return f"nmea:tcp://127.0.0.1:{server.getsockname()[1]}"


def test_what_a_server_says_first_is_not_lost(server: socket.socket) -> None:
    link = open_link(parse_address(address_of(server)))
    peer, _ = server.accept()
    peer.sendall(b"RTL0greeting")
    time.sleep(0.05)
    assert link.read(1.0) == b"RTL0greeting"
    link.write(b"hello")
    assert peer.recv(10) == b"hello"
    assert link.read(0.02) == b""
    peer.close()
    link.close()


def test_rest_is_read_before_the_end_is_told(server: socket.socket) -> None:
    link = open_link(parse_address(address_of(server)))
    peer, _ = server.accept()
    peer.sendall(b"last words")
    peer.close()
    assert link.read(1.0) == b"last words"
    with pytest.raises(SourceError, match="the other side closed"):
        link.read(1.0)
    link.close()
    link.close()


def test_reset_by_the_other_side_is_lost(server: socket.socket) -> None:
    link = open_link(parse_address(address_of(server)))
    peer, _ = server.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    with pytest.raises(SourceError, match="connection lost"):
        link.read(1.0)
    with pytest.raises(SourceError):
        [link.write(b"x") for _ in range(10)]
    link.close()


def test_nobody_there_is_told_with_the_address(server: socket.socket) -> None:
    address = address_of(server)
    server.close()
    with pytest.raises(SourceError, match="nobody answers") as caught:
        open_link(parse_address(address))
    assert "127.0.0.1" in str(caught.value)


def test_closing_from_another_thread_ends_a_read(server: socket.socket) -> None:
    link = open_link(parse_address(address_of(server)))
    threading.Timer(0.1, link.close).start()
    begin = time.monotonic()
    with pytest.raises(SourceError):
        link.read(10.0)
    assert time.monotonic() - begin < 2.0


def test_datagrams_come_one_by_one_and_are_answered() -> None:
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    link = open_link(parse_address(f"semtech:udp://127.0.0.1:{port}"))
    link.write(b"nobody has spoken yet: nothing is sent")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(2)
        sender.connect(("127.0.0.1", port))
        for data in (b"one", b"", b"three"):
            sender.send(data)
        assert [link.read(1.0) for _ in range(3)] == [b"one", b"", b"three"]
        link.write(b"answer")
        assert sender.recv(100) == b"answer"
    link.write(b"to nobody")
    assert link.read(0.05) == b""  # the refusal that comes back is not a lost port
    with pytest.raises(SourceError, match="cannot listen there"):
        open_link(parse_address(f"semtech:udp://127.0.0.1:{port}"))
    link.close()


def test_port_of_another_computer_cannot_be_listened_on() -> None:
    with pytest.raises(SourceError, match="cannot listen there"):
        open_link(parse_address("semtech:udp://203.0.113.7:1700"))
