"""What was decoded, called and entered, in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocols.packet import Packet
from receiver.language import phrase, translated
from receiver.notes.describing import describe
from receiver.wording import plain


def packet_words(packet: Packet) -> str:
    """Say what a packet tells a searcher."""
    parts = [plain(packet.device_id or packet.protocol)]
    if packet.latitude_deg is not None and packet.longitude_deg is not None:
        parts.append(f"{packet.latitude_deg:.5f} {packet.longitude_deg:.5f}")
    if packet.position_status not in (None, "ok", "unavailable"):
        parts.append(phrase("its place is {status}", status=packet.position_status))
    if packet.battery_v is not None:
        parts.append(f"{packet.battery_v:.2f} V")
    if packet.temperature_c is not None:
        parts.append(f"{packet.temperature_c:.0f} C")
    if packet.mortality:
        parts.append(phrase("it lies still, it says"))
    return ", ".join(parts)


def call_words(content: Mapping[str, Any]) -> str:
    """Say what was called to everybody."""
    words = {"animal seen": phrase("ANIMAL SEEN"), "danger": phrase("DANGER")}
    called = words.get(str(content.get("call")), phrase("CALL TO ALL"))
    text = plain(str(content.get("text", "")))
    return f"{called}: {text}" if text else called


def entry_words(content: Mapping[str, Any]) -> str:
    """Say what was entered."""
    return translated(plain(describe(content)))
