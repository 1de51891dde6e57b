"""The doctor: each check with the good and the bad case, and the command's code."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from receiver import doctor
from receiver.cli import run
from receiver.config import Configuration
from receiver.journal import Journal

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def states(checks: Iterable[doctor.Check]) -> list[str]:
    return [check.state for check in checks]


def test_old_python_would_stop_a_search() -> None:
    assert doctor.python_version((3, 10, 12)).state == "STOP"
    assert doctor.python_version((3, 11, 2)).state == "ok"


def test_missing_part_is_named_with_its_command() -> None:
    requirements = ["click>=8", "numpy>=1", 'matplotlib>=3; extra == "report"', 'x; extra == "dev"']
    found = list(doctor.parts(requirements, lambda name: name == "click"))
    assert states(found) == ["STOP", "look"]
    assert "numpy" in found[0].text
    assert found[1].advice == "pip install 'baksan[report]'"


def test_package_that_overwrote_ours_is_found(tmp_path: Path) -> None:
    ours: dict[str, Path | None] = {"receiver": tmp_path / "receiver",
                                    "protocols": tmp_path / "protocols"}  # fmt: skip
    assert (
        doctor.own_packages({"receiver": ["baksan"], "protocols": ["baksan"]}, ours).state == "ok"
    )
    taken = doctor.own_packages({"protocols": ["baksan", "stealer"]}, ours)
    assert (taken.state, "stealer" in taken.text) == ("STOP", True)
    apart = {**ours, "protocols": tmp_path / "elsewhere" / "protocols"}
    assert doctor.own_packages({}, apart).state == "STOP"


def test_ports_who_holds_them_and_who_may_not(tmp_path: Path) -> None:
    peer, own = pty.openpty()
    dev = tmp_path / "dev"
    dev.mkdir()
    (dev / "ttyUSB0").symlink_to(os.ttyname(own))
    code = f"import sys; f = open({os.ttyname(own)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:  # fmt: skip
        assert holder.stdout is not None
        holder.stdout.readline()
        (held,) = doctor.ports(dev)
        assert (held.state, str(holder.pid) in held.text) == ("look", True)
        assert holder.stdin is not None
        holder.stdin.close()
    (free,) = doctor.ports(dev)
    assert (free.state, free.text) == ("ok", "free")
    (closed,) = doctor.ports(dev, may_use=lambda path: False)
    assert (closed.state, "usermod" in closed.advice) == ("STOP", True)
    os.close(peer)
    os.close(own)
    assert states(doctor.ports(tmp_path)) == ["look"]


@pytest.mark.parametrize(
    ("year", "synchronised", "state"),
    [(1970, True, "STOP"), (2026, True, "ok"), (2026, False, "look"), (2026, None, "look"),
     (2099, True, "STOP")],
)  # fmt: skip
def test_clock(year: int, synchronised: bool | None, state: str) -> None:
    assert doctor.clock(NOW.replace(year=year), synchronised).state == state


def test_clock_chip(tmp_path: Path) -> None:
    assert doctor.clock_chip(NOW, tmp_path).state == "look"
    (tmp_path / "rtc0").mkdir()
    (tmp_path / "rtc0/since_epoch").write_text(str(int(NOW.timestamp())))
    assert doctor.clock_chip(NOW, tmp_path).state == "ok"
    (tmp_path / "rtc0/since_epoch").write_text("0")
    assert doctor.clock_chip(NOW, tmp_path).state == "look"


def test_time_zone() -> None:
    assert doctor.time_zone(ZoneInfo("Europe/Moscow"), NOW).text == "Europe/Moscow (UTC+03:00)"
    assert doctor.time_zone(ZoneInfo("UTC"), NOW).state == "look"


@pytest.mark.parametrize(("free", "state"), [(5e9, "ok"), (5e8, "look"), (5e7, "STOP")])
def test_disk(tmp_path: Path, free: float, state: str) -> None:
    assert doctor.disk(tmp_path, free_bytes=lambda path: int(free)).state == state


def test_disk_that_is_not_there_or_not_ours(tmp_path: Path) -> None:
    assert doctor.disk(tmp_path / "nosuch").state == "STOP"
    assert doctor.disk(tmp_path, writable=lambda path: False).state == "STOP"


@pytest.mark.parametrize(
    ("percent", "status", "state"),
    [("80", "Discharging", "ok"), ("20", "Discharging", "look"), ("3", "Discharging", "STOP"),
     ("3", "Charging", "ok")],
)  # fmt: skip
def test_battery(tmp_path: Path, percent: str, status: str, state: str) -> None:
    mouse = tmp_path / "hidpp"
    mouse.mkdir()
    (mouse / "type").write_text("Battery")
    (mouse / "scope").write_text("Device")
    (mouse / "capacity").write_text("1")
    assert doctor.battery(tmp_path).state == "ok"
    main = tmp_path / "BAT0"
    main.mkdir()
    for name, value in (("type", "Battery"), ("capacity", percent), ("status", status)):
        (main / name).write_text(value + "\n")
    assert doctor.battery(tmp_path).state == state


@pytest.mark.parametrize(
    ("greeting", "state", "words"),
    [(b'{"class":"VERSION","release":"3.22"}\r\n', "ok", "answers"),
     (b"SSH-2.0\r\n", "look", "else"),
     (b"", "look", "else")],
)  # fmt: skip
def test_gpsd(greeting: bytes, state: str, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            client.sendall(greeting)
            client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        check = doctor.gpsd(server.getsockname())
        thread.join()
        address = server.getsockname()
    assert (check.state, words in check.text) == (state, True)
    assert doctor.gpsd(address).state == "look"


def test_settings_with_an_unknown_key_are_refused_here(tmp_path: Path) -> None:
    path = tmp_path / "baksan.toml"
    path.write_text("[collars.B]\nfrequncy_hz = 150340000\n")
    (check,) = doctor.configuration(path)
    assert (check.state, "line 2" in check.text) == ("STOP", True)
    assert states(doctor.configuration(None)) == ["look"]
    path.write_text("[collars.B]\n")
    assert states(doctor.configuration(path)) == ["ok"]


def test_keys_open_to_others_and_spoilt_journal(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("[keys]\n")
    path.chmod(0o644)
    assert doctor.keys_file(path).state == "STOP"
    journal = tmp_path / "a.journal"
    Journal.create(journal, Configuration()).close()
    assert states(doctor.journal(journal)) == ["ok"]
    journal.write_bytes(journal.read_bytes()[:5000])
    assert "STOP" in states(doctor.journal(journal))


def test_command_leaves_with_one_when_something_would_stop_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["doctor"]) == 0
    told = capsys.readouterr()
    assert "ready" in told.err
    (tmp_path / "baksan.toml").write_text("oops\n")
    assert run(["doctor", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["ready"] is False
    assert {"name", "state", "text", "advice"} <= document["checks"][0].keys()
