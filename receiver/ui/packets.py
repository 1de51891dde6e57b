"""A decoded packet in a ranger's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from protocols import find
from protocols.packet import Packet
from receiver.records import Detection

EVIDENCE = {
    "capture": "checked against packets of real collars",
    "document": "made after the maker's document, no real packet seen yet",
    "inferred": "worked out by comparison; do not rely on it",
}
STATUS = {
    "ok": "",
    "corrected": "  (with corrected bit errors)",
    "stale": "  OLD: not a new fix",
    "bad": "  BAD",
    "unavailable": "",
}
# Of the details: what is said elsewhere, and what the packets behind the first one say again.
SHOWN = (
    "message",
    "device_id",
    "latitude",
    "longitude",
    "altitude",
    "h_acc_est",
    "fixes",
    "blocks",
)


def describe(
    packets: Sequence[Packet], detections: Sequence[Detection], unread: Sequence[str]
) -> Iterator[str]:
    """Yield the lines to show: each packet, who heard it how loud, what could not be read.

    Anybody can send a name with the control characters of a terminal in it: they are written out.
    """
    for line in _lines(packets, detections, unread):
        yield "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def _lines(
    packets: Sequence[Packet], detections: Sequence[Detection], unread: Sequence[str]
) -> Iterator[str]:
    for packet in packets:
        yield from _packet(packet)
    for heard in detections:
        yield _heard(heard)
    for reason in unread:
        yield f"not readable  {reason}"
    if not packets and not detections:
        yield "nothing heard in it"


def _packet(packet: Packet) -> Iterator[str]:
    protocol = find(packet.protocol)
    kind = packet.details.get("message", "packet")
    yield f"{protocol.title}: {kind}"
    for label, value in _facts(packet):
        if value:
            yield f"  {label:<12}{value}"
    for warning in packet.warnings:
        yield f"  {'look out':<12}{warning}"
    yield f"  {'evidence':<12}{EVIDENCE[protocol.evidence]}{_no_checksum(protocol.integrity)}"


def _no_checksum(integrity: str) -> str:
    return "; the packet has no checksum of its own" if integrity == "none" else ""


def _facts(packet: Packet) -> Iterator[tuple[str, str]]:
    yield "collar", packet.device_id or ""
    yield "position", _position(packet)
    yield "time", _time(packet.time)
    yield "height", "" if packet.altitude_m is None else f"{packet.altitude_m:.0f} m"
    yield "battery", "" if packet.battery_v is None else f"{packet.battery_v:.2f} V"
    yield "temperature", "" if packet.temperature_c is None else f"{packet.temperature_c:.1f} C"
    yield "mortality", "ON: it had not moved for long" if packet.mortality else ""
    rest = {k: v for k, v in packet.details.items() if k not in SHOWN}
    yield "details", ", ".join(f"{key} {_brief(value)}" for key, value in rest.items())


def _brief(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return "; ".join(_item(one) for one in value)
    return str(value)


def _item(item: dict[str, object]) -> str:
    """Write a setting, value or command by its name, other records field by field."""
    if "name" in item:
        said = item.get("value", item.get("arg"))
        return f"{item['name']} {_brief(said)}".rstrip()
    return ", ".join(f"{key} {_brief(value)}" for key, value in item.items())


def _position(packet: Packet) -> str:
    if packet.latitude_deg is None or packet.longitude_deg is None:
        return "none in this packet" if _may_have_position(packet) else ""
    radius = "" if packet.accuracy_m is None else f"  +-{packet.accuracy_m:.0f} m"
    place = f"{packet.latitude_deg:.6f}, {packet.longitude_deg:.6f}"
    return f"{place}{radius}{STATUS[packet.position_status]}"


def _may_have_position(packet: Packet) -> bool:
    return "latitude" in packet.details


def _time(time: datetime | None) -> str:
    return "" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _heard(heard: Detection) -> str:
    parts = [
        "" if heard.level_raw is None else f"{heard.level_raw:.0f} dBm",
        "" if heard.snr_db is None else f"{heard.snr_db:.1f} dB over the noise",
        "" if heard.level_db is None else f"signal alone {heard.level_db:.1f} dBm",
        "" if heard.frequency_hz is None else f"{heard.frequency_hz / 1e6:.3f} MHz",
        "" if heard.receiver is None else f"gateway {heard.receiver}",
        "" if heard.device_id is None else f"collar {heard.device_id}",
        "" if heard.text is None else f"({heard.text})",
    ]
    return "heard  " + ", ".join(part for part in parts if part)
