"""`baksan decode`: one line out for each line in, files of every kind, and real collections."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.checksums import xor8_but_last_two
from receiver.cli import run
from receiver.decoding import answer, read_item

# A short fix of a real collar, from the maker's public samples (port 13).
FIX = "930ef9636865aba50d1f8e090e031500"
Decode = Callable[..., tuple[int, str, str]]


@pytest.fixture
def decode(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Decode:
    def go(*words: str, stdin: str | bytes = "") -> tuple[int, str, str]:
        path = tmp_path / "stdin"
        path.write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        with path.open() as stream:
            monkeypatch.setattr(sys, "stdin", stream)
            code = run(["decode", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return go


def test_packet_in_hex(decode: Decode) -> None:
    code, out, _ = decode(FIX, "--protocol", "opencollar-edge", "--port", "13")
    assert code == 0
    assert "52.098808, 5.142083" in out or "52.0988" in out
    assert "evidence" in out


@pytest.mark.parametrize(
    "text", [FIX.upper(), " ".join(FIX[i : i + 2] for i in range(0, 32, 2)), "0x" + FIX,
             ":".join(FIX[i : i + 2] for i in range(0, 32, 2))]
)  # fmt: skip
def test_hex_as_people_paste_it(decode: Decode, text: str) -> None:
    code, out, _ = decode(text, "--port", "13", "--protocol", "opencollar-edge", "--json")
    assert code == 0
    assert json.loads(out)["packets"][0]["accuracy_m"] == 21.0


@pytest.mark.parametrize(
    ("words", "code", "say"),
    [([], 2, "give the packet"), (["xyz"], 4, "neither hexadecimal nor base64"), ([FIX], 4, ""),
     ([FIX, "--protocol", "nosuch"], 4, "not supported yet"),
     ([FIX, "--protocol", "opencollar-edge"], 4, "needs the LoRaWAN port"),
     ([FIX[:-2], "--protocol", "opencollar-edge", "--port", "13"], 4, ""),
     ([FIX, "--port", "999"], 2, "999"), ([FIX, "--received", "noon"], 4, "not a time"),
     (["--file", "/nosuch"], 2, "No such file"), (["-"], 4, "empty")],
)  # fmt: skip
def test_what_cannot_be_decoded_is_one_line(
    decode: Decode, words: list[str], code: int, say: str
) -> None:
    found, out, error = decode(*words)
    assert (found, out) == (code, "")
    assert len(error.strip().splitlines()) == 1
    assert say in error


def test_file_of_hex_lines(decode: Decode, tmp_path: Path) -> None:
    path = tmp_path / "packets.hex"
    path.write_text(f"{FIX}\n\n{FIX}\n")
    code, out, _ = decode(str(path), "--protocol", "opencollar-edge", "--port", "13", "--json")
    assert (code, len(json.loads(out)["packets"])) == (0, 2)


# Of fixtures/packets: Telonics Gen3 with six fixes, two a day. F2 is the end of the platform's id.
GEN3 = "098cf94a699f198982f5ff00033fa01fb080000ffd00804153ffff08000000"
GONIO = (
    "$NPRF,9,26,11,2,12,0,0,0A1FBF2,401677557,7,261,201,-118,-118,-4538625,2153852,27,256,"
    f"F2{GEN3.upper()}*"
)
GONIO += f"{xor8_but_last_two(GONIO[1:-1].encode()):02X}"
ROCKBLOCK = {"imei": "300234068036650", "momsn": 1, "transmit_time": "26-11-01 22:25:31",
             "iridium_latitude": 37.66, "iridium_longitude": 171.4, "iridium_cep": 101.0,
             "data": FIX}  # fmt: skip
HEADER = "01001c00000007" + b"300234068036650".hex() + "0003a4000061f9b35b"
SMARTONE = (
    "<stuMessages><stuMessage><esn>0-1</esn><unixTime>1793570731</unixTime>"
    '<payload encoding="hex">0x00C583EACD37210A00</payload></stuMessage></stuMessages>'
)
AROUND = {
    "rockblock.json": json.dumps(ROCKBLOCK).encode(),
    "rockblock.form": urlencode(ROCKBLOCK).encode(),
    "directip.sbd": bytes.fromhex(f"010032{HEADER}020010{FIX}"),
    "smartone.xml": SMARTONE.encode(),
}
EDGE = ["opencollar-edge", "--port", "13"]


@pytest.mark.parametrize("name", AROUND)
def test_what_satellites_bring_is_known_by_its_content(
    decode: Decode, tmp_path: Path, name: str
) -> None:
    """Without a name for what is inside there is no place, but the message is told."""
    path = tmp_path / name
    path.write_bytes(AROUND[name])
    code, out, _ = decode(str(path), "--json")
    (packet,) = json.loads(out)["packets"]
    assert code == 0
    assert (packet["latitude_deg"], packet["position_status"]) == (None, "unavailable")


@pytest.mark.parametrize(
    ("name", "words", "latitude"),
    [("rockblock.json", EDGE, 52.0988075), ("rockblock.form", EDGE, 52.0988075),
     ("directip.sbd", EDGE, 52.0988075), ("smartone.xml", ["globalstar-smartone"], -41.1220622)],
)  # fmt: skip
def test_the_user_names_what_is_inside(
    decode: Decode, tmp_path: Path, name: str, words: list[str], latitude: float
) -> None:
    path = tmp_path / name
    path.write_bytes(AROUND[name])
    code, out, error = decode(str(path), "--json", "--protocol", *words)
    assert code == 0, error
    found = json.loads(out)
    carrier, inside = found["packets"]
    assert carrier["latitude_deg"] is None
    assert inside["latitude_deg"] == pytest.approx(latitude)
    assert inside["device_id"] == carrier["device_id"]
    assert found["unread"] == []


def test_a_goniometer_s_line_with_the_format_and_the_period(decode: Decode) -> None:
    item = {"text": GONIO, "protocol": "telonics-gen3-argos", "context": {"period_minutes": 720}}
    unnamed = {"text": GONIO, "protocol": "cls.rxg134.nprf"}
    acknowledged = {"text": "$ACK,*2A,0*0A", "protocol": "cls.rxg134.ack"}
    spoilt = {"text": GONIO.replace("401677557", "401677558")}
    lines = "\n".join(map(json.dumps, (item, unnamed, acknowledged, spoilt)))
    _, out, _ = decode("--jsonl", "-", stdin=lines + "\n")
    named, closed, empty, error = map(json.loads, out.splitlines())
    assert [p["position_status"] for p in named["packets"]].count("ok") == 5
    assert named["packets"][1]["time"] == "2026-10-31T18:00:00.000Z"
    assert {p["device_id"] for p in named["packets"]} == {"0A1FBF2"}
    (heard,) = closed["detections"]
    assert (heard["data"], heard["level_db"]) == (GEN3, -118.0)
    assert empty == {"detections": []}
    assert "not whole" in error["error"]


def test_files_of_a_goniometer_and_of_an_email(decode: Decode, shared: Path) -> None:
    _, out, _ = decode(str(shared / "data/argos/gonio_ex_log.txt"), "--json")
    found = json.loads(out)
    assert (len(found["detections"]), len(found["unread"]), found["packets"]) == (6, 6, [])
    email = str(shared / "data/telonics/Gen34moose08-09-2-12.TXT")
    _, out, _ = decode(email, "--protocol", "telonics-gen3-argos", "--json")
    packets = json.loads(out)["packets"]
    assert {p["position_status"] for p in packets} == {"ok", "stale", "bad", "unavailable"}


def test_sheets_name_the_format_and_the_period(
    decode: Decode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("baksan.toml").write_text(
        '[collars.A]\nids = ["0A1FBF2"]\nprotocol = "telonics-gen3-argos"\nperiod_minutes = 720\n'
        '[collars.B]\nids = ["300234068036650"]\nprotocol = "lotek-gps8000-argos"\n'
    )
    Path("log.txt").write_text(GONIO + "\n")
    _, out, _ = decode("log.txt", "--json")
    packets = json.loads(out)["packets"]
    assert [p["position_status"] for p in packets].count("ok") == 5
    assert packets[1]["time"] == "2026-10-31T18:00:00.000Z"
    _, out, _ = decode("--jsonl", "-", stdin=json.dumps({"text": GONIO}) + "\n")
    assert json.loads(out)["packets"] == packets
    Path("post.json").write_bytes(AROUND["rockblock.json"])
    _, out, _ = decode("post.json", "--json")
    assert "a message has 31 bytes" in json.loads(out)["unread"][0]


@pytest.mark.parametrize("collars", [5, [], {"0a1fbf2": 5}, {"0a1fbf2": {"protocol": [7]}}])
def test_sheets_that_are_none(collars: object) -> None:
    found = answer(json.dumps({"text": GONIO, "context": {"collars": collars}}))
    assert len(found["detections"]) == 1


def test_the_name_of_the_message_itself_names_nothing_inside(
    decode: Decode, tmp_path: Path
) -> None:
    path = tmp_path / "mo.sbd"
    path.write_bytes(AROUND["directip.sbd"])
    for name in ("iridium-sbd", "iridium.directip.mo"):
        _, out, _ = decode(str(path), "--json", "--protocol", name)
        assert (len(json.loads(out)["packets"]), json.loads(out)["unread"]) == (1, [])
    _, out, _ = decode(str(path), "--json", "--protocol", "iridion")
    assert "iridion is not supported" in json.loads(out)["unread"][0]


def test_a_goniometer_without_any_clock_gives_no_year() -> None:
    body = GONIO[1:-3].replace(",26,11,2,", ",26,13,2,")
    line = f"${body}*{xor8_but_last_two(body.encode()):02X}"
    item = {"text": line, "protocol": "telonics-gen3-argos"}
    packets = answer(json.dumps(item))["packets"]
    assert {p["time"] for p in packets} == {None}
    assert {p["position_status"] for p in packets} == {"stale", "unavailable"}


def test_mortality_is_shown(decode: Decode) -> None:
    still = "1692b01dd0a8541a4491030012b01be092b01ed0a8551a4490060000000016"
    _, out, _ = decode(still, "--received", "2009-12-18")
    assert out.count("mortality   ON: it had not moved for long") == 2


def test_argos_payload_by_hand(decode: Decode) -> None:
    words = (GEN3, "--protocol", "telonics-gen3-argos", "--received", "2026-11-02T00:00Z")
    code, out, _ = decode(*words)
    assert code == 0
    assert "43.262500, 42.512500" in out
    assert "2026-11-01 06:02:00 UTC" in out
    assert "say the period of its fixes (period_minutes)" in out


LINES = [
    json.dumps({"hex": FIX, "protocol": "opencollar-edge", "port": 13}),
    json.dumps({"hex": "zz", "protocol": "opencollar-edge", "port": 13}),
    "", "not json", "[]", "null", "5", '{"hex": 5}', '{"hex": ""}', "{}", '{"text": "x"}',
    json.dumps({"hex": FIX, "protocol": "opencollar-edge", "port": "13"}),
    json.dumps({"hex": FIX, "protocol": "opencollar-edge", "port": True}),
    json.dumps({"hex": FIX, "protocol": "opencollar-edge", "port": 13, "context": []}),
    json.dumps({"hex": FIX, "protocol": "opencollar-edge", "port": 13, "received": "never"}),
    "{" * 5000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
]  # fmt: skip


def test_one_line_out_for_each_line_in(decode: Decode) -> None:
    code, out, _ = decode("--jsonl", "-", stdin="\n".join(LINES) + "\n")
    results = [json.loads(line) for line in out.splitlines()]
    assert (code, len(results)) == (0, len(LINES))
    assert set(results[0]) == {"packets"}
    assert all(set(result) == {"error", "offset"} for result in results[1:])


def test_strict_leaves_with_one(decode: Decode) -> None:
    assert decode("--jsonl", "--strict", "-", stdin="oops\n")[0] == 1
    assert decode("--jsonl", "--strict", "-", stdin=LINES[0] + "\n")[0] == 0


def test_monster_line_is_one_error_and_the_next_is_read(decode: Decode) -> None:
    stdin = '{"hex": "' + "0" * 5_000_000 + '"}\n' + LINES[0] + "\n"
    _, out, _ = decode("--jsonl", "-", stdin=stdin)
    first, second = (json.loads(line) for line in out.splitlines())
    assert "longer than 1 MiB" in first["error"]
    assert "packets" in second


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
)
ITEM = st.dictionaries(
    st.sampled_from(["hex", "text", "protocol", "port", "received", "context"]),
    JSON | st.sampled_from([FIX, "opencollar-edge", 13, 29, 31]),
)


@given(ITEM)
def test_any_line_has_one_answer(item: dict[str, Any]) -> None:
    result = answer(json.dumps(item))
    assert len(result.keys() & {"packets", "detections", "error"}) == 1
    json.dumps(result, allow_nan=False)


@given(st.text(max_size=200))
def test_any_text_has_one_answer(text: str) -> None:
    json.dumps(answer(text), allow_nan=False)


def test_real_messages_of_gateways_and_servers(decode: Decode, shared: Path) -> None:
    files = sorted((shared / "data/collars/envelopes").glob("*.json"))
    assert len(files) >= 7
    for path in files:
        code, out, error = decode(str(path), "--json")
        assert code == 0, (path.name, error)
        found = json.loads(out)
        assert found["packets"] or found["detections"] or found["unread"], path.name


@pytest.mark.parametrize("name", ["open-collars", "commercial-collars", "open-collars-bad-input"])
def test_real_collections_give_one_answer_a_line(decode: Decode, shared: Path, name: str) -> None:
    content = (shared / f"vectors/{name}.jsonl").read_bytes()
    lines = content.decode().splitlines()
    code, out, _ = decode("--jsonl", "-", stdin=content)
    results = [json.loads(line) for line in out.splitlines()]
    assert (code, len(results)) == (0, len(lines))
    for line, result in zip(lines, results, strict=True):
        if json.loads(line).get("protocol") == "opencollar-edge" and name == "open-collars":
            assert "packets" in result, line
        elif "error" in result:
            assert result["error"]


def test_explained_beside_the_packet(decode: Decode) -> None:
    code, out, _ = decode(FIX, "--protocol", "opencollar-edge", "--port", "13", "--explain")
    assert code == 0
    assert "position    52.098807" in out
    assert "  6-9    aba50d1f  latitude       520988075   52.0988075 deg" in out
    _, out, _ = decode(FIX, "--protocol", "opencollar-edge", "--port", "13", "--explain", "--json")
    (layer,) = json.loads(out)["layers"]
    assert layer["fields"][3]["raw"] == 520988075


def test_base64_and_lines_of_receivers_and_tags(decode: Decode) -> None:
    code, out, _ = decode("BPQOBACgAJo8f39zGHJVAAA=")  # a line of a raw log
    assert code == 0
    assert "4.10 V" in out
    code, out, _ = decode("$O;PARMR#00B;WCT01=HELLO\\r")
    assert (code, "HELLO" in out) == (0, True)
    code, out, _ = decode("+EVT:RXP2P:-60:11:AABBCCDD")
    assert (code, "-60 dBm" in out) == (0, True)


def test_half_a_character_is_one_answer_and_the_next_line_is_read(decode: Decode) -> None:
    lines = ['{"hex": "00", "protocol": "\\ud800"}', '{"text": "\\udfff"}',
             json.dumps({"hex": FIX, "port": 13, "protocol": "opencollar-edge"})]  # fmt: skip
    code, out, _ = decode("--jsonl", "-", stdin="\n".join(lines))
    first, second, third = map(json.loads, out.splitlines())
    assert (code, "error" in first, "error" in second) == (0, True, True)
    assert third["packets"]


def test_names_in_a_message_cannot_write_lines_of_their_own(decode: Decode) -> None:
    message = {
        "fPort": 13, "data": base64.b64encode(bytes.fromhex(FIX)).decode(),
        "rxInfo": [{"rssi": -82, "gatewayId": "gw\x1b]0;mine\x07\x9b2J"}],
        "deviceInfo": {"devEui": "EVIL\n  position    1.0, 2.0"},
    }  # fmt: skip
    _, out, _ = decode("-", stdin=json.dumps(message))
    (place,) = (line for line in out.splitlines() if line.startswith("  position"))
    assert "52.0988" in place
    assert all(character.isprintable() for character in out.replace("\n", ""))


def test_lines_that_cannot_be_read_are_told_and_the_others_are_read(
    decode: Decode, tmp_path: Path
) -> None:
    file = tmp_path / "lines.txt"
    file.write_text(f"{FIX}\nzz not hex\n\n{'cf' * 16}\n{FIX}\n")
    code, out, _ = decode(str(file), "--port", "13", "--protocol", "opencollar-edge")
    assert code == 0
    assert out.count("position") == 2
    assert "line 2: neither" in out
    assert "line 4: " in out
    file.write_text("zz not hex\nnor this\n")
    code, _, err = decode(str(file))
    assert code == 4
    assert "line 1: neither" in err


def test_packets_and_lines_of_a_receiver_in_one_file(decode: Decode, tmp_path: Path) -> None:
    file = tmp_path / "both.txt"
    file.write_text(f"{FIX}\n+EVT:RXP2P:-60:11:AABBCC\n")
    code, out, _ = decode(str(file), "--port", "13", "--protocol", "opencollar-edge")
    assert code == 0
    assert "-60" in out
    assert out.count("position") == 1


def test_context_of_a_line_does_not_hide_the_keys() -> None:
    keys = {"26011bda": {"app_skey": "00" * 16}}
    frame = "40da1b0126000a000478af171ace7fa27d85388fef8f3c312e27f5d557"
    line = json.dumps({"hex": frame, "context": {"firmware": "7.3"}})
    alone = json.dumps({"hex": frame})
    assert answer(line, {"keys": keys}) == answer(alone, {"keys": keys}) != answer(alone)


def test_bits_as_text_where_a_format_is_sent_bit_by_bit(decode: Decode) -> None:
    # Demodulated from a recording by somebody else: github.com/nebarnix/Project-Desert-Tortoise
    bits = "11111111111111100010111100000000000111011000000100000000010101011010101011111111"
    item = {"text": bits, "protocol": "argos.ptt_a2.bits"}
    assert answer(json.dumps(item))["packets"][0]["device_id"] == "01D8100"
    code, out, _ = decode(bits, "--protocol", "argos-ptt-a2")
    assert code == 0
    assert "01D8100" in out


@pytest.mark.parametrize("tail", ["", ",0x10", "\r\n"])
def test_what_a_modem_is_told_to_send_is_read(tail: str) -> None:
    """Line kineis.at of the commercial collars; its bytes are those of the line kineis.stdv1."""
    sent = "BB7572A3C6D5D417D61E148D29C3110860B2C050E672A3C6D5D417D61E148D"
    (packet,) = read_item({"text": f"AT+TX={sent}{tail}"}).packets
    assert packet.protocol == "kineis-stdv1"
    assert packet.latitude_deg == pytest.approx(39.0535)
