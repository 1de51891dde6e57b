"""The live table and its keys on a real terminal; what it says of age, loss and the computer."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from receiver.clock import SimulatedClock, SystemClock
from receiver.config import Setup
from receiver.journal import Journal
from receiver.machine import CANNOT, Awake, Battery, Disk, read_battery
from receiver.recording import View, setup_words
from receiver.records import OWN_RADIO, Detection, Entry, Gap, Place
from receiver.simulator.icom_radio import IcomRadio, SerialServer
from receiver.status import Status
from receiver.ui.keys import Deeds, Keys, single_keys
from receiver.ui.screen import Screen, age_words

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW = T0 + timedelta(seconds=5)
BAKSAN = str(Path(sys.executable).with_name("baksan"))


def heard(seconds: float, **more: Any) -> Detection:
    known: dict[str, Any] = {"level_db": -31.6, "level_unit": "dBS9", "frequency_hz": 150.34e6}
    return Detection(kind="meter", time=T0, monotonic_ns=int(seconds * 1e9), source="r30",
                     **{**known, **more})  # fmt: skip


def shown(view: View, width: int = 80) -> str:
    screen = Screen(SimulatedClock(NOW, 1e-6), io.StringIO())
    screen.close()
    screen.show(view)
    return drawn(screen, width)


def drawn(screen: Screen, width: int = 80, height: int = 24) -> str:
    out = io.StringIO()
    Console(file=out, width=width, height=height, color_system=None).print(screen.drawn())
    return out.getvalue()


def view(**more: Any) -> View:
    now = {"state": "hearing", "heard_ns": 99_000_000_000}
    statuses = [Status(name="r30", chunks=12345, **now), Status(name="gps", role="position", **now)]  # type: ignore[arg-type]
    known: dict[str, Any] = {"statuses": statuses, "now_ns": 100_000_000_000, "now": NOW,
                             "saved": 120,
                             "levels": {"r30": heard(98)}, "clock_source": "system"}  # fmt: skip
    return View(**{**known, **more})


def test_each_value_has_its_age_and_an_untested_receiver_says_so() -> None:
    place = Place(time=T0, latitude_deg=43.3499, longitude_deg=42.4453, accuracy_m=4.0)
    text = shown(view(places={"gps": place}, setups={"r30": "yagi, gain 5"}))
    for words in ("hearing, UNTESTED", "150.3400", "-32 dBS9 2 s", "43.3499 42.4453 5 s", "+-4 m",
                  "yagi, gain 5", "saved 120", ", system", "h heard", " 12k "):  # fmt: skip
        assert words in text
    assert "UNTESTED" not in shown(view(tested={"r30": True}), 120)


def test_age_of_a_place_is_that_of_the_fix_and_not_of_the_last_byte() -> None:
    fix = Place(time=NOW - timedelta(seconds=80), latitude_deg=43.3499, longitude_deg=42.4453)
    assert "43.3499 42.4453 80 s OLD" in shown(view(places={"gps": fix}))
    assert "no place yet" in shown(view())
    said = replace(fix, holds_s=1e9)
    text = shown(view(places={"gps": said}))
    assert "OLD" not in text
    assert "as said" in text


def test_samples_show_their_level_and_form() -> None:
    ear = Status(name="ear", role="samples", state="hearing", heard_ns=99_000_000_000,
                 tuned="s16 16 kHz", level_dbfs=-31.6)  # fmt: skip
    text = shown(view(statuses=[ear]))
    assert "s16 16 kHz" in text
    assert "-32 dB 1 s" in text
    assert "UNTESTED" not in text


def test_keys_and_journal_stay_on_a_small_screen_with_many_sources() -> None:
    screen = Screen(SimulatedClock(NOW, 1e-6), io.StringIO())
    screen.close()
    for number in range(6):
        screen.say(f"a message {'x' * number} of some length")
    many = [Status(name=f"gate{n}", state="hearing", heard_ns=0, role="receiver")
            for n in range(40)]  # fmt: skip
    screen.show(view(statuses=many))
    lines = drawn(screen).splitlines()
    assert len(lines) <= 24
    assert lines[-1].startswith("h heard")
    assert "lines more: make the window higher" in "\n".join(lines)
    assert any(line.startswith("saved 120") for line in lines)
    screen.show(view(statuses=many[:12]))
    lines = drawn(screen).splitlines()
    assert len(lines) <= 24
    assert "xxxxx of some" in "\n".join(lines)


@pytest.mark.parametrize("width", [60, 80])
def test_narrow_screen_folds_words_and_hides_none(width: int) -> None:
    statuses = [Status(name="r30-front", state="hearing", tuned="Baksan 150.3400", chunks=45678),
                Status(name="gps", role="position", state="silent")]  # fmt: skip
    place = Place(time=T0 - timedelta(minutes=8), latitude_deg=43.3499, longitude_deg=-142.4453)
    text = shown(view(statuses=statuses, setups={"r30-front": "yagi, gain 5, -20 dB"},
                      levels={"r30-front": heard(2, level_db=-112.0, saturated=True)},
                      places={"gps": place}), width)  # fmt: skip
    for word in ("r30-front", "UNTESTED", "150.3400", "-112", "more", "OLD", "45k", "gain", "-20",
                 "SILENT", "43.3499", "-142.4453", "min"):  # fmt: skip
        assert word in text
    assert all(len(line) <= width for line in text.splitlines())


def test_like_messages_take_one_line_with_the_time_of_the_last() -> None:
    screen = Screen(SimulatedClock(NOW, 1e-6), io.StringIO())
    screen.close()
    screen.say("saved: heard clear")
    for number in range(30):
        screen.show(view(faults=[f"disk full; {n} rows wait" for n in range(number + 1)]))
    text = drawn(screen)
    assert "disk full; 29 rows wait" in text
    assert text.count("disk full") == 1
    assert "saved: heard clear" in text


def test_source_that_is_well_again_says_so() -> None:
    lost = Status(name="r30", state="lost", reason="the cable was pulled", since_ns=88_000_000_000)
    screen = Screen(SimulatedClock(NOW, 1e-6), io.StringIO())
    screen.close()
    screen.show(view(statuses=[lost]))
    screen.show(view(statuses=[Status(name="r30", state="hearing")]))
    assert "r30: all right again" in drawn(screen)


def test_old_level_says_that_it_is_old() -> None:
    assert "-32 dBS9 98 s OLD" in shown(view(levels={"r30": heard(2)}), 120)
    assert "count 120" in shown(view(levels={"r30": heard(98, level_db=None, level_raw=120.0)}))
    assert "-32 dBS9 or more" in shown(view(levels={"r30": heard(98, saturated=True)}), 120)


def test_lost_source_says_since_when_and_why_once() -> None:
    lost = Status(name="r30", state="lost", reason="the cable was pulled", since_ns=88_000_000_000)
    text = shown(view(statuses=[lost]))
    assert "LOST 12 s" in text
    assert "r30 lost: the cable was pulled" in text


def test_computer_says_what_it_has_left() -> None:
    text = shown(view(battery=Battery(percent=47, status="Discharging", hours_left=2.53),
                      disk_free_bytes=12_000_000_000, disk_hours=300.4, waiting=900, is_stuck=True,
                      side="LEFT, by 6 dB, 2 s ago"), 120)  # fmt: skip
    for words in ("battery 47 %, 2.5 h left", "disk 12.0 GB, 300 h left", "NOT SAVED YET 900",
                  "LEFT, by 6 dB"):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(("seconds", "words"), [(-1, "0 s"), (99.4, "99 s"), (100, "2 min"),
                                                (7200, "2 h")])  # fmt: skip
def test_ages(seconds: float, words: str) -> None:
    assert age_words(seconds) == words


def test_setup_in_words() -> None:
    assert (
        setup_words(Setup(antenna="yagi", gain="5", attenuator_db=20.0)) == "yagi, gain 5, -20 dB"
    )
    assert setup_words(Setup()) == "not said"


# --- the computer ---------------------------------------------------------------------------------


def test_battery_hours_by_energy_or_by_charge(tmp_path: Path) -> None:
    assert read_battery(tmp_path) is None
    supply = tmp_path / "BAT0"
    supply.mkdir()
    files = {"type": "Battery", "capacity": "47", "status": "Discharging", "energy_now": "25000000",
             "power_now": "10000000"}  # fmt: skip
    for name, text in files.items():
        (supply / name).write_text(text + "\n")
    found = read_battery(tmp_path)
    assert found == Battery(percent=47, status="Discharging", hours_left=2.5)
    (supply / "power_now").write_text("0")
    assert read_battery(tmp_path) == Battery(percent=47, status="Discharging")
    (supply / "charge_now").write_text("3000000")
    (supply / "current_now").write_text("-1000000")
    found = read_battery(tmp_path)
    assert found is not None
    assert found.hours_left == 3.0


def test_disk_hours_by_the_growth_of_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "s.journal"
    journal.write_bytes(bytes(1000))
    disk = Disk(journal)
    free, hours = disk.state(0)
    assert (free > 0, hours) == (True, None)
    journal.write_bytes(bytes(1_001_000))
    free, hours = disk.state(3_600_000_000_000)
    assert hours == pytest.approx(free / 1e6)


def test_awake_is_held_by_a_program_that_lives_and_not_by_one_that_dies() -> None:
    held = Awake(["sleep", "60"])
    assert held.begin() == ""
    held.end()
    held.end()
    assert held._holder is not None
    assert held._holder.poll() is not None
    assert Awake(["false"]).begin() == CANNOT
    assert Awake(["/nosuch/program"]).begin() == CANNOT
    assert Awake([]).begin() == CANNOT


# --- keys -----------------------------------------------------------------------------------------


class Search:
    """What keys did, for a test to look at."""

    def __init__(self, place: Place | None = None, receivers: Sequence[str] = ("r30",)) -> None:
        self.entries: list[Entry] = []
        self.said: list[str] = []
        self.radio: list[bool] = []
        self.ended = False
        self.kept: list[bool] = []
        self.played: list[bool] = []
        deeds = Deeds(
            submit=self.entries.append, keep=lambda: self.kept.append(True),
            saved=lambda seconds: True, own_radio=self.radio.append,
            end=lambda: setattr(self, "ended", True), place=lambda: place, say=self.said.append,
            maybe=lambda: "leo 150.0125 MHz", play=lambda: self.played.append(True),
            prompt=lambda text: None,
        )  # fmt: skip
        self.keys = Keys(deeds, SystemClock(), "A", [*receivers], "Baksan")

    def press(self, text: str) -> list[dict[str, Any]]:
        for character in text:
            self.keys.press(character)
        return [entry.content for entry in self.entries]


def test_a_maybe_is_played_and_its_tests_are_rows() -> None:
    search = Search()
    search.keys._look_for_maybe()
    assert "MAYBE leo 150.0125 MHz: m" in search.keys.pad.prompt
    entries = search.press("magmus")
    assert [entry["text"] for entry in entries] == [
        "MAYBE leo 150.0125 MHz: antenna turned away: it went",
        "MAYBE leo 150.0125 MHz: antenna unplugged: it stayed",
    ]
    search.press("mp\n")
    assert search.played == [True]
    assert len(search.entries) == 2


def test_keys_write_entries_of_the_collar_and_the_receiver() -> None:
    search = Search()
    heard, silence, setup, turn = search.press("hfs5\ngyagi\n\n\n\n\n\n\ntv")
    assert (heard["collar"], heard["level_db"], heard["level_unit"]) == ("Baksan", 0.0, "hand")
    assert (silence["receiver"], silence["duration_s"], silence["ear"]) == ("r30", 300.0, "by ear")
    assert setup == {"kind": "setup", "receiver": "r30", "antenna": "yagi"}
    assert turn == {"kind": "turn", "receiver": "r30", "state": "start", "polarisation": "vertical"}
    assert search.said[0] == "saved: heard faint, collar Baksan; NO PLACE IS KNOWN YET"
    assert search.kept == [True]  # once, for what was heard


def test_turn_by_a_compass_is_made_true_and_undone_goes_on() -> None:
    search = Search(Place(time=T0, latitude_deg=43.35, longitude_deg=42.44), ["r30", "r85"])
    end = search.press("t2vt243\n\nmy")[-1]
    assert end["receiver"] == "r85"
    assert end["loudest_deg"] == pytest.approx(243 + 7.5, abs=1.0)
    search.press("uy")
    again = search.press("t90\n\nty")[-1]
    assert (again["state"], again["loudest_deg"]) == ("end", 90.0)
    unplaced = Search()
    kept = unplaced.press("tvt243\n\nmy")[-1]
    assert kept["kind"] == "note"
    assert "loudest_deg 243.0" in kept["text"]
    assert "a magnetic bearing needs a place" in unplaced.said[-1]
    assert unplaced.press("t243\n\nty")[-1]["state"] == "end"  # the turn still runs


def test_arrows_home_and_function_keys_are_no_keys() -> None:
    search, (read_end, write_end) = Search(), os.pipe()
    os.write(write_end, b"b1\x1b[D2\x1b[H\x1bOP\x1b[3~0\x1b[1;5C\nts\x1b[H")
    os.close(write_end)
    search.keys.run(read_end, threading.Event())
    os.close(read_end)
    assert [entry.content["bearing_deg"] for entry in search.entries] == [120.0]


def test_a_fault_does_not_end_the_keys() -> None:
    def fail(entry: Entry) -> None:
        raise RuntimeError("a fault")

    search = Search()
    deeds = {name: getattr(search.keys._deeds, name) for name in Deeds.__slots__}
    search.keys._deeds = Deeds(**{**deeds, "submit": fail})
    search.press("hc")
    assert "a fault, press the keys again" in search.said[-1]
    search.keys._deeds = Deeds(**deeds)
    assert len(search.press("hc")) == 1


def test_magnetic_bearing_needs_a_place_and_is_turned_there() -> None:
    search = Search()
    (kept,) = search.press("b243\nms")
    assert kept["text"] == (
        "bearing: degrees 243.0, magnetic True, sharp True; NOT used: a magnetic bearing needs a"
        " place: wait for the GPS, or give it true"
    )
    placed = Search(Place(time=T0, latitude_deg=43.35, longitude_deg=42.44))
    (bearing,) = placed.press("b243\nms")
    assert bearing["bearing_deg"] == pytest.approx(243 + 7.5, abs=1.0)
    assert bearing["bearing_sigma_deg"] == 5.0


def test_own_radio_is_switched_undo_names_what_it_takes_back_and_the_end_is_asked_for() -> None:
    search = Search()
    search.press("vv")
    assert search.radio == [True, False]
    search.press("hc")
    undone = search.press("uy")[-1]
    assert undone["supersedes_id"] == search.entries[0].id
    search.press("uy")
    assert search.said[-1] == "nothing is taken back"
    search.press("qn")
    assert not search.ended
    search.press("qy")
    assert search.ended


def test_terminal_is_put_back_whatever_happens() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as terminal:
        before = termios.tcgetattr(terminal)
        with pytest.raises(RuntimeError), single_keys(terminal):  # noqa: PT012
            assert termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO) == 0
            raise RuntimeError
        assert termios.tcgetattr(terminal) == before
    os.close(master)


def test_unsaved_entry_is_not_called_saved() -> None:
    search = Search()
    search.keys._deeds = Deeds(**{
        **{name: getattr(search.keys._deeds, name) for name in Deeds.__slots__},
        "saved": lambda seconds: False,
    })  # fmt: skip
    search.press("hc")
    assert search.said[-1].startswith("NOT SAVED YET, kept in memory: heard clear")


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs that a test starts; none outlives it."""
    programs: list[subprocess.Popen[bytes]] = []
    yield programs
    for program in programs:
        program.kill()
        program.wait()


def read_until(master: int, words: bytes, seconds: float = 20.0) -> bytes:
    seen, deadline = b"", time.monotonic() + seconds
    while words not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        if select.select([master], [], [], 0.2)[0]:
            seen += os.read(master, 65536)
    return seen


def test_whole_search_on_a_real_terminal(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    """Table, questions at the start, keys, and the terminal put back at the end."""
    radio = SerialServer(IcomRadio(0x4A, 150_350_000, lambda: 134).hear)
    master, slave = pty.openpty()
    journal = tmp_path / "s.journal"
    process = subprocess.Popen(
        [BAKSAN, "listen", f"r85=icom:serial:{radio.path}?model=r8500&poll_s=0.05", "fixed:43,42",
         "ear=audio:pipe:sh -c 'while :; do head -c 1600 /dev/urandom; sleep 0.05; done'",
         "--journal", str(journal)],
        stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "COLUMNS": "100", "LINES": "24",
        "TERM": "xterm"}, start_new_session=True,
    )  # fmt: skip
    started.append(process)
    read_until(master, b"r85: antenna")
    os.write(master, b"whip\nn5\n\noCW\nfront\n")
    read_until(master, b"which compass")
    os.write(master, b"phc")
    read_until(master, b"saved: heard clear")
    os.write(master, "n\xd1".encode("latin-1"))  # the first half of a Cyrillic letter
    time.sleep(0.3)
    os.write(master, b"\x8f\n")
    read_until(master, "saved: note: я".encode())
    os.write(master, b"v")
    read_until(master, b"TRANSMITS")
    os.write(master, b"v")
    read_until(master, b"is off")
    os.write(master, b"qy")
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            os.read(master, 65536)
    assert process.returncode == 0
    radio.close()
    os.close(master)
    os.close(slave)
    with Journal.open(journal) as opened:
        rows = list(opened.rows())
    kinds = [row.content["kind"] for row in rows if isinstance(row, Entry)]
    assert kinds == ["setup", "compass", "level", "note", "note"]
    (kept,) = tmp_path.glob("heard-*-ear.wav")
    assert kept.stat().st_size > 1600
    gaps = [row.ended for row in rows if isinstance(row, Gap) and row.reason == OWN_RADIO]
    assert gaps == [False, True]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_ends_a_search_with_a_table(
    number: signal.Signals, tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [BAKSAN, "listen", "fixed:43,42", "--journal", str(tmp_path / "s.journal")],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    started.append(process)
    read_until(master, b"which compass")
    process.send_signal(number)
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            os.read(master, 65536)
    assert process.returncode == 130
    os.close(master)
    os.close(slave)


def test_search_that_is_stopped_gives_the_terminal_back_and_takes_it_again(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [BAKSAN, "listen", "fixed:43,42", "--journal", str(tmp_path / "s.journal")],
        stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"},
        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
    )  # fmt: skip
    started.append(process)
    read_until(master, b"which compass")
    os.write(master, b"\x1a\x1c")  # Ctrl-Z and the quit key: nothing happens
    os.write(master, b"p")
    read_until(master, b"saved: compass")
    assert termios.tcgetattr(slave)[3] & termios.ICANON == 0
    process.send_signal(signal.SIGTSTP)
    os.waitpid(process.pid, os.WUNTRACED)
    assert termios.tcgetattr(slave) == before
    process.send_signal(signal.SIGCONT)
    os.write(master, b"\nhc")
    read_until(master, b"saved: heard clear")
    os.write(master, b"qy")
    read_until(master, b"place")
    assert process.wait(20) == 0
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_holder_lets_go_when_its_owner_is_killed(started: list[subprocess.Popen[bytes]]) -> None:
    code = (
        "from receiver.machine import Awake; a = Awake(['cat']); print(a.begin() or"
        " a._holder.pid, flush=True); input()"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)  # fmt: skip
    started.append(owner)
    assert owner.stdout is not None
    holder = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 10
    while (
        Path(f"/proc/{holder}/cmdline").exists() and Path(f"/proc/{holder}/cmdline").read_bytes()
    ):  # it is gone, or a zombie of a process that is gone
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert owner.stdin is not None
    owner.stdin.close()
    owner.stdout.close()
