"""The command `ask`, as it is typed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from receiver.cli import run
from receiver.links import ble
from receiver.links.ble import Advertised
from receiver.simulator.asked import PIECE_BYTES, OpenCollarDevice, stored
from receiver.simulator.cable import Cable


@pytest.fixture
def collar() -> OpenCollarDevice:
    return OpenCollarDevice(settings={0x21: b"SP051307", 0x61: b"\0"})


@pytest.fixture
def port(collar: OpenCollarDevice) -> Iterator[str]:
    with closing(Cable(lambda data: collar.hear(data), PIECE_BYTES, None)) as cable:
        yield cable.path


def test_asked_in_plain_words_and_as_json(
    port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["ask", f"opencollar:serial:{port}", "position"]) == 0
    out, error = capsys.readouterr()
    assert "position    -24.532300, 31.348000" in out
    assert "all that was said is in asked-" in error
    assert run(["ask", f"opencollar:serial:{port}", "status", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["packets"][0]["battery_v"] == 3.61


def test_a_change_needs_a_terminal(
    port: str,
    collar: OpenCollarDevice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    code = run(["ask", f"opencollar:serial:{port}", "beacon-on", "--frequency", "150.1M"])
    error = capsys.readouterr().err
    assert (code, collar.settings[0x61]) == (2, b"\0")
    assert "switches its VHF beacon ON" in error
    assert "type the collar's id" in error
    sys.stdin.close()


def test_beacon_at_a_terminal(
    port: str,
    collar: OpenCollarDevice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: "SP051307")
    words = ["beacon-on", "--frequency", "150.1M", "--hours", "4-17"]
    assert run(["ask", f"opencollar:serial:{port}", *words]) == 0
    out, error = capsys.readouterr()
    assert "vhf_tx_frequency_khz 150100" in out
    for line in (
        "On SP051307 this",
        "  - puts its VHF beacon on 150.100 MHz",
        "  - switches its VHF beacon ON, which costs battery",
        "  - it transmits 0.9 % of the time, from 04:00 to 17:00 UTC by its own clock"
        " (which says 2026-09-16 10:00 now), until beacon-off or an empty battery",
        "done on SP051307",
    ):
        assert line in error
    assert collar.settings[0x61] == b"\1"


def test_lost_download_says_what_is_saved(
    port: str,
    collar: OpenCollarDevice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    hear = collar.hear
    collar.flash = [stored(datetime(2026, 9, 16, tzinfo=UTC), number) for number in range(12)]
    lost = [b"\x1d" + b"".join(collar.flash[6:]), b"\x1f\xf3\x02\xbc\x00"]
    monkeypatch.setattr(
        OpenCollarDevice, "hear", lambda self, data: lost if data[1] == 0xBC else hear(data)
    )
    assert run(["ask", f"opencollar:serial:{port}", "flash", "--out", "log.bin"]) == 3
    assert "saved: 6 new records, of 12 in the collar; not all" in capsys.readouterr().err
    monkeypatch.setattr(OpenCollarDevice, "hear", lambda self, data: hear(data))
    assert run(["ask", f"opencollar:serial:{port}", "flash", "--out", "log.bin"]) == 0
    assert "saved: 6 new records, of 12 in the collar\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "say"),
    [
        (["beacon-on"], "beacon-on needs --frequency"),
        (["beacon-on", "--frequency", "100M"], "this collar takes 150000 to 300000"),
        (["beacon-on", "--frequency", "150.1M", "--hours", "dawn"], "from and to, UTC"),
        (["beacon-on", "--frequency", "150.1M", "--hours", "5-24"], "takes 0 to 23"),
        (["send"], "send needs --bytes"),
        (["send", "--bytes", "xy"], "not hexadecimal"),
        (["flash"], "--out FILE"),
        (["temper"], "ask for any of"),
        (["status", "--collar", "Leo"], "keys.toml has no pin=... of Leo"),
    ],
)
def test_what_is_missing_is_said(
    port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], words: list[str], say: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(["ask", f"opencollar:serial:{port}", *words]) == 2
    assert say in capsys.readouterr().err


class Client:
    """Stands for bleak's BleakClient, with an emulated collar in place of the radio."""

    collar = OpenCollarDevice()
    hangs_up_after = 10**9

    def __init__(self, address: str, disconnected_callback: Callable[[Any], None]) -> None:
        assert address == "C4:A1:B2:05:13:07"
        self._hung_up, self._left = disconnected_callback, self.hangs_up_after

    async def connect(self) -> None: ...

    async def start_notify(self, uuid: str, callback: Callable[[Any, bytearray], None]) -> None:
        self._notify = callback

    async def write_gatt_char(self, uuid: str, data: bytes, response: bool) -> None:
        for message in self.collar.hear(data):
            for begin in range(0, len(message), PIECE_BYTES):
                self._left -= 1
                if self._left == 0:
                    self._hung_up(self)
                if self._left > 0:
                    self._notify(None, bytearray(message[begin : begin + PIECE_BYTES]))
        if self.collar.hung_up:
            self._hung_up(self)

    async def disconnect(self) -> None: ...


@pytest.fixture
def bluetooth(
    collar: OpenCollarDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> type[Client]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Client, "collar", collar)
    monkeypatch.setitem(sys.modules, "bleak", SimpleNamespace(BleakClient=Client))
    return Client


BLE = "opencollar:ble:C4:A1:B2:05:13:07"


def test_everything_over_bluetooth_but_the_radio(
    bluetooth: type[Client], collar: OpenCollarDevice, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert run(["ask", BLE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["packets"][0]["battery_v"] == 3.61
    collar.flash = [stored(datetime(2026, 9, 16, tzinfo=UTC), number) for number in range(60)]
    monkeypatch.setattr(bluetooth, "hangs_up_after", 25)
    assert run(["ask", BLE, "flash", "--out", "log.bin"]) == 3
    assert "the collar hung up, or is out of reach" in capsys.readouterr().err
    monkeypatch.setattr(bluetooth, "hangs_up_after", 10**9)
    assert run(["ask", BLE, "flash", "--out", "log.bin"]) == 0
    data = Path("log.bin").read_bytes()
    assert {data[n : n + 11] for n in range(0, len(data), 11)} == set(collar.flash)


def test_pin_over_bluetooth_from_the_file_of_keys(
    bluetooth: type[Client], collar: OpenCollarDevice, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, collar.pin = Path("keys.toml"), bytes.fromhex("12345678")
    keys.write_text('[keys]\n"Leo" = "pin=12345678"\n"Ria" = "pin=87654321"\n')
    keys.chmod(0o600)
    assert run(["ask", BLE, "clock", "--collar", "Leo", "--transcript", "right.jsonl"]) == 0
    collar.unlocked = collar.hung_up = False
    assert run(["ask", BLE, "clock", "--collar", "Ria", "--transcript", "wrong.jsonl"]) == 3
    output = "".join(capsys.readouterr())
    assert "the collar hung up: the PIN is wrong" in output
    written = Path("right.jsonl").read_text() + Path("wrong.jsonl").read_text()
    assert not any(pin in output + written for pin in ("12345678", "87654321"))


def test_bluetooth_needs_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "bleak", None)
    assert run(["ask", "opencollar:ble:C4:A1:B2:05:13:07"]) == 2
    assert "pip install 'baksan[ble]'" in capsys.readouterr().err


def heard(name: str, data: str, level_dbm: int) -> Advertised:
    makers = {0x0A61: bytes.fromhex(data)} if data else {}
    return Advertised("C4:A1:B2:05:13:07", level_dbm, name, makers)


STATUS = "04006f008f71007f7f7318725500"


def test_collars_in_reach_are_listed_with_the_address_to_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    devices = [heard("SP051307", STATUS, -61), heard("", "", -70), heard("cut", "0400", -50)]
    monkeypatch.setattr(ble, "scan", lambda seconds: devices)
    assert run(["ask"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("opencollar:ble:C4:A1:B2:05:13:07  -61 dBm\n")
    assert "collar      SP051307" in out
    assert out.count("opencollar:ble:") == 1
    assert run(["ask", "--json"]) == 0
    (collar,) = json.loads(capsys.readouterr().out)["collars"]
    assert (collar["level_dbm"], collar["packet"]["battery_v"]) == (-61, 3.61)


def test_name_with_control_characters_does_nothing_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ble, "scan", lambda seconds: [heard("\x1b[2J\r\n\x9b1A", STATUS, -61)])
    assert run(["ask"]) == 0
    out = capsys.readouterr().out
    assert "collar      \\x1b[2J\\r\\n\\x9b1A" in out
    assert all(line.isprintable() for line in out.split("\n"))


def test_no_collar_in_reach_is_a_negative_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ble, "scan", lambda seconds: [])
    assert run(["ask"]) == 1
    assert "no OpenCollar was heard by Bluetooth" in capsys.readouterr().err
