"""MQTT against a real mosquitto: messages, a broker that restarts, one that refuses."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from receiver.address import parse_address
from receiver.errors import ConfigError, MissingExtraError, SourceError
from receiver.links import Link, open_link

TOPIC = "application/+/device/+/event/up"
SENT_TO = "application/1/device/ff/event/up"


class Broker:
    """The packaged mosquitto on a port of its own; remembers sessions over a restart."""

    def __init__(self, program: str, folder: Path, extra: str = "allow_anonymous true") -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.program, self.settings = program, folder / "mosquitto.conf"
        self.settings.write_text(
            f"listener {self.port} 127.0.0.1\n{extra}\npersistence true\n"
            f"persistence_location {folder}/\nuser root\nlog_dest none\n"
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([self.program, "-c", str(self.settings)])
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def say(self, *messages: bytes) -> None:
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        for message in messages:
            client.publish(SENT_TO, message, qos=1).wait_for_publish(5)
        client.disconnect()
        client.loop_stop()

    def address(self, extra: str = "") -> str:
        return f"chirpstack:mqtt://127.0.0.1:{self.port}?topic={TOPIC}{extra}"


@pytest.fixture
def broker(peer: Callable[[str], str], tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(peer("mosquitto"), tmp_path)
    yield broker
    broker.stop()


def read(link: Link, count: int) -> list[bytes]:
    found: list[bytes] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        if message := link.read(0.2):
            found.append(message)
    return found


def test_messages_come_one_by_one(broker: Broker) -> None:
    link = open_link(parse_address(broker.address()))
    assert link.read(0.05) == b""
    broker.say(*(b"%d" % number for number in range(50)))
    assert read(link, 50) == [b"%d" % number for number in range(50)]
    with pytest.raises(SourceError, match="only listened to"):
        link.write(b"x")
    link.close()
    link.close()


def test_what_is_said_while_we_are_away_comes_when_we_are_back(broker: Broker) -> None:
    open_link(parse_address(broker.address())).close()
    broker.say(b"meanwhile")
    link = open_link(parse_address(broker.address()))
    assert read(link, 1) == [b"meanwhile"]
    link.close()


def test_broker_that_goes_away_is_told_and_found_again(broker: Broker) -> None:
    link = open_link(parse_address(broker.address()))
    broker.stop()
    begin = time.monotonic()
    with pytest.raises(SourceError, match="connection lost"):
        read(link, 1)
    assert time.monotonic() - begin < 2.0
    link.close()
    with pytest.raises(SourceError, match="nobody answers"):
        open_link(parse_address(broker.address()))
    broker.start()
    link = open_link(parse_address(broker.address()))
    broker.say(b"again")
    assert read(link, 1) == [b"again"]
    link.close()


def test_broker_that_refuses_is_told(peer: Callable[[str], str], tmp_path: Path) -> None:
    broker = Broker(peer("mosquitto"), tmp_path, "allow_anonymous false")
    with pytest.raises(SourceError, match="refused"):
        open_link(parse_address(broker.address("&user=nobody")))
    broker.stop()


def test_full_queue_holds_the_broker_back_and_loses_nothing(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receiver.links.mqtt.WAITING_MESSAGES", 5)
    link = open_link(parse_address(broker.address()))
    broker.say(*(b"%d" % number for number in range(60)))
    time.sleep(0.5)
    assert len(read(link, 60)) == 60
    link.close()


def test_topic_is_needed() -> None:
    with pytest.raises(ConfigError, match="topic="):
        open_link(parse_address("chirpstack:mqtt://127.0.0.1:1883"))


def test_missing_part_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "paho"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"baksan\[mqtt\]"):
        open_link(parse_address(f"chirpstack:mqtt://127.0.0.1:1883?topic={TOPIC}"))
