"""What a frame of LoRa is, before anybody decodes it: LoRaWAN, or a collar's own format.

LoRaWAN frames are encrypted and give an address. Raw frames of collars (OpenCollar LP0, AWT) begin
in ways that no LoRaWAN frame can, and can be read by anybody; those of Meshtastic to everybody too,
and give the name of their node.
"""

from __future__ import annotations

from typing import Any

from protocols import awt, lorawan, meshtastic_lora, opencollar_lp0
from protocols.packet import Protocol, Reception

RAW: tuple[Protocol, ...] = (opencollar_lp0.PROTOCOL, awt.PROTOCOL, meshtastic_lora.PROTOCOL)


def known_of(frame: bytes) -> dict[str, Any]:
    """Return what an Envelope can tell of a frame: protocol, device_id, encrypted, downlink."""
    for protocol in RAW:
        if protocol.fits(frame, Reception()):
            tree = protocol.parse(frame, Reception())
            (packet,) = protocol.to_packets(tree, Reception())
            relayed = packet.details.get("relayed")  # then its level is of another node
            return {"protocol": protocol.name, "device_id": None if relayed else packet.device_id}
    return {
        "device_id": lorawan.device_of(frame),
        "encrypted": True,
        "downlink": lorawan.is_downlink(frame),
    }
