"""Packet formats of wildlife collars: is it one, and what does it say.

>>> from protocols import decode
>>> packet, = decode(bytes.fromhex("930ef9636865aba50d1f8e090e031500"),
...                  protocol="opencollar-edge", port=13)
>>> packet.latitude_deg, packet.accuracy_m
(52.0988075, 21.0)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from construct import ConstructError

from protocols import (
    abeeway,
    argos,
    argos_message,
    awt,
    ctt,
    dates,
    digital_matter_oyster,
    digital_matter_yabby,
    globalstar,
    iridium,
    iridium_modem,
    kineis_stdv1,
    linkit_argos,
    linkit_dte,
    linkit_log,
    lorawan,
    lotek_argos,
    meshtastic_lora,
    opencollar_ble,
    opencollar_edge,
    opencollar_gen1,
    opencollar_lp0,
    sparkfun_argos,
    telonics_gen3,
    ticktag,
    wildfi_log,
)
from protocols.anatomy import Field, Layer, fields_of, hidden
from protocols.fields import HIDDEN
from protocols.packet import DecodeError, Envelope, Packet, Protocol, Reception

__all__ = [
    "PROTOCOLS",
    "DecodeError",
    "Envelope",
    "Field",
    "Layer",
    "Packet",
    "Protocol",
    "Reception",
    "decode",
    "explain",
    "find",
    "identify",
]

PROTOCOLS: tuple[Protocol, ...] = (
    opencollar_edge.PROTOCOL,
    opencollar_ble.ADVERTISEMENT,
    opencollar_ble.NOTIFICATION,
    opencollar_lp0.PROTOCOL,
    opencollar_gen1.PROTOCOL,
    lorawan.PROTOCOL,
    meshtastic_lora.PROTOCOL,
    awt.PROTOCOL,
    ctt.PROTOCOL,
    digital_matter_oyster.PROTOCOL,
    digital_matter_yabby.PROTOCOL,
    abeeway.AT2,
    abeeway.AT3,
    argos_message.PROTOCOL,
    linkit_argos.PROTOCOL,
    linkit_dte.PROTOCOL,
    linkit_log.PROTOCOL,
    telonics_gen3.PROTOCOL,
    lotek_argos.PROTOCOL,
    kineis_stdv1.PROTOCOL,
    sparkfun_argos.PROTOCOL,
    iridium.PROTOCOL,
    iridium_modem.SBDIX,
    iridium_modem.SBDRB,
    globalstar.SIMPLEX,
    globalstar.PROTOCOL,
    ticktag.EEPROM,
    ticktag.TEXT,
    wildfi_log.PROTOCOL,
    argos.PTT_A2,
    argos.PTT_A3,
    argos.VLD,
)
NOWHERE_DEG = 1e-4  # so near to 0, 0 it is no place: the coarsest step of a format is 2.56e-5
# Formats around another one: under which details their payload and its port stand.
LAYERS = {
    lorawan.PROTOCOL.name: ("frm_payload", "f_port"),
    opencollar_lp0.PROTOCOL.name: ("payload", "msg_type"),
    opencollar_ble.NOTIFICATION.name: ("message", "port"),
}


def find(name: str) -> Protocol:
    """Return the format of a name or alias.

    Raises:
        DecodeError: there is none.
    """
    for protocol in PROTOCOLS:
        if name in (protocol.name, *protocol.aliases):
            return protocol
    raise DecodeError(f"format {name} is not supported yet (see: baksan protocols)")


def identify(data: bytes, *, port: int | None = None) -> list[str]:
    """Return the names of all formats whose frame and integrity fit; it does not choose."""
    reception = Reception(port=port)
    return [protocol.name for protocol in PROTOCOLS if data and protocol.fits(data, reception)]


def decode(
    data: bytes,
    *,
    protocol: str | None = None,
    port: int | None = None,
    received: datetime | None = None,
    context: Mapping[str, Any] | None = None,
) -> list[Packet]:
    """Decode the bytes of one payload.

    Args:
        data: the payload.
        protocol: name of the format; without it the one that fits is taken.
        port: the carrier's port, such as the LoRaWAN FPort.
        received: time of reception (timezone-aware), to judge the collar's clock by.
        context: what a format needs to know besides: keys, firmware, period_minutes.

    Raises:
        DecodeError: with the offset of the fault where it is known. Nothing else is raised,
            whatever the bytes.
    """
    chosen = _chosen(data, protocol, port)
    reception = Reception(port=port, received=received, context=context or {})
    with _guarded(chosen.name):
        read = chosen.to_packets(chosen.parse(data, reception), reception)
        packets = [_placed(_dated(packet, received)) for packet in read]
        return _opened(packets, reception) if chosen.name in LAYERS else packets


def explain(
    data: bytes,
    *,
    protocol: str | None = None,
    port: int | None = None,
    received: datetime | None = None,
    context: Mapping[str, Any] | None = None,
) -> list[Layer]:
    """Return a payload field by field, each layer from outside in.

    Arguments as for `decode`.

    Raises:
        DecodeError: as `decode` does.
    """
    chosen = _chosen(data, protocol, port)
    reception = Reception(port=port, received=received, context=context or {})
    with _guarded(chosen.name):
        frame, *_ = chosen.to_packets(chosen.parse(data, reception), reception)
        fields = fields_of(data, chosen.layout(data, reception))
    layer = Layer(protocol=chosen.name, size=len(data), fields=fields)
    inside = _inside(frame) if chosen.name in LAYERS else None
    if inside is None:
        return [layer]
    payload, inner_port, name = inside
    try:
        inner = explain(payload, protocol=name, port=inner_port, received=received)
    except DecodeError:  # `decode` says why in a warning
        return [layer]
    if any(field.raw == HIDDEN for one in inner for field in one.fields):
        shown = (hidden(f) if f.name == LAYERS[chosen.name][0] else f for f in fields)
        layer = replace(layer, fields=tuple(shown))
    return [layer, *inner]


@contextmanager
def _guarded(name: str) -> Iterator[None]:
    """Turn whatever a format raises into a DecodeError."""
    try:
        yield
    except (DecodeError, MemoryError):
        raise
    except ConstructError as error:
        raise DecodeError(f"{name}: {str(error).splitlines()[0]}") from error
    except Exception as error:
        raise DecodeError(f"{name}: {type(error).__name__}: {error}") from error


def _dated(packet: Packet, received: datetime | None) -> Packet:
    """Return a packet without its time, and a warning, where its clock cannot be right."""
    if packet.time is None:
        return packet
    time, doubts = dates.believed(packet.time, received)
    return replace(packet, time=time, warnings=(*packet.warnings, *doubts))


def _placed(packet: Packet) -> Packet:
    """Return a packet without its place, and a warning, where that is the one of no fix.

    Zeros are 0, 0; bytes that were never written, all ones, are one step south-west of it.
    """
    if packet.position_status not in ("ok", "corrected", "stale"):
        return packet  # nobody believes it anyway
    if packet.latitude_deg is None or packet.longitude_deg is None:
        return packet
    if max(abs(packet.latitude_deg), abs(packet.longitude_deg)) > NOWHERE_DEG:
        return packet
    doubt = "its place is 0, 0, as of a tracker without a fix: not believed"
    return replace(
        packet, latitude_deg=None, longitude_deg=None, accuracy_m=None,
        position_status="unavailable", warnings=(*packet.warnings, doubt),
    )  # fmt: skip


def _opened(packets: list[Packet], reception: Reception) -> list[Packet]:
    """Return a network layer's packet, and behind it what its payload says where that is known."""
    (frame,) = packets
    inside = _inside(frame)
    if inside is None:
        return packets
    payload, port, name = inside
    try:
        read = decode(payload, protocol=name, port=port, received=reception.received)
    except DecodeError as error:
        warning = f"its payload cannot be read: {error}"
        return [replace(frame, warnings=(*frame.warnings, warning))]
    if HIDDEN in str([packet.details for packet in read]):  # a key of the owner is in it
        frame = replace(frame, details={**frame.details, LAYERS[frame.protocol][0]: HIDDEN})
    return [frame, *(replace(p, device_id=p.device_id or frame.device_id) for p in read)]


def _inside(frame: Packet) -> tuple[bytes, int, str] | None:
    """Return a frame's payload, its port and its format, where it is known and only one fits."""
    payload, port = (frame.details.get(name) for name in LAYERS[frame.protocol])
    if not payload or not port:
        return None
    inside = bytes.fromhex(payload)
    names = [name for name in identify(inside, port=port) if name not in LAYERS]
    return (inside, port, names[0]) if len(names) == 1 else None


def _chosen(data: bytes, protocol: str | None, port: int | None) -> Protocol:
    if not data:
        raise DecodeError("empty: there are no bytes to decode", 0)
    return find(protocol) if protocol else _only(data, port)


def _only(data: bytes, port: int | None) -> Protocol:
    names = identify(data, port=port)
    if len(names) == 1:
        return find(names[0])
    if names:
        raise DecodeError(f"may be any of {', '.join(names)}: name one")
    hint = _reason(opencollar_edge.PROTOCOL, data, port)
    advice = "name a format to see why it does not fit (baksan protocols)"
    raise DecodeError(f"no known format fits these {len(data)} bytes: {hint}; {advice}", 0)


def _reason(protocol: Protocol, data: bytes, port: int | None) -> str:
    try:
        protocol.parse(data, Reception(port=port))
    except Exception as error:
        return str(error)
    return f"{protocol.name} has no checksum, so it must be named"
