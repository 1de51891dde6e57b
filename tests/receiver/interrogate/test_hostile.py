"""Whatever a collar says, asking ends in answers or in one line, and a transcript holds it all."""

from __future__ import annotations

import contextlib
import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.address import Address, parse_address
from receiver.clock import SimulatedClock
from receiver.errors import ReceiverError
from receiver.interrogate import asking
from receiver.interrogate.asking import Answers, Wishes, interrogate
from receiver.interrogate.opencollar import QUESTIONS, Beacon
from receiver.simulator.asked import OpenCollarDevice, linkit_device, stored, ticktag_device

BEGIN = datetime(2026, 9, 16, tzinfo=UTC)
ROWS = ["1,1644387698,-24.53918,31.32248", "2,1644387998,-24.53920,31.32250"]
OTHER_WISHES = ["settings", "beacon-on", "fix-now"]


class Damaging:
    """A link to a collar whose answers are cut, changed, doubled, swapped or made up."""

    datagrams = False

    def __init__(self, hear: Callable[[bytes], list[bytes]], dice: random.Random) -> None:
        self._hear, self._dice = hear, dice
        self._pieces: list[bytes] = []
        self.gave = b""

    def read(self, timeout_s: float) -> bytes:
        piece = self._pieces.pop(0) if self._pieces else b""
        self.gave += piece
        return piece

    def write(self, data: bytes) -> None:
        for message in self._hear(data):
            self._pieces += self._damaged(message)

    def _damaged(self, message: bytes) -> list[bytes]:
        dice, kind = self._dice, self._dice.randrange(8)
        at = dice.randrange(len(message) + 1)
        if kind == 0:
            return [message[:at]]
        if kind == 1 and at < len(message):
            return [message[:at] + dice.randbytes(1) + message[at + 1 :]]
        if kind == 2:
            return [dice.randbytes(dice.randrange(60)), message]
        if kind == 3:
            return [message, message]
        if kind == 4:
            return [message[at:], message[:at]]
        return [message]

    def close(self) -> None: ...


def devices() -> dict[str, Callable[[bytes], list[bytes]]]:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(60)])
    collar.settings = {0x10: b"\xab" * 16, 0x21: b"SP051307", 0x61: b"\0"}
    values = {f"ARP{number:02d}": str(number) for number in range(20)}
    return {
        "opencollar": collar.hear,
        "linkit": lambda line: linkit_device(line, values, bytes(range(200))),
        "ticktag": lambda choice: ticktag_device(choice, ROWS),
    }


def wishes_of(kind: str) -> list[str]:
    own = {"linkit": ["status", "settings", "log"], "ticktag": ["memory"]}
    return own.get(kind, [*QUESTIONS, *OTHER_WISHES])


CASES = [(kind, what) for kind in devices() for what in wishes_of(kind)]


@pytest.mark.parametrize(("kind", "what"), CASES)
def test_damaged_answers_end_in_answers_or_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, what: str
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no power is cut here
    for seed in range(20):
        link = Damaging(devices()[kind], random.Random(f"{kind} {what} {seed}"))
        monkeypatch.setattr(asking, "open_link", lambda _: link)  # noqa: B023 (called at once)
        folder = tmp_path / str(seed)
        folder.mkdir()
        asked(parse_address(f"{kind}:serial:/dev/null"), what, folder)
        lines = [json.loads(line) for line in (folder / "asked.jsonl").read_text().splitlines()]
        heard = b"".join(bytes.fromhex(one["hex"]) for one in lines if one["direction"] == "heard")
        assert len(heard) == len(link.gave)  # secrets are zeros in it, the rest is all there


def asked(address: Address, what: str, folder: Path) -> None:
    wishes = Wishes((what,), lambda _, collar_id: collar_id, out=folder / "out",
                    beacon=Beacon(150_100))  # fmt: skip
    answers = Answers()
    clock = SimulatedClock(BEGIN, speed=2000.0)
    with contextlib.suppress(ReceiverError):
        interrogate(address, wishes, folder / "asked.jsonl", clock, answers)
    assert "ab" * 5 not in repr(answers) + (folder / "asked.jsonl").read_text()


class Endless:
    """A link that talks without end, whatever it is told."""

    datagrams = False

    def __init__(self, noise: bytes) -> None:
        self._noise = noise

    def read(self, timeout_s: float) -> bytes:
        return self._noise

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


NOISES = {
    "zeros": b"\0", "settings": b"\x03\x61\x01\x01", "text": b"x",
    "records": b"\x1d\x12\x97\x04" + bytes(8), "ends": b"\x1f\xf3\x02\xbb\x01",
    "lines": b"$O;DUMPD#000;\r", "starts": b"*START MEMORY*\r\n",
}  # fmt: skip


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("kind", "what"), CASES)
def test_endless_talk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, what: str, noise: str
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(asking, "open_link", lambda _: Endless(NOISES[noise] * 1024))
    asked(parse_address(f"{kind}:serial:/dev/null"), what, tmp_path)
