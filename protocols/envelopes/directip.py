"""DirectIP: Iridium SBD messages as a host got them, one behind the other; see `protocols.iridium`.

A message that the collar sent has its payload here; confirmations have none.
"""

from __future__ import annotations

from collections.abc import Iterator

from protocols import iridium
from protocols.packet import Envelope, Reception


def fits_bytes(data: bytes) -> bool:
    """Tell whether bytes begin with a whole message."""
    return iridium.fits(next(_messages(data), b""), Reception())


def read_bytes(data: bytes) -> list[Envelope]:
    """Return an Envelope for each message.

    Raises:
        DecodeError: one behind the first is damaged.
    """
    return [_envelope(message) for message in _messages(data)]


def _messages(data: bytes) -> Iterator[bytes]:
    while data:
        end = iridium.HEAD_BYTES + int.from_bytes(data[1 : iridium.HEAD_BYTES], "big")
        yield data[:end]
        data = data[end:]


def _envelope(message: bytes) -> Envelope:
    tree = iridium.parse(message, Reception())
    (packet,) = iridium.to_packets(tree, Reception())
    return Envelope(
        payload=iridium.payload_of(tree),
        protocol=packet.protocol,
        device_id=packet.device_id,
        time=packet.time,
        carrier=packet,
    )
