"""Bursts of Argos and CTT in live samples: into the journal, and out of it again the same."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocols import argos
from receiver import platforms
from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Collar, Configuration
from receiver.detecting import bursts_of
from receiver.errors import ConfigError
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.live import Follower, event_line
from receiver.records import Detection, Heard
from receiver.samples import build
from receiver.simulator import argos as argos_bursts
from receiver.simulator import ctt as ctt_bursts

RATE_HZ = 250_000.0
LONG_ID, SHORT_ID = 0x0A1FBD4, 0x01D8155


def argos_file(path: Path) -> Path:
    frames = [argos.frame(LONG_ID, bytes.fromhex("012345")), argos.frame(SHORT_ID, b"\xaa\xff\x01")]
    sent = [
        argos_bursts.Transmission(
            bits="".join(f"{byte:08b}" for byte in frame), cn0_dbhz=50.0, start_s=0.4 + number,
            frequency_hz=20_000.0 - 30_000.0 * number,
        )
        for number, frame in enumerate(frames)
    ]  # fmt: skip
    noise = np.float32(10.0 / np.sqrt(RATE_HZ / 2.0))
    path.write_bytes(ctt_bursts.cu8(argos_bursts.samples(sent, RATE_HZ, 2.4, seed=1) * noise))
    return path


def ctt_file(path: Path) -> Path:
    frame = ctt_bursts.frame(bytes.fromhex("78664C33"))
    bursts = [ctt_bursts.TagBurst(frame=frame, start_s=s, ebn0_db=18.0) for s in (0.3, 0.8)]
    path.write_bytes(ctt_bursts.cu8(ctt_bursts.samples(RATE_HZ, 1.2, bursts, seed=2)))
    return path


def listened(folder: Path, address: str, *collars: Collar) -> tuple[list[str], list[bytes]]:
    """Return the lines of a live run and the bytes in its journal; a replay must say the same."""
    configuration = Configuration(collars=collars)
    path = folder / "s.journal"
    with Journal.create(path, configuration) as journal:
        writer, follower = Writer(journal, pytest.fail), Follower(journal)
        listening = Listening([parse_address(address)], "A", writer, SystemClock(), None, collars)
        deadline = time.monotonic() + 60
        while not listening.ended:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        listening.close()
        writer.close()
        live = [event_line(event) for event in follower.news()]
        raw = [row.raw for row in journal.rows() if isinstance(row, Heard)]
    with Journal.open(path, readonly=True) as journal:
        again = Follower(journal)
        assert [event_line(event) for row in journal.rows() for event in again.add(row)] == live
    return live, raw


def of(lines: list[str], name: str) -> list[dict[str, Any]]:
    return [json.loads(line)[name] for line in lines if line.startswith(f'{{"{name}"')]


def test_argos_bursts_are_packets_of_their_platforms(tmp_path: Path) -> None:
    leo, zar = Collar(name="leo", ids=("0A1FBD4",)), Collar(name="zar", ids=("01d81",))
    path = argos_file(tmp_path / "x.cu8")
    live, raw = listened(tmp_path, f"sdr=iq:file:{path}?rate=250k&frequency=401.63M", leo, zar)
    assert b'"kind": "burst"' in b"".join(raw)
    heard = of(live, "detection")
    assert [(d["kind"], d["collar"], d["device_id"]) for d in heard] == [
        ("packet", "leo", "0A1FBD4"), ("packet", "zar", "01D81"),
    ]  # fmt: skip
    assert [d["data"] for d in heard] == ["012345", "55aaff01"]
    assert heard[0]["frequency_hz"] == pytest.approx(401.65e6, abs=5.0)
    assert heard[0]["level_unit"] == "dBFS"
    assert heard[0]["level_db"] == pytest.approx(heard[0]["noise_db"] + 50.0, abs=0.5)


def test_what_a_platform_sends_is_read_by_its_sheet(tmp_path: Path) -> None:
    """56 bits of a format without a check: a place only where the sheet names it."""
    data = bytes.fromhex("3F5C0C34C30000")
    bits = "".join(f"{byte:08b}" for byte in argos.frame(LONG_ID, data))
    one = argos_bursts.Transmission(bits=bits, cn0_dbhz=50.0, start_s=0.4)
    noise = np.float32(10.0 / np.sqrt(RATE_HZ / 2.0))
    path = tmp_path / "x.cu8"
    path.write_bytes(ctt_bursts.cu8(argos_bursts.samples([one], RATE_HZ, 1.4, seed=1) * noise))
    address = f"iq:pipe:?rate=250k&frequency=401.65M {sys.executable} -c '{CAT}' {path}"
    sheet = Collar(name="leo", ids=("0A1FBD4",), protocol="sparkfun-argos")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    named, _ = listened(tmp_path / "a", address, sheet)
    (packet,) = (read["packet"] for read in of(named, "packet"))
    assert packet["protocol"] == "sparkfun-argos"
    unnamed, _ = listened(tmp_path / "b", address)
    assert of(unnamed, "detection")[0]["device_id"] == "0A1FBD4"
    assert all(r["packet"]["latitude_deg"] is None for r in of(unnamed, "packet"))


CAT = "import pathlib, sys; sys.stdout.buffer.write(pathlib.Path(sys.argv[1]).read_bytes())"


def test_ctt_tags_are_packets(tmp_path: Path) -> None:
    path, leo = ctt_file(tmp_path / "x.cu8"), Collar(name="leo", ids=("78664C33",))
    live, _ = listened(tmp_path, f"sdr=iq:file:{path}?rate=250k&frequency=434M", leo)
    heard = of(live, "detection")
    assert [(d["collar"], d["device_id"], d["protocol"]) for d in heard] == [
        ("leo", "78664C33", "ctt-tag434")
    ] * 2
    assert [read["packet"]["device_id"] for read in of(live, "packet")] == ["78664C33"] * 2


def test_bursts_that_may_be_wrong_are_levels_only() -> None:
    from receiver.instruments.heard_lines import make

    line = {
        "kind": "burst", "time": "2026-11-28T10:00:00.000Z", "signal": "ptt-a2", "hex": "fffe2f00",
        "level_db": -40.0, "packets": [{"device_id": "0A1FBD4"}], "expected_errors": 2.4,
    }  # fmt: skip
    noise = {**line, "signal": None, "hex": None, "packets": []}
    text = "".join(f"{json.dumps(one)}\n" for one in (line, noise)).encode()
    now = SystemClock().now()
    wrong, closed = make(parse_address("heard-lines:file:x")).receive(text, now.utc, 0)
    assert isinstance(wrong, Detection)
    assert isinstance(closed, Detection)
    assert (wrong.device_id, wrong.data, wrong.text) == ("0A1FBD4", None, "about 2 bits are wrong")
    assert (closed.device_id, closed.data) == (None, None)
    assert closed.text == "heard, not decodable: level only"
    assert (wrong.level_db, closed.level_db) == (-40.0, -40.0)


@pytest.mark.parametrize(
    ("address", "system"),
    [
        ("rtl-tcp:tcp://127.0.0.1:1234?frequency=401.63M", "argos"),
        ("rtl-tcp:tcp://127.0.0.1:1234?frequency=434M", "ctt"),
        ("rtl-tcp:tcp://127.0.0.1:1234?frequency=433.92M", "ctt"),
        ("rtl-tcp:tcp://127.0.0.1:1234?frequency=433.9M", None),  # half of a tag
        ("rtl-tcp:tcp://127.0.0.1:1234?frequency=434M&bursts=none", None),
        ("rtl-tcp:tcp://127.0.0.1:1234?frequency=150.1M", None),
        ("iq:pipe:?rate=250k&bursts=argos cat x", "argos"),
        ("iq:pipe:?rate=250k cat x", None),
        ("audio:pipe:cat x", None),
    ],
)
def test_the_address_or_the_band_says_what_is_listened_for(
    address: str, system: str | None
) -> None:
    parsed = parse_address(address)
    assert bursts_of(parsed, build(parsed)) == system


@pytest.mark.parametrize("address", ["iq:pipe:?bursts=vhf cat x", "audio:pipe:?bursts=ctt cat x"])
def test_what_cannot_be_heard_is_refused(address: str) -> None:
    parsed = parse_address(address)
    with pytest.raises(ConfigError, match="bursts="):
        bursts_of(parsed, build(parsed))


def test_a_doubtful_burst_has_the_name_of_its_sheet_and_no_data() -> None:
    heard = Detection(
        kind="packet", time=SystemClock().now().utc, monotonic_ns=0, protocol="argos-ptt-a2",
        device_id="01D8155",
    )  # fmt: skip
    sheets = (Collar(name="zar", ids=("01D81",)),)
    assert (platforms.named(heard, sheets).device_id, platforms.named(heard, sheets).data) == (
        "01D81", None,
    )  # fmt: skip
    spoilt = dataclasses.replace(heard, data=b"x")
    assert platforms.named(spoilt, sheets).data is None
