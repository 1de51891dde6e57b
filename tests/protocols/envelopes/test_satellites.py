"""What satellites' operators send: DirectIP, RockBLOCK, Globalstar's XML, Argos e-mails."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, Envelope, decode
from protocols.envelopes import fits, parse

IMEI = "300234068036650"
MO = bytes.fromhex(
    "01002501001c00000007" + IMEI.encode().hex() + "0003a4000061f9b35b" + "020003010203"
)  # fmt: skip
FORM = (
    f"imei={IMEI}&device_type=ROCKBLOCK&serial=16949&momsn=376"
    "&transmit_time=22-02-01%2022%3A22%3A40&iridium_latitude=60.9634&iridium_longitude=36.0877"
    "&iridium_cep=79.0&data=010203&JWT=secret.of.theirs"
).encode()
XML = (
    b'<?xml version="1.0" encoding="utf-8"?><stuMessages messageID="1"><stuMessage>'
    b"<esn>0-1247106</esn><unixTime>1402502351</unixTime><gps>N</gps>"
    b'<payload length="9" source="pc" encoding="hex">0x0014266C1C21AF0A50</payload>'
    b"</stuMessage></stuMessages>"
)
EMAIL = b"""argos-direct
\t11/29/2012 05:01 AM

03559 77267   8 27 L
      2008-09-30 18:40:01  2         19           81          202          218
                                    163           64
      2008-09-30 18:41:01  1         20           00
03559 087745 11 15 M B 2008-10-23 22:29:32  67.035  209.870  0.594 401634083
      2008-10-23 22:30:00  1         00           12

Regards
"""


def only(data: bytes) -> Envelope:
    (envelope,) = parse(data)
    return envelope


# --- Iridium ----------------------------------------------------------------------------------


def test_messages_of_directip_one_behind_the_other() -> None:
    first, second = parse(MO + MO)
    assert first == second
    assert (first.payload.hex(), first.device_id) == ("010203", IMEI)
    assert first.time == datetime(2022, 2, 1, 22, 25, 31, tzinfo=UTC)
    assert first.carrier is not None
    assert first.carrier.details["header"]["MOMSN"] == 932
    with pytest.raises(DecodeError):
        parse(MO + b"\x09\x00")


def test_a_confirmation_has_no_payload(shared: Path) -> None:
    confirmed = only((shared / "data/argos/mt_confirmation.isbd").read_bytes())
    assert (confirmed.payload, confirmed.device_id) == (b"", None)
    assert confirmed.carrier is not None
    assert confirmed.carrier.details["queue_position"] == 42


def test_rockblock_as_a_form_keeps_no_signature() -> None:
    posted = only(FORM)
    assert (posted.payload.hex(), posted.device_id) == ("010203", IMEI)
    assert posted.time == datetime(2022, 2, 1, 22, 22, 40, tzinfo=UTC)
    assert (posted.latitude_deg, posted.longitude_deg) == (None, None)
    assert posted.carrier is not None
    assert posted.carrier.latitude_deg is None
    assert posted.carrier.details["iridium_latitude"] == "60.9634"
    assert "79 km off or more" in posted.carrier.warnings[0]
    assert "secret" not in repr(posted)


def test_vectors_of_rockblock(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    found = [v for v in map(json.loads, lines) if v["protocol"].startswith("rockblock.")]
    assert len(found) == 2
    for vector in found:
        posted = only(vector["text"].encode())
        assert posted.carrier is not None
        assert posted.carrier.details == vector["decoded"]
        assert posted.payload == bytes.fromhex(vector["decoded"]["data"])


def test_cloudloop_tells_of_its_session(shared: Path) -> None:
    path = shared / "data/collars/envelopes/cloudloop_lingo_replayed.json"
    message = only(path.read_bytes())
    assert message.carrier is not None
    assert message.carrier.device_id == "301434061403790"
    assert message.carrier.details["status"] == "SESSION_STATUS_OK"


@pytest.mark.parametrize(
    "data", [FORM.replace(b"data=010203", b"data=0102zz"), FORM[:100], b"imei=1&data=",
             FORM + b"&" * 40, FORM.replace(b"momsn", b"moms")]
)  # fmt: skip
def test_damaged_forms(data: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(data)


# --- Globalstar -------------------------------------------------------------------------------


def test_globalstar_is_not_read_by_a_layout_that_nobody_named() -> None:
    message = only(XML)
    assert (message.device_id, message.payload.hex()) == ("0-1247106", "0014266c1c21af0a50")
    assert message.time == datetime(2014, 6, 11, 15, 59, 11, tzinfo=UTC)
    assert message.protocol == "globalstar-simplex"
    assert message.carrier is not None
    assert message.carrier.latitude_deg is None
    assert message.carrier.details["length"] == "9"
    (packet,) = decode(message.payload, protocol="globalstar-smartone")
    assert packet.latitude_deg == pytest.approx(14.168029, abs=1e-6)


LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><stuMessages><esn>&b;</esn></stuMessages>'
)
FOREIGN = b'<?xml version="1.0" encoding="cp037"?><stuMessages/>' + "<!DOCTYPE a>".encode("cp037")


@pytest.mark.parametrize(
    "data",
    [LAUGHS, FOREIGN, XML[:-3], XML.replace(b"<gps>", b"<!-- x --><gps>"),
     XML.replace(b"0x", b"zz"), XML.replace(b"<gps>", b"\xff<gps>"),
     b"<stuMessages>" + b"<a>" * 200_000,
     XML + b" " * (1 << 20), b"<stuMessages><stuMessage/></stuMessages>",
     XML.replace(b"N</gps>", b"&xxe;</gps>")],
    ids=range(10),
)  # fmt: skip
def test_xml_of_a_stranger_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(data)


# --- Argos ------------------------------------------------------------------------------------


def test_argos_email_in_decimals() -> None:
    first, second, third = parse(EMAIL)
    assert first.payload == bytes([19, 81, 202, 218, 163, 64])
    assert (first.device_id, first.protocol) == ("77267", "argos")
    assert first.time == datetime(2008, 9, 30, 18, 40, 1, tzinfo=UTC)
    assert first.details == {"programme": "03559", "count": 2}
    assert second.payload == bytes([20, 0])  # nothing tells it, but the rest of the file does
    assert (third.device_id, third.payload) == ("087745", bytes([0, 12]))


def test_argos_email_in_hexadecimal() -> None:
    lotek = b"02700 12345   8 31 L\r\n      2009-12-17 04:56:29  1  10  92  AF  E4\r\n   D0 A8\r\n"
    assert only(lotek).payload == bytes.fromhex("1092afe4d0a8")


def test_a_damaged_message_of_an_email_leaves_the_others() -> None:
    first, second, _ = parse(EMAIL.replace(b"202", b"302"))
    assert (first.payload, "77267, 2008-09-30 18:40:01" in first.details["fault"]) == (b"", True)
    assert second.payload == bytes([20, 0])
    (unknown,) = parse(b"03559 77267   8 27 L\n      2008-09-30 18:40:01  2   19   81\n")
    assert "decimal or hexadecimal" in unknown.details["fault"]


CSV = (
    b'"platformId";"platformHexId";"satellite";"date";"level";"rawData"\r\n'
    b'"37780";"120D84C";"NP";"2012-12-10T19:40:40.000Z";"-137.0";"0C1F32C04C"\r\n'
    b'"37780";"120D84C";"NP";"2012-12-10T19:43:23.000Z";"-138.0";"zz"\r\n'
    b'"37780";"120D84C";"NP";"";"";""\r\n'
)


def test_argos_csv_has_a_row_for_each_message() -> None:
    heard, damaged = parse(CSV)
    assert (heard.device_id, heard.payload.hex()) == ("37780", "0c1f32c04c")
    assert heard.time == datetime(2012, 12, 10, 19, 40, 40, tzinfo=UTC)
    assert (heard.rssi_dbm, heard.protocol) == (None, "argos")  # a satellite's level, not ours
    assert damaged.payload == b""
    assert "not hexadecimal" in damaged.details["fault"]


def test_argos_csv_of_a_real_collar(shared: Path) -> None:
    content = (shared / "data/telonics/telonics_gen4_37780.aws").read_bytes()
    messages = parse(content)
    assert len(messages) == len(content.splitlines()) - 1
    assert {len(message.payload) for message in messages} == {31}
    assert {message.device_id for message in messages} == {"37780"}
    for message in messages:  # Gen4, whose layout is the maker's own
        with pytest.raises(DecodeError):
            decode(message.payload, protocol="argos")


# --- damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sample", [MO, FORM, XML, EMAIL, CSV], ids=["directip", "form", "xml", "email", "csv"]
)
def test_every_cut_and_flipped_bit(sample: bytes) -> None:
    assert fits(sample)
    for size in range(len(sample)):
        with contextlib.suppress(DecodeError):
            parse(sample[:size])
    for bit in range(8 * len(sample)):
        spoilt = bytearray(sample)
        spoilt[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(DecodeError):
            parse(bytes(spoilt))


@given(st.binary(max_size=200), st.sampled_from([MO, FORM, XML, EMAIL, CSV]), st.integers(0, 300))
def test_junk_behind_any_beginning(junk: bytes, sample: bytes, size: int) -> None:
    with contextlib.suppress(DecodeError):
        parse(sample[:size] + junk)


def test_argos_prv_of_a_goniometer(shared: Path) -> None:
    """With the place of the pass in its first line, and tabs between the bytes."""
    messages = parse((shared / "data/argos/gonio_output.prv").read_bytes())
    assert len(messages) == 6
    assert {message.details["programme"] for message in messages} == {"03126"}
    assert all(message.payload for message in messages)
