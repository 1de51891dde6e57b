"""Files, programs and fixed values as sources."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.errors import SourceError
from receiver.links import EndOfInput, Link, open_link


def everything(link: Link) -> bytes:
    data = b""
    try:
        while True:
            data += link.read(1.0)
    except EndOfInput:
        return data


def test_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log.nmea"
    path.write_bytes(b"y" * 200_000)
    link = open_link(parse_address(f"nmea:file:{path}"))
    assert everything(link) == b"y" * 200_000
    with pytest.raises(SourceError, match="cannot be asked"):
        link.write(b"x")
    link.close()


@pytest.mark.parametrize("name", ["nosuch", "."])
def test_what_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_link(parse_address(f"nmea:file:{tmp_path / name}")).read(0.1)
    assert str(tmp_path) in str(caught.value)


def test_program_is_read_and_written() -> None:
    code = "import sys; print(sys.stdin.readline().upper(), end='', flush=True)"
    link = open_link(parse_address(f'nmea:pipe:{sys.executable} -c "{code}"'))
    assert link.read(0.01) == b""
    link.write(b"hello\n")
    assert everything(link) == b"HELLO\n"
    link.close()
    link.close()


def test_program_that_does_not_end_is_ended() -> None:
    link = open_link(parse_address("nmea:pipe:sleep 100"))
    begin = time.monotonic()
    link.close()
    assert time.monotonic() - begin < 3.0
    with pytest.raises(SourceError):
        link.write(b"x")


@pytest.mark.parametrize("command", ["/no/such/program", "", "'unclosed", "/tmp"])
def test_program_that_cannot_be_started(command: str) -> None:
    with pytest.raises(SourceError, match="cannot be started"):
        open_link(parse_address(f"nmea:pipe:{command}"))


def test_fixed_value_comes_once() -> None:
    link = open_link(parse_address("fixed:43.35,42.44"))
    assert link.read(0.1) == b"43.35,42.44"
    assert link.read(0.01) == b""
    link.write(b"ignored")
    link.close()
