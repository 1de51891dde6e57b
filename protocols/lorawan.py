"""LoRaWAN frames as they are on the air: whose they are, not what they say.

Source: LoRaWAN 1.0.4 specification, 4.

    MHDR 1     type in bits 7-5: 2, 4 data up; 3, 5 data down; 0 join request; 1 join accept
    DevAddr 4  little-endian      data frames
    FCtrl 1, FCnt 2, FPort and payload (encrypted), MIC 4
    JoinEUI 8, DevEUI 8, DevNonce 2, MIC 4      a join request: the device says its whole name

Nothing here needs a key. The address of a device changes when it joins again.
"""

from __future__ import annotations

JOIN_REQUEST, DATA_UP, DATA_DOWN = 0, (2, 4), (3, 5)
SHORTEST_DATA_BYTES = 12
JOIN_REQUEST_BYTES = 23


def device_of(frame: bytes) -> str | None:
    """Return the address (8 hex digits), or the DevEUI (16) of a join request; else None."""
    kind = frame[0] >> 5 if frame else None
    if kind in DATA_UP and len(frame) >= SHORTEST_DATA_BYTES:
        return frame[1:5][::-1].hex()
    if kind == JOIN_REQUEST and len(frame) == JOIN_REQUEST_BYTES:
        return frame[9:17][::-1].hex()
    return None


def is_downlink(frame: bytes) -> bool:
    """Tell whether a frame was sent by a gateway."""
    return bool(frame) and (frame[0] >> 5 in DATA_DOWN or frame[0] >> 5 == 1)
