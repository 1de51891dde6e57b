"""The command `ask`, as it is typed."""

from __future__ import annotations

import json
import os
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.simulator.asked import OpenCollarDevice


@pytest.fixture
def collar() -> OpenCollarDevice:
    return OpenCollarDevice(settings={0x21: b"SP051307", 0x61: b"\0"})


@pytest.fixture
def port(collar: OpenCollarDevice) -> Iterator[str]:
    master, slave = os.openpty()
    tty.setraw(slave)

    def answer() -> None:
        try:
            while heard := os.read(master, 4096):
                for message in collar.hear(heard):
                    os.write(master, message)
        except OSError:
            pass

    threading.Thread(target=answer, daemon=True).start()
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


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


@pytest.mark.parametrize(
    ("words", "say"),
    [
        (["beacon-on"], "beacon-on needs --frequency"),
        (["beacon-on", "--frequency", "100M"], "this collar takes 150000 to 300000"),
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


def test_bluetooth_needs_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "bleak", None)
    assert run(["ask", "opencollar:ble:C4:A1:B2:05:13:07"]) == 2
    assert "pip install 'baksan[ble]'" in capsys.readouterr().err
