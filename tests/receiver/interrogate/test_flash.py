"""Downloads of a flash log that are lost, repeated, and overtaken by a collar that goes on."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.clock import SimulatedClock, Stamp
from receiver.errors import ConfigError, CorruptError, SourceError
from receiver.interrogate import flash, opencollar, sayings
from receiver.interrogate.flash import Left, Plan
from receiver.interrogate.masking import masked
from receiver.interrogate.session import Session, Transcript
from receiver.simulator.asked import OpenCollarDevice, stored

BEGIN = datetime(2026, 9, 16, tzinfo=UTC)


class SilenceClock(SimulatedClock):
    """A clock by which time passes only while a collar says nothing, however slow the computer."""

    silent_s = 0.0

    def now(self) -> Stamp:
        passed = timedelta(seconds=self.silent_s)
        return Stamp(utc=BEGIN + passed, monotonic_ns=round(self.silent_s * 1e9))


class Air:
    """A link to an emulated collar in memory; it is lost after some notifications."""

    datagrams = True

    def __init__(self, hear: Callable[[bytes], list[bytes]], lost_after: int = 10**9) -> None:
        self._hear, self._left = hear, lost_after
        self._pieces: list[bytes] = []
        self.clock = SilenceClock(BEGIN)

    def read(self, timeout_s: float) -> bytes:
        if not self._pieces:
            self.clock.silent_s += max(timeout_s, 0.01)
            return b""
        self._left -= 1
        if self._left < 0:
            raise SourceError("out of reach")
        return self._pieces.pop(0)

    def write(self, data: bytes) -> None:
        self._pieces += self._hear(data)

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many stretches of few records; no power is cut here, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(flash, "SHORTEST", 16)
    monkeypatch.setattr(flash, "LONGEST", 40)


def read(collar: OpenCollarDevice, folder: Path, link: Air, told: list[int] | None = None) -> int:
    """Download into `log.bin`; return how many records are new."""
    with closing(Transcript(folder / "asked.jsonl", masked)) as transcript:
        session = Session(link, link.clock, transcript, sayings.of_opencollar)
        asked = opencollar.OpenCollar(session)
        with closing(flash.Log(folder / "log.bin", collar.mac.hex(":").upper())) as log:
            got = flash.Downloaded()
            flash.download(
                asked, session, log, collar.firmware,
                lambda records, _: told.append(records) if told is not None else None, got,
            )  # fmt: skip
            assert got.whole
            return got.new


def kept(folder: Path) -> list[bytes]:
    records, rest = flash.records_of((folder / "log.bin").read_bytes())
    assert rest == b""
    assert len(set(records)) == len(records)
    return records


def numbered(collar: OpenCollarDevice) -> Iterator[int]:
    """Yield numbers, and store a record of each."""
    number = 0
    while True:
        collar.flash.append(stored(BEGIN, number))
        yield number
        number += 1


@pytest.mark.parametrize("firmware", [(7, 3), (7, 1), (6, 0), (6, 15), (4, 4)])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_nothing_is_missing_at_the_end(
    tmp_path: Path, seed: int, firmware: tuple[int, int]
) -> None:
    """Lost after any notification, recording meanwhile, now and then cleared: never a gap."""
    dice, collar = random.Random(seed), OpenCollarDevice(firmware=firmware)
    records = numbered(collar)

    def hear(data: bytes) -> list[bytes]:
        if dice.random() < 0.3:
            next(records)
        return collar.hear(data)

    for _ in range(8):
        for _ in range(dice.choice([0, 3, 60, 150])):
            next(records)
        if dice.random() < 0.15:
            collar.flash.clear()
        before = list(collar.flash)
        link = Air(hear, dice.choice([5, 20, 40, 10**9]))
        try:
            read(collar, tmp_path, link)
        except SourceError:
            continue
        assert set(before) <= set(kept(tmp_path))
    before = list(collar.flash)
    read(collar, tmp_path, Air(collar.hear))
    assert set(before) <= set(kept(tmp_path))


def test_what_a_lost_download_got_is_not_read_again(tmp_path: Path) -> None:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(1000)])
    with pytest.raises(SourceError):
        read(collar, tmp_path, Air(collar.hear, 160))
    had = len(kept(tmp_path))
    assert had > 500
    seen: list[int] = []
    assert read(collar, tmp_path, Air(collar.hear), seen) == 1000 - had
    assert len(seen) <= 1000 - had + 16 + 40 + flash.AGAIN + 10


def test_new_records_cost_one_short_question(tmp_path: Path) -> None:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(1000)])
    assert read(collar, tmp_path, Air(collar.hear)) == 1000
    collar.flash += [stored(BEGIN, n) for n in range(1000, 1007)]
    collar.said.clear()
    assert read(collar, tmp_path, Air(collar.hear)) == 7
    assert [said.hex() for said in collar.said] == ["20b300", "20bc0c000000000000000010000000"]


@pytest.mark.parametrize("firmware", [(6, 0), (6, 15), (4, 3)])
def test_firmware_before_7_1_is_asked_from_the_newest_on_only(
    tmp_path: Path, firmware: tuple[int, int]
) -> None:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(300)], firmware=firmware)
    assert read(collar, tmp_path, Air(collar.hear)) == 300
    asked = [said for said in collar.said if said[1] == 0xBC]
    assert {said[7:11] for said in asked} == {bytes(4)}
    assert len(asked) <= 6


def test_state_that_is_lost_or_spoilt_only_costs_time(tmp_path: Path) -> None:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(100)])
    read(collar, tmp_path, Air(collar.hear))
    state, whole = tmp_path / "log.bin.state.json", kept(tmp_path)
    for text in ("", "[]", "{", '{"mac": 1, "whole": 9999, "left": 3}', '{"whole": -1}'):
        state.write_text(text)
        assert read(collar, tmp_path, Air(collar.hear)) == 0
        assert kept(tmp_path) == whole
    state.unlink()
    assert read(collar, tmp_path, Air(collar.hear)) == 0


def test_record_cut_by_a_crash_is_read_again(tmp_path: Path) -> None:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(50)])
    read(collar, tmp_path, Air(collar.hear))
    log = tmp_path / "log.bin"
    log.write_bytes(log.read_bytes()[:-4])
    assert read(collar, tmp_path, Air(collar.hear)) == 1
    assert set(kept(tmp_path)) == set(collar.flash)


@pytest.mark.parametrize("content", [b"my notes", b"\x12\x97", bytes(30), stored(BEGIN, 1) + b"\0"])
def test_file_that_is_no_log_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.bin").write_bytes(content)
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(5)])
    with pytest.raises(CorruptError, match="no flash log"):
        read(collar, tmp_path, Air(collar.hear))
    assert (tmp_path / "log.bin").read_bytes() == content


def test_log_of_another_collar_is_refused(tmp_path: Path) -> None:
    collar = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(5)])
    read(collar, tmp_path, Air(collar.hear))
    other = OpenCollarDevice(mac=bytes(6), flash=[stored(BEGIN, n) for n in range(6, 9)])
    with pytest.raises(ConfigError, match="collar C4:A1:B2:05:13:07"):
        read(other, tmp_path, Air(other.hear))


def test_empty_log(tmp_path: Path) -> None:
    collar = OpenCollarDevice()
    assert read(collar, tmp_path, Air(collar.hear)) == 0
    assert kept(tmp_path) == []


def test_jump_over_what_is_there_is_taken_back_where_the_log_has_changed() -> None:
    part = {stored(BEGIN, n) for n in range(100)}
    some, none = set(list(part)[:16]), {stored(BEGIN, n) for n in range(200, 216)}
    plan = Plan(part, Left(read=100, total=500, known=100))
    plan.go_on(some, 16, 530)
    assert (plan.read, plan.is_sure) == (100 + 30 - flash.AGAIN, False)
    plan.go_on(none, 16, 530)
    assert (plan.read, plan.is_sure) == (16, True)
    plan.go_on(some, 16, 530)
    assert plan.read == 32


def test_question_is_as_the_maker_writes_it() -> None:
    """`settings/README.md` at 73fa4de: 10 messages from the 50th on; here of all ports."""
    assert flash.request(50, 10, (7, 3))[0].hex() == "20bc0c" + "00000000" + "32000000" + "0a000000"
    assert flash.request(50, 10, (6, 9)) == (bytes.fromhex("20bc0c00000000000000003c000000"), 60)
