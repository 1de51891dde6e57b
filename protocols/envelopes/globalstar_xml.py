"""Globalstar: what its back office sends of simplex devices (SmartOne, STX), as XML.

Source: samples in traccar's GlobalstarProtocolDecoderTest.

    <stuMessages messageID=..><stuMessage><esn>0-1247106</esn><unixTime>1402502351</unixTime>
    <gps>N</gps><payload length="9" source="pc" encoding="hex">0x0014..</payload></stuMessage>..

The format of the payload must be named: not every device keeps to SmartOne's. A stranger's XML is
read without declarations of any kind (DOCTYPE, ENTITY, comments), in UTF-8, up to 1 MiB.
"""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from protocols import globalstar
from protocols.envelopes import values
from protocols.packet import DecodeError, Envelope, Packet

LARGEST_BYTES = 1 << 20
ROOT, MESSAGE = "stuMessages", "stuMessage"


def fits_bytes(data: bytes) -> bool:
    """Tell whether bytes are such XML."""
    return data.lstrip()[:1] == b"<" and b"<" + ROOT.encode() in data[:1024]


def read_bytes(data: bytes) -> list[Envelope]:
    """Return an Envelope for each message.

    Raises:
        DecodeError: it is no XML, or has what this does not read.
    """
    return [_envelope(message) for message in _root(data).iterfind(MESSAGE)]


def _root(data: bytes) -> ElementTree.Element:
    if len(data) > LARGEST_BYTES:
        raise DecodeError("the XML is larger than 1 MiB", LARGEST_BYTES)
    try:
        text = data.decode("utf-8-sig")
        if (at := text.find("<!")) >= 0:
            raise DecodeError("the XML has declarations (<!), which are not read", at)
        # As text, so that no declared encoding can hide a declaration from the line above.
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(f"not XML that can be read: {error}") from error


def _envelope(message: ElementTree.Element) -> Envelope:
    payload = message.find("payload")
    if payload is None:
        raise DecodeError("a stuMessage without a payload")
    text = (payload.text or "").strip()
    device, seconds = message.findtext("esn"), values.whole(message.findtext("unixTime"))
    time = datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < 1 << 33 else None
    content = values.hex_bytes(text.removeprefix("0x"))
    carrier = Packet(
        protocol=globalstar.SIMPLEX.name,
        device_id=device,
        time=time,
        details={
            "esn": device, "unixTime": seconds, "gps": message.findtext("gps"),
            **payload.attrib, "payload_hex": content.hex(),
        },
        warnings=(globalstar.UNNAMED,),
    )  # fmt: skip
    return Envelope(
        payload=content,
        protocol=carrier.protocol,
        device_id=device,
        time=time,
        carrier=carrier,
    )
