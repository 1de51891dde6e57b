"""Webhooks: taken, refused, hostile; and an uplink of a real collar from the request to a level."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import Event
from receiver.errors import ConfigError, SourceError
from receiver.links import http as link_http
from receiver.links import open_link
from receiver.links.http import HttpLink
from receiver.recording import Running, Session, record
from receiver.records import Detection


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def link() -> Iterator[Callable[..., tuple[HttpLink, int]]]:
    made: list[HttpLink] = []

    def make(words: str = "") -> tuple[HttpLink, int]:
        port = free_port()
        opened = open_link(parse_address(f"ttn:http://127.0.0.1:{port}{words}"))
        assert isinstance(opened, HttpLink)
        made.append(opened)
        return opened, port

    yield make
    for opened in made:
        opened.close()


def post(port: int, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/up", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_bodies_come_one_by_one(link: Callable[..., tuple[HttpLink, int]]) -> None:
    opened, port = link()
    assert [post(port, b"one"), post(port, b"two"), post(port, b"")] == [204, 204, 204]
    assert [opened.read(1), opened.read(1)] == [b"one", b"two"]
    assert opened.datagrams
    with pytest.raises(SourceError, match="cannot be asked"):
        opened.write(b"x")


def test_curl_is_a_client(
    link: Callable[..., tuple[HttpLink, int]], peer: Callable[[str], str]
) -> None:
    opened, port = link("?token=secret")
    command = [peer("curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "{}",
               f"http://127.0.0.1:{port}/"]  # fmt: skip
    wrong = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    right = subprocess.run([*command, "-H", "Authorization: Bearer secret"], capture_output=True,
                           text=True, timeout=20, check=False)  # fmt: skip
    assert (wrong.stdout, right.stdout) == ("401", "204")
    assert opened.read(1) == b"{}"
    assert opened.read(0.05) == b""


def test_only_this_computer_unless_there_is_a_token() -> None:
    for host in ("0.0.0.0", "[::]", "192.0.2.1", "example.org"):
        with pytest.raises(ConfigError, match="needs \\?token="):
            open_link(parse_address(f"ttn:http://{host}:8090"))
    opened = open_link(parse_address(f"ttn:http://0.0.0.0:{free_port()}?token=x"))
    opened.close()


def test_port_that_is_taken_is_told_without_the_token() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"ttn:http://127.0.0.1:{taken.getsockname()[1]}?token=secret"
        with pytest.raises(SourceError, match="cannot listen there") as caught:
            open_link(parse_address(address))
    assert "secret" not in str(caught.value) + caught.value.address


def raw(port: int, request: bytes, *, finish: bool = True) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(request)
        if finish:
            client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        answer = b""
        try:
            while part := client.recv(4096):
                answer += part
        except OSError:
            pass
        return answer


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
HOSTILE: list[tuple[bytes, bytes]] = [
    (HEAD + b"Content-Length: 99999999999\r\n\r\n", b" 413 "),
    (HEAD + b"Content-Length: 2000000\r\n\r\n", b" 413 "),
    (HEAD + b"Content-Length: -5\r\n\r\n", b" 411 "),
    (HEAD + b"Content-Length: \xb2\r\n\r\n", b" 411 "),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b" 411 "),
    (HEAD + b"Content-Length: 50\r\n\r\nhalf", b" 400 "),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b" 501 "),
    (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", b" 501 "),
    (b"\x16\x03\x01\x02\x00", b""),
    (b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n", b" 414 "),
    (HEAD + b"X: y\r\n" * 200 + b"\r\n", b" 431 "),
]


@pytest.mark.parametrize(("request_", "answer"), HOSTILE)
def test_hostile_request_is_refused_and_the_next_one_is_taken(
    link: Callable[..., tuple[HttpLink, int]], request_: bytes, answer: bytes
) -> None:
    opened, port = link()
    assert answer in raw(port, request_)
    assert opened.read(0.05) == b""
    assert post(port, b"good") == 204
    assert opened.read(1) == b"good"


def test_who_dawdles_is_hung_up_on(
    link: Callable[..., tuple[HttpLink, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_http._Handler, "timeout", 0.2)
    _, port = link()
    begin = time.monotonic()
    raw(port, HEAD + b"Content-Length: 50\r\n\r\nha", finish=False)
    assert time.monotonic() - begin < 3
    assert post(port, b"good") == 204


def test_crowd_does_not_shut_the_door_for_ever(
    link: Callable[..., tuple[HttpLink, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, port = link()
    crowd = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(100)]
    for client in crowd:
        client.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            assert post(port, b"good") == 204
            break
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    assert opened.read(1) == b"good"


def test_full_queue_tells_the_sender_to_try_again(
    link: Callable[..., tuple[HttpLink, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_http, "MOST_WAITING", 2)
    opened, port = link()
    assert [post(port, b"x") for _ in range(3)] == [204, 204, 503]
    opened.read(1)
    assert post(port, b"x") == 204


def test_uplink_of_a_real_collar_is_a_level(shared: Path, tmp_path: Path) -> None:
    body = (shared / "data/collars/envelopes/chirpstack_v4_up_opencollar_live.json").read_bytes()
    port, events = free_port(), list[Event]()
    session = Session(addresses=[parse_address(f"hook=chirpstack:http://127.0.0.1:{port}")],
                      journal=tmp_path / "s.journal", configuration=Configuration(),
                      clock=SystemClock(), seconds=2.0)  # fmt: skip

    def begin(running: Running) -> None:
        threading.Thread(target=lambda: (time.sleep(0.5), post(port, body), post(port, body)),
                         daemon=True).start()  # fmt: skip

    record(session, events.extend, lambda view: None, threading.Event(), begin)
    levels = [event for event in events if isinstance(event, Detection)]
    assert len(levels) == 2 * len(json.loads(body)["rxInfo"])
    assert levels[0].level_unit == "dBm"
