"""`baksan ask` over a pseudo-terminal: emulated collars, and collars that misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from protocols import decode, explain
from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.errors import ConfigError, CorruptError, ReceiverError, SourceError, WriteError
from receiver.interrogate import flash, opencollar, ticktag
from receiver.interrogate.asking import Answers, Wishes, interrogate
from receiver.interrogate.opencollar import Beacon
from receiver.simulator.asked import (
    PIECE_BYTES,
    OpenCollarDevice,
    linkit_device,
    stored,
)

BEGIN = datetime(2026, 9, 16, tzinfo=UTC)
ID = "SP051307"


@dataclass
class Cable:
    """A pseudo-terminal with a collar at its far end, which may be unplugged after some bytes."""

    answer: Callable[[bytes], list[bytes]]
    dies_after: int | None = None
    sent: int = 0
    master: int = -1
    slave: int = -1
    thread: threading.Thread | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Cable:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._unplug()
        with contextlib.suppress(OSError):
            os.close(self.slave)

    def _unplug(self) -> None:
        master, self.master = self.master, -1
        if master >= 0:
            os.close(master)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while not self.stop.is_set():
                heard = os.read(self.master, 4096)
                for message in self.answer(heard):
                    for begin in range(0, len(message), PIECE_BYTES):
                        self._send(message[begin : begin + PIECE_BYTES])

    def _send(self, piece: bytes) -> None:
        if self.dies_after is not None and self.sent + len(piece) > self.dies_after:
            os.write(self.master, piece[: self.dies_after - self.sent])
            self.stop.wait(0.2)
            self._unplug()
            raise OSError
        self.sent += os.write(self.master, piece)

    @property
    def path(self) -> str:
        return os.ttyname(self.slave)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulated collars answer at once: nobody waits for them as long as for real ones."""
    for module, name, seconds in (
        (opencollar, "ANSWER_S", 1.5), (opencollar, "QUIET_S", 0.15), (opencollar, "PIECE_S", 0.02),
        (flash, "QUIET_S", 0.6),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, seconds)
    defaults = (0.15,)
    monkeypatch.setattr(opencollar.OpenCollar.messages, "__defaults__", defaults)
    monkeypatch.setattr(opencollar.OpenCollar.ask, "__defaults__", (None, 1.5))


def never(effect: str, collar_id: str) -> str:
    raise AssertionError(f"nobody should be asked: {effect}")


def device() -> OpenCollarDevice:
    found = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(37)])
    found.settings = {0x03: b"\x10\x0e\0\0", 0x10: b"\xab" * 16, 0x21: ID.encode(), 0x61: b"\0"}
    return found


def ask(cable: Cable, kind: str, wishes: Wishes, folder: Path) -> Answers:
    answers = Answers()
    address = parse_address(f"{kind}:serial:{cable.path}?baud=115200")
    interrogate(address, wishes, folder / "asked.jsonl", SystemClock(), answers)
    return answers


@contextlib.contextmanager
def plugged(collar: OpenCollarDevice, dies_after: int | None = None) -> Iterator[Cable]:
    with Cable(collar.hear, dies_after) as cable:
        yield cable


def test_how_it_stands_and_where(tmp_path: Path) -> None:
    collar = device()
    with plugged(collar) as cable:
        answers = ask(cable, "opencollar", Wishes((), never), tmp_path)
    status, position, clock = answers.packets
    assert status.battery_v == 3.61
    assert (position.latitude_deg, position.longitude_deg) == (-24.5323, 31.3480)
    assert clock.time == datetime(2026, 9, 16, 10, tzinfo=UTC)
    assert collar.said == [b"\x20\xa4\x00", b"\x20\xa5\x00", b"\x20\xce\x00"]
    lines = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert [line["direction"] for line in lines] == ["said", "heard"] * 3


def test_settings_values_and_mac_with_no_key_shown(tmp_path: Path) -> None:
    with plugged(device()) as cable:
        answers = ask(cable, "opencollar", Wishes(("settings", "values", "mac"), never), tmp_path)
    names = [item["name"] for item in answers.packets[0].details["settings"]]
    assert names == ["status_send_interval", "app_key", "device_name", "vhf_enabled"]
    assert answers.packets[1].battery_v == 3.61
    assert answers.packets[2].device_id == "C4:A1:B2:05:13:07"
    assert "abab" not in repr(answers)
    assert "abab" not in (tmp_path / "asked.jsonl").read_text()


def test_beacon_is_switched_on_when_the_id_is_typed(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def typed(effect: str, collar_id: str) -> str:
        asked.append((effect, collar_id))
        return ID.lower()

    collar = device()
    wishes = Wishes(("beacon-on",), typed, beacon=Beacon(150_100, 20, 3))
    with plugged(collar) as cable:
        answers = ask(cable, "opencollar", wishes, tmp_path)
    ((effect, collar_id),) = asked
    assert collar_id == answers.collar_id == ID
    assert "sets vhf_tx_frequency_khz to 150100" in effect
    assert "VHF beacon ON, which costs battery" in effect
    assert collar.settings[0x6A] == (150_100).to_bytes(4, "little")
    assert collar.settings[0x61] == b"\x01"
    read_back = {i["name"]: i["value"] for p in answers.packets for i in p.details["settings"]}
    assert read_back["vhf_single_pulse_duration_ms"] == 20
    assert read_back["vhf_enabled"] is True


@pytest.mark.parametrize("typed", ["", "y", "SP000000"])
@pytest.mark.parametrize("what", ["beacon-on", "beacon-off", "fix-now", "send"])
def test_nothing_is_changed_without_the_id(tmp_path: Path, what: str, typed: str) -> None:
    collar = device()
    before = dict(collar.settings)
    wishes = Wishes((what,), lambda *_: typed, beacon=Beacon(150_100), saying=b"\x20\xcd\x00")
    with plugged(collar) as cable, pytest.raises(ConfigError, match="is not the id"):
        ask(cable, "opencollar", wishes, tmp_path)
    assert collar.settings == before
    assert not any(said[1] in (0xCD, 0xB8) or said[0] == 3 for said in collar.said)


@pytest.mark.parametrize("beacon", [(149_000, 18, 2), (150_000, 4, 2), (150_000, 18, 0)])
def test_beacon_that_the_collar_cannot_do(beacon: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match="this collar takes"):
        Beacon(*beacon)


def test_pin_right_wrong_and_missing(tmp_path: Path) -> None:
    pin = bytes.fromhex("12345678")
    collar = device()
    collar.pin = pin
    with plugged(collar) as cable:
        answers = ask(cable, "opencollar", Wishes(("clock",), never, pin=pin), tmp_path)
        assert answers.packets[0].time
    assert "12345678" not in (tmp_path / "asked.jsonl").read_text()
    collar.unlocked = False
    with plugged(collar) as cable, pytest.raises(SourceError, match="did not answer"):
        ask(cable, "opencollar", Wishes(("clock",), never, pin=b"\0\1\2\3"), tmp_path)
    with pytest.raises(ConfigError, match="8 hexadecimal digits"), plugged(collar) as cable:
        ask(cable, "opencollar", Wishes(("clock",), never, pin=b"\1"), tmp_path)


@pytest.mark.parametrize("firmware", [(7, 3), (6, 12), (4, 3)])
def test_flash_log_at_once(tmp_path: Path, firmware: tuple[int, int]) -> None:
    collar, out = device(), tmp_path / "log.bin"
    collar.firmware = firmware
    told: list[int] = []
    wishes = Wishes(("flash",), never, out=out, told=lambda records, _: told.append(records))
    with plugged(collar) as cable:
        answers = ask(cable, "opencollar", wishes, tmp_path)
    assert answers.download == flash.Downloaded(new=37, total=37, whole=True)
    assert out.read_bytes() == b"".join(collar.flash)
    assert told == list(range(1, 38))
    assert len(decode(out.read_bytes(), protocol="opencollar-edge", port=29)) == 37


@pytest.mark.parametrize("firmware", [(7, 3), (6, 12)])
@pytest.mark.parametrize("dies_after", [60, 200, 333, 400])
def test_lost_cable_loses_nothing_and_the_next_try_goes_on(
    tmp_path: Path, dies_after: int, firmware: tuple[int, int]
) -> None:
    collar, out = device(), tmp_path / "log.bin"
    collar.firmware = firmware
    wishes = Wishes(("flash",), never, out=out)
    with plugged(collar, dies_after) as cable, pytest.raises(SourceError):
        ask(cable, "opencollar", wishes, tmp_path)
    first = out.read_bytes()
    assert first == b"".join(collar.flash)[: len(first)]
    assert len(first) >= (dies_after - 60) // 20 * 11
    collar.flash += [stored(BEGIN, n) for n in range(37, 45)]  # it goes on recording
    with plugged(collar) as cable:
        answers = ask(cable, "opencollar", wishes, tmp_path)
    assert out.read_bytes() == b"".join(collar.flash)
    assert answers.download == flash.Downloaded(45 - len(first) // 11, 45, whole=True)


def test_log_that_was_cleared_is_put_behind_the_old_one(tmp_path: Path) -> None:
    collar, out = device(), tmp_path / "log.bin"
    wishes = Wishes(("flash",), never, out=out)
    with plugged(collar) as cable:
        ask(cable, "opencollar", wishes, tmp_path)
    old = out.read_bytes()
    collar.flash = [stored(BEGIN, n) for n in range(100, 140)]
    with plugged(collar) as cable:
        ask(cable, "opencollar", wishes, tmp_path)
    assert out.read_bytes() == old + b"".join(collar.flash)
    with plugged(collar) as cable:  # and nothing twice
        answers = ask(cable, "opencollar", wishes, tmp_path)
    assert out.read_bytes() == old + b"".join(collar.flash)
    assert answers.download == flash.Downloaded(new=0, total=40, whole=True)


def test_file_with_something_else_behind_its_records_is_not_cut(tmp_path: Path) -> None:
    out = tmp_path / "log.bin"
    out.write_bytes(stored(BEGIN, 1) + b"\0 more of it")
    before = out.read_bytes()
    with pytest.raises(CorruptError, match="no flash log"), plugged(device()) as cable:
        ask(cable, "opencollar", Wishes(("flash",), never, out=out), tmp_path)
    assert out.read_bytes() == before


def test_full_disk_is_told_by_the_name_of_the_file(tmp_path: Path) -> None:
    log = flash.Log(tmp_path / "log.bin")
    log._file.close()
    log._file = Path("/dev/full").open("ab")  # noqa: SIM115 (closed by the log)
    log.add(stored(BEGIN, 1))
    with pytest.raises(WriteError, match=r"log\.bin"):
        log.close()


def test_file_of_something_else_is_not_touched(tmp_path: Path) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("my notes")
    with pytest.raises(CorruptError, match="no flash log"), plugged(device()) as cable:
        ask(cable, "opencollar", Wishes(("flash",), never, out=out), tmp_path)
    assert out.read_text() == "my notes"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda data: [], "did not answer"),
        (lambda data: [b"\x99\x88garbage"], "did not answer"),
        (lambda data: [b"\x1f\xf3\x02" + data[1:2] + b"\0"], "refused"),
        (lambda data: [b"\x04\xf4\xff" + bytes(9)], "did not answer"),  # a length it never fills
        (lambda data: [b"\x04\xf4\0"], "did not answer"),  # a status of nothing
    ],
)
def test_collar_that_misbehaves(
    tmp_path: Path, answer: Callable[[bytes], list[bytes]], words: str
) -> None:
    with Cable(answer) as cable, pytest.raises(SourceError, match=words):
        ask(cable, "opencollar", Wishes(("status",), never), tmp_path)


def test_endless_talk_of_something_else_ends(tmp_path: Path) -> None:
    answers = Answers()
    noise = [b"\x12\x97\x04" + bytes(4)] * 400
    with Cable(lambda data: noise) as cable, pytest.raises(SourceError, match="did not answer"):
        interrogate(
            parse_address(f"opencollar:serial:{cable.path}"), Wishes(("status",), never),
            tmp_path / "asked.jsonl", SystemClock(), answers,
        )  # fmt: skip
    assert len(answers.packets) == 400  # nothing that was heard is thrown away


def test_question_that_is_none_and_collar_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ask for any of status, position"):
        interrogate(parse_address("opencollar:serial:/dev/null"), Wishes(("temper",), never),
                    tmp_path / "x", SystemClock(), Answers())  # fmt: skip
    with pytest.raises(ConfigError, match="cannot be asked; known: opencollar, linkit, ticktag"):
        interrogate(parse_address("icom:serial:/dev/null"), Wishes((), never), tmp_path / "x",
                    SystemClock(), Answers())  # fmt: skip


def test_linkit_status_and_log(tmp_path: Path) -> None:
    values, log = {"IDT06": "A1B2C3D", "POT06": "3.97"}, bytes(range(250))
    out = tmp_path / "log.bin"
    with Cable(lambda line: linkit_device(line, values, log)) as cable:
        answers = ask(cable, "linkit", Wishes(("status", "log"), never, out=out), tmp_path)
        assert (answers.packets[0].device_id, answers.packets[0].battery_v) == ("A1B2C3D", 3.97)
        assert out.read_bytes() == log
        with pytest.raises(ReceiverError, match="refused PARMR: 1"):
            ask(cable, "linkit", Wishes(("settings",), never), tmp_path)


TAG = (b"*START MEMORY*\n\rcount,timestamp,lat,lon\n\r1,1644387698,-24.53918,31.32248\n\r"
       b"*END MEMORY*\n\r\n\r0 Read memory\n\r1 Reset memory\n\r")  # fmt: skip


def test_ticktag_memory_and_nothing_else(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer(data: bytes) -> list[bytes]:
        heard.append(data)
        return [b"---TICK-TAG---\n\r" + TAG]

    out = tmp_path / "tag.txt"
    with Cable(answer) as cable:
        answers = ask(cable, "ticktag", Wishes((), never, out=out), tmp_path)
        (packet,) = answers.packets
        assert packet.latitude_deg == -24.53918
        assert heard == [b"0\r"]
        with pytest.raises(ReceiverError, match="is there already"):
            ask(cable, "ticktag", Wishes((), never, out=out), tmp_path)
    assert b"END MEMORY" in out.read_bytes()


@pytest.mark.parametrize("name", [b"SP051307 ", b"  Tsavo 3"])
def test_id_with_spaces_around_it_can_be_typed(tmp_path: Path, name: bytes) -> None:
    collar = device()
    collar.settings[0x21] = name
    wishes = Wishes(("fix-now",), lambda _, collar_id: collar_id.strip())
    with plugged(collar) as cable:
        assert ask(cable, "opencollar", wishes, tmp_path).done


def test_flash_of_a_collar_whose_status_is_short(tmp_path: Path) -> None:
    collar = device()

    def answer(data: bytes) -> list[bytes]:
        return [b"\x04\xf4\0"] if data[1] == 0xA4 else collar.hear(data)

    wishes = Wishes(("flash",), never, out=tmp_path / "log.bin")
    with Cable(answer) as cable, pytest.raises(SourceError, match="did not answer"):
        ask(cable, "opencollar", wishes, tmp_path)


@pytest.mark.parametrize("parts", [(0, 2, 3), (0, 0, 0), (1, 2, 3)])
def test_linkit_log_with_a_hole_is_not_taken_for_whole(
    tmp_path: Path, parts: tuple[int, ...]
) -> None:
    def answer(line: bytes) -> list[bytes]:
        pieces = [f"{part:03X},003,QUFB" for part in parts]
        return [f"$O;DUMPD#{len(piece):03X};{piece}\r".encode() for piece in pieces]

    wishes = Wishes(("log",), never, out=tmp_path / "log.bin")
    with (
        Cable(answer) as cable,
        pytest.raises(SourceError, match=r"piece \d of the log"),
    ):
        ask(cable, "linkit", wishes, tmp_path)


def test_endless_talk_of_no_ticktag_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticktag, "LONGEST_TEXT", 2000)
    out = tmp_path / "tag.txt"
    endless = Cable(lambda data: [b"hello\n"] * 1000)
    with endless as cable, pytest.raises(SourceError, match="more than a tag can hold"):
        ask(cable, "ticktag", Wishes((), never, out=out), tmp_path)
    assert len(out.read_bytes()) < 2000 + 4096


def test_key_in_a_flash_record_or_a_cut_list_is_shown_nowhere(tmp_path: Path) -> None:
    key = b"\xab" * 16
    collar = device()
    collar.flash = [b"\x03\x10\x10" + key + bytes(4), stored(BEGIN, 1)]
    out = tmp_path / "log.bin"
    with plugged(collar) as cable:
        first = ask(cable, "opencollar", Wishes(("flash",), never, out=out), tmp_path)
    assert out.read_bytes() == b"".join(collar.flash)  # the copy is the owner's and is whole
    with Cable(lambda data: [b"\x03\x10\x10" + key[:9]]) as cable:
        second = ask(cable, "opencollar", Wishes(("settings",), never), tmp_path)
    log = out.read_bytes()
    said = [
        first, second, decode(log, protocol="opencollar-edge", port=29),
        decode(b"\x1d" + log, protocol="opencollar-edge-ble-nus"),
        explain(b"\x1d" + log, protocol="opencollar-edge-ble-nus"),
    ]  # fmt: skip
    assert "abab" not in repr(said) + (tmp_path / "asked.jsonl").read_text()


@pytest.mark.parametrize("cut", range(12))
def test_hiding_keys_of_a_flash_log_keeps_all_else(cut: int) -> None:
    message = b"\x1d" + stored(BEGIN, 1) + b"\x03\x10\x10" + b"\xab" * 16 + bytes(4)
    hidden = opencollar.masked(message[: len(message) - cut])
    assert hidden == message[: len(message) - cut].replace(b"\xab", b"\0")
