"""`baksan ask` over a pseudo-terminal: emulated collars, and collars that misbehave."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import decode, explain
from receiver.address import parse_address
from receiver.clock import SimulatedClock
from receiver.errors import ConfigError, CorruptError, SourceError
from receiver.interrogate import flash
from receiver.interrogate.asking import Answers, Wishes, interrogate
from receiver.interrogate.masking import masked
from receiver.interrogate.opencollar import Beacon
from receiver.simulator.asked import (
    PIECE_BYTES,
    OpenCollarDevice,
    stored,
)
from receiver.simulator.cable import Cable

BEGIN = datetime(2026, 9, 16, tzinfo=UTC)
ID = "SP051307"


def clock() -> SimulatedClock:
    """Return a clock by which nobody waits as long for emulated collars as for real ones."""
    return SimulatedClock(BEGIN, speed=4.0)


def never(effect: str, collar_id: str) -> str:
    raise AssertionError(f"nobody should be asked: {effect}")


def device() -> OpenCollarDevice:
    found = OpenCollarDevice(flash=[stored(BEGIN, n) for n in range(37)])
    found.settings = {0x03: b"\x10\x0e\0\0", 0x10: b"\xab" * 16, 0x21: ID.encode(), 0x61: b"\0"}
    return found


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


def test_how_it_stands_and_where(tmp_path: Path) -> None:
    collar = device()
    with plugged(collar.hear) as cable:
        answers = ask(cable, "opencollar", Wishes((), never), tmp_path)
    status, position, clock = answers.packets
    assert status.battery_v == 3.61
    assert (position.latitude_deg, position.longitude_deg) == (-24.5323, 31.3480)
    assert clock.time == datetime(2026, 9, 16, 10, tzinfo=UTC)
    assert collar.said == [b"\x20\xa4\x00", b"\x20\xa5\x00", b"\x20\xce\x00"]
    lines = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert [line["direction"] for line in lines] == ["said", "heard"] * 3


def test_settings_values_and_mac_with_no_key_shown(tmp_path: Path) -> None:
    with plugged(device().hear) as cable:
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
    with plugged(collar.hear) as cable:
        answers = ask(cable, "opencollar", wishes, tmp_path)
    ((effect, collar_id),) = asked
    assert collar_id == answers.collar_id == ID
    assert "puts its VHF beacon on 150.100 MHz; makes the pulses 20 ms long" in effect
    assert "VHF beacon ON, which costs battery" in effect
    assert "transmits 0.67 % of the time, day and night" in effect
    written = [said for said in collar.said if said[0] == 3]
    assert all(len(said) <= 20 for said in written)
    assert written[-1].endswith(b"\x61\x01\x01")  # on at last, when all else is set
    assert collar.settings[0x6A] == (150_100).to_bytes(4, "little")
    assert collar.settings[0x61] == b"\x01"
    read_back = {i["name"]: i["value"] for p in answers.packets for i in p.details["settings"]}
    assert read_back["vhf_single_pulse_duration_ms"] == 20
    assert read_back["vhf_enabled"] is True


def test_beacon_by_hours_is_silent_in_the_other_part_of_the_day(tmp_path: Path) -> None:
    effects: list[str] = []

    def typed(effect: str, collar_id: str) -> str:
        effects.append(effect)
        return ID

    collar, wishes = device(), Wishes(("beacon-on",), typed, beacon=Beacon(150_100, hours=(22, 4)))
    with plugged(collar.hear) as cable:
        ask(cable, "opencollar", wishes, tmp_path)
    # vhf/README.md: part 1 from 64 to 65, part 2 from 65 to 64; an interval of 0 turns a part off
    assert [collar.settings[n][0] for n in (0x62, 0x63, 0x64, 0x65, 0x66)] == [2, 0, 22, 4, 1]
    assert "from 22:00 to 04:00 UTC" in effects[0]


def test_setting_that_the_collar_does_not_take_is_told(tmp_path: Path) -> None:
    collar = device()

    def deaf(data: bytes) -> list[bytes]:
        return [] if data[0] == 3 else collar.hear(data)

    wishes = Wishes(("beacon-off",), lambda *_: ID)
    collar.settings[0x61] = b"\x01"
    with plugged(deaf) as cable, pytest.raises(SourceError, match="did not take vhf_enabled"):
        ask(cable, "opencollar", wishes, tmp_path)


def test_refusal_of_a_change_is_no_success(tmp_path: Path) -> None:
    collar, answers = device(), Answers()

    def refuse(data: bytes) -> list[bytes]:
        return [b"\x1f\xf3\x02\xb8\x00"] if data[1] == 0xB8 else collar.hear(data)

    wishes = Wishes(("fix-now",), lambda *_: ID)
    with plugged(refuse) as cable:
        address = parse_address(f"opencollar:serial:{cable.path}")
        with pytest.raises(SourceError, match="did not do this"):
            interrogate(address, wishes, tmp_path / "asked.jsonl", clock(), answers)
    assert answers.done == []


@pytest.mark.parametrize("typed", ["", "y", "SP000000"])
@pytest.mark.parametrize("what", ["beacon-on", "beacon-off", "fix-now", "send"])
def test_nothing_is_changed_without_the_id(tmp_path: Path, what: str, typed: str) -> None:
    collar = device()
    before = dict(collar.settings)
    wishes = Wishes((what,), lambda *_: typed, beacon=Beacon(150_100), saying=b"\x20\xcd\x00")
    with plugged(collar.hear) as cable, pytest.raises(ConfigError, match="is not the id"):
        ask(cable, "opencollar", wishes, tmp_path)
    assert collar.settings == before
    assert not any(said[1] in (0xCD, 0xB8) or said[0] == 3 for said in collar.said)


@pytest.mark.parametrize(
    ("beacon", "words"),
    [
        ((149_999, 18, 2), "this collar takes 150000 to 300000"),
        ((300_001, 18, 2), "this collar takes"),
        ((150_000, 4, 2), "this collar takes 5 to 10000"),
        ((150_000, 10_001, 60), "this collar takes"),
        ((150_000, 18, 0), "this collar takes 1 to 86400"),
        ((150_000, 18, 2, (5, 24)), "this collar takes 0 to 23"),
        ((150_000, 18, 2, (5, 5)), "leave the hours out"),
        ((150_000, 2000, 2), "do not fit into 2 s"),
    ],
)
def test_beacon_that_the_collar_cannot_do(beacon: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Beacon(*beacon)


def test_pin_right_wrong_and_missing(tmp_path: Path) -> None:
    pin = bytes.fromhex("12345678")
    collar = device()
    collar.pin = pin
    with plugged(collar.hear) as cable:
        answers = ask(cable, "opencollar", Wishes(("clock",), never, pin=pin), tmp_path)
        assert answers.packets[0].time
    assert "12345678" not in (tmp_path / "asked.jsonl").read_text()
    collar.unlocked = False
    with plugged(collar.hear) as cable, pytest.raises(SourceError, match="no answer to the PIN"):
        ask(cable, "opencollar", Wishes(("clock",), never, pin=b"\0\1\2\3"), tmp_path)
    collar.unlocked = False
    with (
        plugged(collar.hear) as cable,
        pytest.raises(SourceError, match="if it has a PIN"),
    ):
        ask(cable, "opencollar", Wishes(("clock",), never), tmp_path)
    with pytest.raises(ConfigError, match="8 hexadecimal digits"), plugged(collar.hear) as cable:
        ask(cable, "opencollar", Wishes(("clock",), never, pin=b"\1"), tmp_path)


@pytest.mark.parametrize("firmware", [(7, 3), (6, 12), (4, 3)])
def test_flash_log_at_once(tmp_path: Path, firmware: tuple[int, int]) -> None:
    collar, out = device(), tmp_path / "log.bin"
    collar.firmware = firmware
    told: list[int] = []
    wishes = Wishes(("flash",), never, out=out, told=lambda records, _: told.append(records))
    with plugged(collar.hear) as cable:
        answers = ask(cable, "opencollar", wishes, tmp_path)
    assert answers.download == flash.Downloaded(37, 37, whole=True)
    blocks = (collar.flash[30:], collar.flash[20:30], collar.flash[10:20], collar.flash[:10])
    assert flash.records_of(out.read_bytes()) == ([r for block in blocks for r in block], b"")
    assert told == list(range(1, 38))
    assert len(decode(out.read_bytes(), protocol="opencollar-edge", port=29)) == 37


def kept(out: Path) -> list[bytes]:
    """Return the records of a file: whole, and each once."""
    records, rest = flash.records_of(out.read_bytes())
    assert rest == b""
    assert len(set(records)) == len(records)
    return records


@pytest.mark.parametrize("firmware", [(7, 3), (6, 12)])
@pytest.mark.parametrize("dies_after", [90, 200, 333, 440])
def test_lost_cable_loses_nothing_and_the_next_try_goes_on(
    tmp_path: Path, dies_after: int, firmware: tuple[int, int]
) -> None:
    collar, out = device(), tmp_path / "log.bin"
    collar.firmware = firmware
    wishes = Wishes(("flash",), never, out=out)
    with plugged(collar.hear, dies_after) as cable, pytest.raises(SourceError):
        ask(cable, "opencollar", wishes, tmp_path)
    first = kept(out)
    assert len(first) >= (dies_after - 90) // 13
    assert set(first) <= set(collar.flash)
    collar.flash += [stored(BEGIN, n) for n in range(37, 45)]  # it goes on recording
    with plugged(collar.hear) as cable:
        answers = ask(cable, "opencollar", wishes, tmp_path)
    assert set(kept(out)) == set(collar.flash)
    assert kept(out)[: len(first)] == first
    assert answers.download == flash.Downloaded(45 - len(first), 45, whole=True)


def test_log_that_was_cleared_is_put_behind_the_old_one(tmp_path: Path) -> None:
    collar, out = device(), tmp_path / "log.bin"
    wishes = Wishes(("flash",), never, out=out)
    with plugged(collar.hear) as cable:
        ask(cable, "opencollar", wishes, tmp_path)
    old = kept(out)
    collar.flash = [stored(BEGIN, n) for n in range(100, 130)]
    for new in (30, 0, 4):  # and it does not grow by what is there already
        collar.flash += [stored(BEGIN, n) for n in range(130, 134)] if new == 4 else []
        with plugged(collar.hear) as cable:
            answers = ask(cable, "opencollar", wishes, tmp_path)
        assert answers.download == flash.Downloaded(new, len(collar.flash), whole=True)
    assert kept(out)[:37] == old
    assert set(kept(out)[37:]) == set(collar.flash)


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ([], "fell silent in its log"),
        ([b"\x1f\xf3\x02\xbc\0"], "cannot read this part"),
        ([b"\x1d" + stored(BEGIN, 1) * 5] * 300, "more records than were asked for"),
        ([b"\x04\xf4\x00"] * 300, "fell silent in its log"),
    ],
)
def test_collar_whose_log_misbehaves(tmp_path: Path, log: list[bytes], words: str) -> None:
    collar = device()

    def answer(data: bytes) -> list[bytes]:
        return log if data[1:2] == b"\xbc" else collar.hear(data)

    wishes = Wishes(("flash",), never, out=tmp_path / "log.bin")
    with plugged(answer) as cable, pytest.raises(SourceError, match=words):
        ask(cable, "opencollar", wishes, tmp_path)
    assert set(kept(tmp_path / "log.bin")) <= {stored(BEGIN, 1)}


def test_file_of_something_else_is_not_touched(tmp_path: Path) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("my notes")
    with pytest.raises(CorruptError, match="no flash log"), plugged(device().hear) as cable:
        ask(cable, "opencollar", Wishes(("flash",), never, out=out), tmp_path)
    assert out.read_text() == "my notes"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda data: [], "did not answer"),
        (lambda data: [b"\x99\x88garbage"], "did not answer"),
        (lambda data: [b"\x1f\xf3\x02" + data[1:2] + b"\0"], "refused"),
        (lambda data: [b"\x04\xf4\xff" + bytes(9)], "did not answer"),  # a length it never fills
    ],
)
def test_collar_that_misbehaves(
    tmp_path: Path, answer: Callable[[bytes], list[bytes]], words: str
) -> None:
    with plugged(answer) as cable, pytest.raises(SourceError, match=words):
        ask(cable, "opencollar", Wishes(("status",), never), tmp_path)


def test_endless_talk_of_something_else_ends(tmp_path: Path) -> None:
    answers = Answers()
    noise = [b"\x12\x97\x04" + bytes(4)] * 400
    with plugged(lambda data: noise) as cable, pytest.raises(SourceError, match="did not answer"):
        interrogate(
            parse_address(f"opencollar:serial:{cable.path}"), Wishes(("status",), never),
            tmp_path / "asked.jsonl", clock(), answers,
        )  # fmt: skip
    assert len(answers.packets) == 400  # nothing that was heard is thrown away


def test_question_that_is_none_and_collar_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ask for any of status, position"):
        interrogate(parse_address("opencollar:serial:/dev/null"), Wishes(("temper",), never),
                    tmp_path / "x", clock(), Answers())  # fmt: skip
    with pytest.raises(ConfigError, match="cannot be asked; known: opencollar, linkit, ticktag"):
        interrogate(parse_address("icom:serial:/dev/null"), Wishes((), never), tmp_path / "x",
                    clock(), Answers())  # fmt: skip


def test_file_with_something_else_behind_its_records_is_not_cut(tmp_path: Path) -> None:
    out = tmp_path / "log.bin"
    out.write_bytes(stored(BEGIN, 1) + b"\0 more of it")
    before = out.read_bytes()
    with pytest.raises(CorruptError, match="no flash log"), plugged(device().hear) as cable:
        ask(cable, "opencollar", Wishes(("flash",), never, out=out), tmp_path)
    assert out.read_bytes() == before


@pytest.mark.parametrize("name", [b"SP051307 ", b"  Tsavo 3"])
def test_id_with_spaces_around_it_can_be_typed(tmp_path: Path, name: bytes) -> None:
    collar = device()
    collar.settings[0x21] = name
    wishes = Wishes(("fix-now",), lambda _, collar_id: collar_id.strip())
    with plugged(collar.hear) as cable:
        assert ask(cable, "opencollar", wishes, tmp_path).done


def test_key_in_a_flash_record_or_a_cut_list_is_shown_nowhere(tmp_path: Path) -> None:
    key = b"\xab" * 16
    collar = device()
    collar.flash = [b"\x03\x10\x10" + key + bytes(4), stored(BEGIN, 1)]
    out = tmp_path / "log.bin"
    with plugged(collar.hear) as cable:
        first = ask(cable, "opencollar", Wishes(("flash",), never, out=out), tmp_path)
    assert key in out.read_bytes()  # the copy is the owner's and is whole
    with plugged(lambda data: [b"\x03\x10\x10" + key[:9]]) as cable:
        second = ask(cable, "opencollar", Wishes(("settings",), never), tmp_path)
    log = out.read_bytes()
    said = [
        first, second, decode(log, protocol="opencollar-edge", port=29),
        decode(b"\x1d" + log, protocol="opencollar-edge-ble-nus"),
        explain(b"\x1d" + log, protocol="opencollar-edge-ble-nus"),
    ]  # fmt: skip
    assert "abab" not in repr(said) + (tmp_path / "asked.jsonl").read_text()


@pytest.mark.parametrize("cut", range(12))
def test_hiding_keys_of_a_flash_log_keeps_what_is_before_them(cut: int) -> None:
    message = b"\x1d" + stored(BEGIN, 1) + b"\x03\x10\x10" + b"\xab" * 16 + bytes(4)
    hidden = masked(message[: len(message) - cut])
    assert b"\xab" not in hidden
    assert len(hidden) == len(message) - cut
    assert hidden[:12] == message[:12]
