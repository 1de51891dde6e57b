"""What of a collar's words may be shown and written down: not the owner's keys and codes.

A key is told by the setting that it belongs to. Where bytes were lost, that can no more be told:
what follows is not shown at all. At most four bytes of a key may pass for the number before it.
"""

from __future__ import annotations

from protocols.opencollar_edge.frame import FLASH_PORT, MESSAGES
from protocols.opencollar_edge.tables import SECRET, SETTINGS, is_item

SETTINGS_PORT, VALUES_PORT, COMMAND_PORT = 0x03, 0x1E, 0x20
LARGEST_UNKNOWN = 4  # bytes of a setting that a newer firmware may have; keys have more


def masked(message: bytes) -> bytes:
    """Return a message, to a collar or of one, with zeros for all that may be a key."""
    if message[:1] == b"\x1d":
        return _masked_records(message)
    if message[:1] not in (b"\x03", b"\x20"):
        return message
    hidden = bytearray(message)
    end, offset = trusted(message), 1
    while offset + 2 <= end:
        size = message[offset + 1]
        if message[offset] in SECRET:
            hidden[offset + 2 : offset + 2 + size] = bytes(size)
        offset += 2 + size
    return bytes(hidden[:end]) + bytes(len(message) - end)


def _masked_records(message: bytes) -> bytes:
    """Return a piece of a flash log with each record masked: its port, message and time."""
    hidden, offset = bytearray(message[:1]), 1
    while offset < len(message):
        end = offset + 7 + int.from_bytes(message[offset + 2 : offset + 3])
        record = message[offset:end]
        said = message[offset : end - 4]
        hidden += (masked(said) if record[:1] != b"\x1d" else said) + record[len(said) :]
        offset = end
    return bytes(hidden)


def trusted(message: bytes) -> int:
    """Return up to where a list holds what its items say; of other messages their length."""
    offset = 1
    if message[:1] not in (b"\x03", b"\x1e", b"\x20"):
        return len(message)
    while offset + 2 <= len(message):
        end = offset + 2 + message[offset + 1]
        if end > len(message) or not _may_be_item(*message[:1], *message[offset : offset + 2]):
            return offset
        offset = end
    return offset


def _may_be_item(port: int, identifier: int, size: int) -> bool:
    if port == COMMAND_PORT or is_item(port, identifier, size):
        return True
    return port == SETTINGS_PORT and identifier not in SETTINGS and size <= LARGEST_UNKNOWN


def shown(message: bytes) -> bytes:
    """Return what is certain of a message that came after a collar was asked for its settings."""
    begins = tuple(message[:2]) in MESSAGES or message[:1] == bytes([FLASH_PORT])
    if begins or message[:1] in (b"\x03", b"\x1e"):
        return message[: trusted(message)]
    return b""
