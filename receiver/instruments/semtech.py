"""A LoRa gateway with Semtech's packet forwarder, which sends datagrams and wants them answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from protocols.envelopes import parse, semtech
from protocols.packet import DecodeError
from receiver.address import Address
from receiver.instruments.packets import detection
from receiver.records import Detection

# A packet forwarder sends PULL_DATA each 5 to 10 seconds; after a minute without, it is gone.
KEEP_ALIVE_S = 60.0


class Semtech:
    """One gateway, or several on one port. Silent by nature, but for their keep-alive."""

    def __init__(self) -> None:
        self.refused = 0
        self.expected_interval_s: float | None = None

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each packet in a datagram; a damaged one is counted."""
        if not semtech.is_datagram(chunk):
            return []
        try:
            found = parse(chunk)
        except DecodeError:
            self.refused += 1
            return []
        gateway = semtech.gateway_of(chunk)
        heard = [detection(envelope, time, monotonic_ns) for envelope in found]
        return [_by(gateway, one) for one in heard]

    def reset(self) -> None:
        """Nothing is kept between datagrams."""

    def answer(self, chunk: bytes) -> bytes:
        """Return the acknowledgement of a datagram; a keep-alive is expected again from now on."""
        if semtech.is_keep_alive(chunk):
            self.expected_interval_s = KEEP_ALIVE_S
        return semtech.acknowledgement(chunk)


def _by(gateway: str, heard: Detection) -> Detection:
    return replace(heard, receiver=heard.receiver or gateway)


def make(address: Address) -> Semtech:
    """Make a listener for packet forwarders."""
    return Semtech()
