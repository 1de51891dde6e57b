"""Every line of the collection of commercial collars: which code reads it, and that it does.

`READERS` maps every kind of line to its code; a kind that is not there fails. What each line must
say in full is tested beside that code; here one or two values of it are held against the line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from protocols import decode
from protocols.argos import length_code
from protocols.bch import B127_106_3, B255_223_4, Bch
from receiver.address import parse_address
from receiver.decoding import Reading, read_item
from receiver.instruments import build
from receiver.records import Detection, Place

HEARD = datetime(2026, 11, 28, tzinfo=UTC)
Vector = Mapping[str, Any]
CTT_HEADS = {
    "gps": "recorded at,gps at,latitude,longitude,altitude,quality",
    "data": "Time,RadioId,TagId,TagRSSI,NodeId",
}


def read(vector: Vector) -> Reading:
    return read_item({key: vector[key] for key in ("hex", "text", "protocol") if key in vector})


def fed(address: str, text: str) -> list[Detection | Place]:
    return list(build(parse_address(address)).receive(f"{text}\n".encode(), HEARD, 0))


def packet(vector: Vector, *keys: str) -> None:
    """Hold values of the first packet's details, or of a part of them, against the line."""
    details = read(vector).packets[0].details
    for key in keys:
        assert details[key] == vector["decoded"][key], key


def positions(vector: Vector) -> None:
    (first, *_), said = read(vector).packets, vector["decoded"]
    if "lat" in said:
        assert (first.latitude_deg is None) == (said["lat"] is None)
        assert first.latitude_deg is None or abs(first.latitude_deg - said["lat"]) < 1e-5


def several(vector: Vector) -> None:
    """The places of a long LinkIt message that are known."""
    said = [tuple(place) for place in vector["decoded"]["fixes"] if place != [None, None]]
    found = [(p.latitude_deg, p.longitude_deg) for p in read(vector).packets]
    assert [place for place in found if place != (None, None)] == said


def blocks(vector: Vector) -> None:
    found, said = read(vector).packets, vector["decoded"]["blocks"]
    assert [p.position_status != "bad" for p in found] == [one["crc_ok"] for one in said]


def rows(vector: Vector) -> None:
    """The maker's own program where its rows are given, else as many fixes as it found."""
    found = [p for p in read(vector).packets if p.latitude_deg is not None]
    said = [row.split(",") for row in vector["decoded"].get("vendor_rows", ())]
    good = {(float(row[-1]), float(row[-2])) for row in said if row[4] == "Good"}
    assert found
    assert good <= {(p.latitude_deg, p.longitude_deg) for p in found}


def satellite(vector: Vector, part: str, *keys: str) -> None:
    details = read(vector).packets[0].details
    for key in keys:
        assert details.get(part, details)[key] == vector["decoded"][key], key


def coordinate(vector: Vector) -> None:
    """A coordinate alone: an element around it, with a radius of zero."""
    element = bytes.fromhex(f"03000b{vector['hex']}00000000")
    (packet,) = decode(element, protocol="iridium.directip.ie.mo_location")
    assert packet.details["location"]["latitude"] == vector["decoded"]["lat"]
    assert packet.details["location"]["longitude"] == vector["decoded"]["lon"]


def location(vector: Vector) -> None:
    said = read(vector).packets[0].details["location"]
    assert said["latitude"] == pytest.approx(vector["decoded"]["lat"], abs=1e-5)


def message(vector: Vector) -> None:
    said = vector["decoded"]["header"]
    details = read(vector).packets[0].details
    assert {key: details["header"][key] for key in said} == said


def payload(vector: Vector) -> None:
    said = bytes.fromhex(read(vector).packets[0].details["payload_hex"])
    assert said.decode() == vector["decoded"]["text"]


def bch(vector: Vector, code: Bch) -> None:
    bits, said = int(vector["hex"], 16), vector["decoded"]
    data = bits >> (4 * len(vector["hex"]) - said["data_bits"])
    assert code.check(data) == int(said["bch"], 16)


def length(vector: Vector) -> None:
    said = vector["decoded"]
    assert length_code(said["blocks"]) == said["code"] == int(vector["hex"], 16)


def goniometer(vector: Vector) -> None:
    (heard,) = read(vector).detections
    said = vector["decoded"]
    assert heard.device_id == said["id28_hex"]
    assert heard.frequency_hz == said["freq_hz"]


def nothing(vector: Vector) -> None:
    """An instrument's line in which nothing was heard, and that is no fault."""
    reading = read(vector)
    assert (reading.packets, reading.detections) == ((), ())


def station(vector: Vector) -> None:
    heard = read(vector).detections
    assert len(heard) == (vector["decoded"]["kind"] in ("pulse", "ctt_tag"))


def pulses(vector: Vector) -> None:
    times = [heard.time for heard in read(vector).detections]
    gaps_ms = [1e3 * (b - a).total_seconds() for a, b in pairwise(times)]
    assert gaps_ms == pytest.approx(vector["decoded"]["gaps_ms"], abs=0.11)


def station_json(vector: Vector) -> None:
    (heard,) = read(vector).detections
    assert heard.device_id == vector["decoded"]["id"]


def station_csv(vector: Vector) -> None:
    said = vector["decoded"]
    (found,) = fed("ctt-csv:file:x.csv", f"{CTT_HEADS[said['file']]}\n{vector['text']}")
    if isinstance(found, Place):
        assert (found.latitude_deg, found.longitude_deg) == (said["lat"], said["lon"])
    else:
        assert (found.device_id, found.level_raw) == (said["tag"], said["rssi"])


def receiver_file(vector: Vector) -> None:
    text = f"** Data Segment **\n{vector['text']}"
    (found,) = fed("srx-dta:file:x.DTA?utc_offset=UTC", text)
    assert isinstance(found, Detection)
    assert found.level_raw == vector["decoded"]["power"]


def webhook(vector: Vector) -> None:
    (packet,), said = read(vector).packets, vector["decoded"]
    assert packet.device_id == said["imei"]
    assert packet.latitude_deg is None  # Iridium's own place is never the animal's
    assert packet.details["data"] == said["data"]


def command(vector: Vector) -> None:
    """What a modem is told to send is a message of a known format."""
    sent = vector["decoded"]["payload_hex"]
    (asked,) = read_item({"text": vector["text"]}).packets
    (packet,) = decode(bytes.fromhex(sent), protocol="kineis-stdv1")
    assert (asked.protocol, asked.latitude_deg) == (packet.protocol, packet.latitude_deg)
    assert packet.latitude_deg == pytest.approx(39.0535)  # line kineis.stdv1, the same bytes


READERS: dict[str, Callable[[Vector], None]] = {
    "argos.a2a3.length_code": length,
    "argos.bch.b127_106_3": partial(bch, code=B127_106_3),
    "argos.bch.b255_223_4": partial(bch, code=B255_223_4),
    "argos.linkit.long": several,
    "argos.linkit.short": positions,
    "argos.ptt_a2.bits": lambda v: packet(v, "id28_hex", "data_hex"),
    "argos.ptt_a2.frame_from_sync_tail": lambda v: packet(v, "id28_hex", "data_hex"),
    "argos.ptt_a3.datagram": lambda v: packet(v, "id20", "blocks", "tail_bits"),
    "argos4.vld.coded_bits": lambda v: packet(v, "kind", "coded_block_bits", "blocks"),
    "cls.rxg134.ack": nothing,
    "cls.rxg134.nprf": goniometer,
    "ctt.sensorstation.csv": station_csv,
    "ctt.sensorstation.json": station_json,
    "ctt.tag434.frame": lambda v: packet(v, "id", "motus"),
    "globalstar.smartone": positions,
    "iridium.at.sbdix": lambda v: packet(v, "mo_status", "momsn", "mt_length"),
    "iridium.at.sbdrb_frame": lambda v: packet(v, "length", "payload_hex", "checksum"),
    "iridium.directip.ie.mo_header": lambda v: satellite(v, "header", "imei_bytes"),
    "iridium.directip.ie.mo_location": location,
    "iridium.directip.ie.mo_location_coord": coordinate,
    "iridium.directip.ie.mo_payload": payload,
    "iridium.directip.ie.mt_confirmation": lambda v: packet(v, "client_msg_id", "status"),
    "iridium.directip.ie.mt_header": lambda v: satellite(v, "mt_header", "client_msg_id", "flags"),
    "iridium.directip.mo": message,
    "iridium.directip.mt_confirmation": lambda v: packet(v, "client_msg_id", "queue_position"),
    "kineis.at": command,
    "kineis.stdv1": positions,
    "lotek.dta.line": receiver_file,
    "lotek.gps8000.argos": blocks,
    "lotek.nanotag.burst": pulses,
    "rockblock.webhook.form": webhook,
    "rockblock.webhook.json": webhook,
    "sensorgnome.line": station,
    "telonics.gen3.argos": rows,
}


@pytest.mark.shared
def test_every_line_is_read_by_the_code_for_its_kind(shared: Path) -> None:
    text = (shared / "vectors" / "commercial-collars.jsonl").read_text(encoding="utf-8")
    vectors = [json.loads(line) for line in text.splitlines()]
    assert len(vectors) == 112
    assert {vector["protocol"] for vector in vectors} == set(READERS)
    for vector in vectors:
        READERS[vector["protocol"]](vector)
