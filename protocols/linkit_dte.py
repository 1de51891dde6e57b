"""LinkIt trackers: the text they speak over Bluetooth or a cable ("DTE").

Source: arribada/CLS-Argos-Linkit-CORE at d012ea5b, `core/protocol/dte_protocol.hpp`,
`dte_commands.cpp`, `dte_params.cpp`.

    request    $CMD#LLL;payload CR
    answer     $O;CMD#LLL;payload CR        done
               $N;CMD#LLL;number CR         refused, with the number of the fault

CMD has five capitals, LLL is the length of the payload in hexadecimal. Payloads: `KEY=value,...`
(PARMR, STATR, PARMW, PROFR), `KEY,...` (PARML), `part,last part,base64` (DUMPD: pieces of the log,
see `protocols.linkit_log`). A value may hold commas. The length is the only check.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from construct import Bytes, Struct

from protocols.anatomy import spans
from protocols.fields import HIDDEN
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

LINE = re.compile(rb"\$(?:([ON]);)?([A-Z]{5})#([0-9A-F]{3});([\x20-\x7e]*)\r")
KEY = re.compile(r"[A-Z]{3}\d{2}")
PIECE = re.compile(r"([0-9A-Fa-f]{1,3}),([0-9A-Fa-f]{1,3}),(.*)")
LONGEST = 0xFFF + len("$O;ABCDE#FFF;\r")
SECRET = ("SECUR",)  # its payload is the owner's code
BATTERY, ARGOS_ID, NO_ID = "POT06", "IDT06", "0"
NAMES = {
    "ARP03": "Argos frequency, MHz", "ARP05": "seconds between messages", "ART01": "last sent",
    "ART02": "messages sent", "ART03": "orbits of the satellites of", "ART10": "messages received",
    "IDP11": "profile", "IDP12": "Argos number", "IDT02": "model", "IDT03": "firmware",
    "IDT04": "hardware", "IDT06": "Argos id, hexadecimal", "IDT10": "serial number",
    "POT03": "battery, %", "POT05": "last fully charged", "POT06": "battery, V",
    "WCT01": "charger",
}  # fmt: skip
Tree = dict[str, Any]


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one line, request or answer."""
    if len(data) > LONGEST:
        raise DecodeError(f"a line has {LONGEST} bytes at most, this has {len(data)}", LONGEST)
    if data[:1] == b"$" and b"\r" not in data:
        raise DecodeError("the line is not whole: no carriage return at its end", len(data))
    found = LINE.fullmatch(data)
    if found is None:
        raise DecodeError("not of the form $CMD#LLL;payload, $O;CMD#... or $N;CMD#...", 0)
    length, payload = int(found[3], 16), found[4].decode()
    if length != len(payload):
        text = f"the length says {length} characters, the payload has {len(payload)}"
        raise DecodeError(text, found.start(3))
    return {"reply": (found[1] or b"").decode(), "cmd": found[2].decode(), "payload": payload}


def build(tree: Tree) -> bytes:
    """Make the line of a tree again."""
    reply = f"{tree['reply']};" if tree["reply"] else ""
    return f"${reply}{tree['cmd']}#{len(tree['payload']):03X};{tree['payload']}\r".encode()


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a line says: values, keys, a piece of the log, a fault."""
    command, payload = tree["cmd"], tree["payload"]
    details: Tree = {"cmd": command, "ok": {"O": True, "N": False}.get(tree["reply"])}
    if tree["reply"] == "N":
        details["error"] = int(payload) if payload.isdecimal() else payload
        warning = f"the tag refused {command}, error {payload}"
        return [Packet(protocol=PROTOCOL.name, details=details, warnings=(warning,))]
    details |= _said(command, payload)
    values = details.get("values", {})
    volts, argos_id = values.get(BATTERY, ""), values.get(ARGOS_ID, NO_ID)
    return [
        Packet(
            protocol=PROTOCOL.name,
            device_id=argos_id if argos_id != NO_ID else None,
            battery_v=float(volts) if re.fullmatch(r"\d{1,2}(\.\d{1,6})?", volts) else None,
            details=details,
        )
    ]


def _said(command: str, payload: str) -> Tree:
    """Return what the payload of a request, or of an answer that is no refusal, means."""
    if not payload:
        return {}
    if command in SECRET:
        return {"payload": HIDDEN}
    if values := values_of(payload):
        names = {key: NAMES[key] for key in values if key in NAMES}
        return {"values": values, "names": names}
    if all(KEY.fullmatch(part) for part in payload.split(",")):
        return {"keys": payload.split(",")}
    if command == "DUMPD" and (found := PIECE.fullmatch(payload)):
        return _piece(int(found[1], 16), int(found[2], 16), found[3])
    return {"payload": payload}


def values_of(payload: str) -> dict[str, str]:
    """Return the values of `KEY=value,...`, empty where it is of another form."""
    values: dict[str, str] = {}
    last = ""
    for part in payload.split(","):
        key, equals, value = part.partition("=")
        if equals and KEY.fullmatch(key):
            last = key
            values[key] = value
        elif last:  # a comma of a text
            values[last] += f",{part}"
        else:
            return {}
    return values


def _piece(part: int, last_part: int, text: str) -> Tree:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise DecodeError(f"the piece of the log is no base64: {error}", 0) from error
    return {"part": part, "last_part": last_part, "data": data.hex()}


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the pieces of a line."""
    tree = parse(data, reception)
    reply = 2 if tree["reply"] else 0
    sizes = {"begin": 1, "reply": reply, "cmd": 5, "mark": 1, "length": 3, "semicolon": 1}
    body = 11 + reply
    return [
        *spans(0, **{name: size for name, size in sizes.items() if size}),
        Part(offset=body, layout=Struct("payload" / Bytes(len(tree["payload"]))),
             secret=tree["cmd"] in SECRET),
        *spans(len(data) - 1, end=1),
    ]  # fmt: skip


PROTOCOL = Protocol(
    name="linkit-dte",
    title="LinkIt (Arribada, CLS), text protocol",
    integrity="none",
    evidence="document",
    fits=parses(parse),
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
