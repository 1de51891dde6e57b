"""A LinkIt and a TickTag asked over a pseudo-terminal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.clock import SimulatedClock
from receiver.errors import ReceiverError, SourceError
from receiver.interrogate.asking import Answers, Wishes, interrogate
from receiver.simulator.asked import (
    PIECE_BYTES,
    linkit_device,
    ticktag_device,
)
from receiver.simulator.cable import Cable

BEGIN = datetime(2026, 9, 16, tzinfo=UTC)
ID = "SP051307"


def clock() -> SimulatedClock:
    """Return a clock by which nobody waits as long for emulated collars as for real ones."""
    return SimulatedClock(BEGIN, speed=4.0)


def never(effect: str, collar_id: str) -> str:
    raise AssertionError(f"nobody should be asked: {effect}")


def ask(cable: Cable, kind: str, wishes: Wishes, folder: Path) -> Answers:
    answers = Answers()
    address = parse_address(f"{kind}:serial:{cable.path}?baud=115200")
    interrogate(address, wishes, folder / "asked.jsonl", clock(), answers)
    return answers


@contextlib.contextmanager
def plugged(
    answer: Callable[[bytes], list[bytes]], dies_after: int | None = None
) -> Iterator[Cable]:
    with contextlib.closing(Cable(answer, PIECE_BYTES, dies_after)) as cable:
        yield cable


def test_linkit_log_with_a_piece_missing_is_not_taken_for_whole(tmp_path: Path) -> None:
    def answer(line: bytes) -> list[bytes]:
        first, _, third = linkit_device(line, {}, bytes(250))
        return [first, third]

    out = tmp_path / "log.bin"
    with plugged(answer) as cable, pytest.raises(SourceError, match="left out piece 1"):
        ask(cable, "linkit", Wishes(("log",), never, out=out), tmp_path)
    assert out.read_bytes() == bytes(96)


@pytest.mark.parametrize(
    "garbage", [b"\xff\x00 hello", b" \x10\x05hello", b"x" * 9000, b"$O;STATR#FFF;\r" * 3]
)
def test_linkit_that_sends_garbage_loses_none_of_it(tmp_path: Path, garbage: bytes) -> None:
    answers = Answers()
    with plugged(lambda line: [garbage]) as cable, pytest.raises(SourceError, match="not answer"):
        interrogate(parse_address(f"linkit:serial:{cable.path}"), Wishes((), never),
                    tmp_path / "asked.jsonl", clock(), answers)  # fmt: skip
    lines = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert b"".join(bytes.fromhex(line["hex"]) for line in lines[1:]) == garbage
    assert answers.unread


def test_linkit_status_and_log(tmp_path: Path) -> None:
    values, log = {"IDT06": "A1B2C3D", "POT06": "3.97"}, bytes(range(250))
    out = tmp_path / "log.bin"
    with plugged(lambda line: linkit_device(line, values, log)) as cable:
        answers = ask(cable, "linkit", Wishes(("status", "log"), never, out=out), tmp_path)
        assert (answers.packets[0].device_id, answers.packets[0].battery_v) == ("A1B2C3D", 3.97)
        assert out.read_bytes() == log


def test_linkit_settings_in_lines_that_bluetooth_takes(tmp_path: Path) -> None:
    values = {f"ARP{number:02d}": str(number) for number in range(40)}
    with plugged(lambda line: linkit_device(line, values, b"")) as cable:
        answers = ask(cable, "linkit", Wishes(("settings",), never), tmp_path)
    found = [packet.details["values"] for packet in answers.packets]
    assert {key: value for part in found for key, value in part.items()} == values


def test_linkit_that_refuses(tmp_path: Path) -> None:
    with (
        plugged(lambda line: [b"$N;PARML#001;1\r"]) as cable,
        pytest.raises(ReceiverError, match="refused PARML: 1"),
    ):
        ask(cable, "linkit", Wishes(("settings",), never), tmp_path)


def test_ticktag_memory_and_nothing_else(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer(data: bytes) -> list[bytes]:
        heard.append(data)
        return ticktag_device(data, ["1,1644387698,-24.53918,31.32248"])

    out = tmp_path / "tag.txt"
    with plugged(answer) as cable:
        answers = ask(cable, "ticktag", Wishes((), never, out=out), tmp_path)
        (packet,) = answers.packets
        assert packet.latitude_deg == -24.53918
        assert heard == [b"0\r"]
        with pytest.raises(ReceiverError, match="is there already"):
            ask(cable, "ticktag", Wishes((), never, out=out), tmp_path)
    assert b"END MEMORY" in out.read_bytes()


def test_ticktag_that_falls_silent_keeps_what_came(tmp_path: Path) -> None:
    out = tmp_path / "tag.txt"
    with (
        plugged(lambda data: [b"*START MEMORY*\n\r1,16443"]) as cable,
        pytest.raises(SourceError, match="fell silent before the end"),
    ):
        ask(cable, "ticktag", Wishes((), never, out=out), tmp_path)
    assert out.read_bytes() == b"*START MEMORY*\n\r1,16443"
