"""MQTT: messages of a broker, such as a network server's. Needs the extra [mqtt] (paho-mqtt).

    chirpstack:mqtt://127.0.0.1:1883?topic=application/+/device/+/event/up&user=team

Messages are asked for with QoS 1 in a session that the broker keeps: what it gets while we are away
comes when we are back. The password is read from the environment (BAKSAN_MQTT_PASSWORD), since an
address is written into the journal. `tls=yes` for a broker that wants it.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
from contextlib import suppress
from typing import Any

from receiver.address import Address
from receiver.errors import ConfigError, MissingExtraError, SourceError

PASSWORD = "BAKSAN_MQTT_PASSWORD"
CONNECT_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 20
WAITING_MESSAGES = 1000
AT_LEAST_ONCE = 1


def open_link(address: Address) -> MqttLink:
    """Connect to a broker and ask for a topic.

    Raises:
        SourceError: nobody answers there, or it refuses.
        ConfigError: no topic is named.
        MissingExtraError: paho-mqtt is not installed.
    """
    if not address.options.get("topic"):
        raise ConfigError(f"{address}: add ?topic=application/+/device/+/event/up, or yours")
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ModuleNotFoundError as error:
        raise MissingExtraError("MQTT", "mqtt") from error
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"baksan-{socket.gethostname()}-{address.name}",
        clean_session=False,
    )
    link = MqttLink(client, address)
    try:
        link.connect()
    except BaseException:
        link.close()
        raise
    return link


class MqttLink:
    """A connection to a broker; each message is a datagram."""

    datagrams = True

    def __init__(self, client: Any, address: Address) -> None:
        self._client = client
        self._address = address
        self._messages: queue.Queue[bytes] = queue.Queue(WAITING_MESSAGES)
        self._ready, self._closed = threading.Event(), threading.Event()
        self._fault: str | None = None
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_message = self._take
        client.on_subscribe = self._subscribed

    def connect(self) -> None:
        """Connect, and wait until the topic is granted; raises SourceError."""
        if user := self._address.options.get("user"):
            self._client.username_pw_set(user, os.environ.get(PASSWORD))
        if self._address.options.get("tls") == "yes":
            self._client.tls_set()
        try:
            self._client.connect(self._address.host, self._address.port, KEEP_ALIVE_S)
        except OSError as error:
            raise self._lost(f"nobody answers ({error.strerror or error})") from error
        self._client.loop_start()
        if not self._ready.wait(CONNECT_TIMEOUT_S):
            raise self._lost(self._fault or "the broker does not answer")
        if self._fault:
            raise self._lost(self._fault)

    def read(self, timeout_s: float) -> bytes:
        """Return one message, b"" when none came; raise SourceError when the broker is gone."""
        try:
            return self._messages.get(timeout=timeout_s)
        except queue.Empty:
            if self._fault:
                raise self._lost(self._fault) from None
            return b""

    def write(self, data: bytes) -> None:
        """Refuse: nothing is ever sent to the network server."""
        raise self._lost("a broker is only listened to")

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._closed.set()
        with suppress(OSError, RuntimeError, ValueError):
            self._client.disconnect()
            self._client.loop_stop()

    def _connected(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._fault = f"refused: {reason}"
            self._ready.set()
        else:
            client.subscribe(self._address.options["topic"], AT_LEAST_ONCE)

    def _subscribed(self, client: Any, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._fault = f"the topic {self._address.options['topic']} was refused"
        self._ready.set()

    def _disconnected(
        self, client: Any, data: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        self._fault = self._fault or f"connection lost ({reason})"
        self._ready.set()

    def _take(self, client: Any, data: Any, message: Any) -> None:
        """Hand a message over; a full queue holds the broker back, it loses nothing."""
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._messages.put(bytes(message.payload), timeout=0.2)
                return

    def _lost(self, why: str) -> SourceError:
        return SourceError(f"{self._address.target}: {why}", str(self._address))
