"""A LoRa gateway with Semtech's packet forwarder, which sends datagrams and wants them answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from protocols.envelopes import parse, semtech
from protocols.packet import DecodeError
from receiver.address import Address
from receiver.instruments.packets import detection
from receiver.records import Detection


class Semtech:
    """One gateway, or several on one port. Silent by nature."""

    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0

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
        """Return the acknowledgement of a datagram."""
        return semtech.acknowledgement(chunk)


def _by(gateway: str, heard: Detection) -> Detection:
    return replace(heard, receiver=heard.receiver or gateway)


def make(address: Address) -> Semtech:
    """Make a listener for packet forwarders."""
    return Semtech()
