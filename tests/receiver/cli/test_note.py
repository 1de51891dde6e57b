"""`baksan note`: on the disk before it says so, and nothing guessed in silence."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receiver.cli import note_writing, run
from receiver.clock import Stamp
from receiver.config import Configuration
from receiver.derive import Derived, derive
from receiver.journal import Journal
from receiver.records import Entry, Source

NOW = datetime(2026, 11, 24, 11, 40, tzinfo=UTC)
Note = Callable[..., int]


class StandingClock:
    """A clock that shows `now` until a test moves it."""

    source, boot_id = "system", "boot"
    now_utc = NOW

    def now(self) -> Stamp:
        return Stamp(utc=StandingClock.now_utc, monotonic_ns=7)


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Note:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Europe/Moscow")
    monkeypatch.setattr(StandingClock, "now_utc", NOW)
    monkeypatch.setattr(note_writing, "SystemClock", StandingClock)
    for module in ("note_lines", "note_radio"):
        monkeypatch.setattr(f"receiver.cli.{module}.SystemClock", StandingClock)
    return lambda *words: run(["note", *map(str, words)])


def entries(path: str = "search.journal") -> list[Entry]:
    with Journal.open(path, readonly=True) as journal:
        return [row for row in journal.rows() if isinstance(row, Entry)]


def derived(path: str = "search.journal") -> Derived:
    with Journal.open(path, readonly=True) as journal:
        return derive(journal.rows(), Configuration())


def contents() -> list[dict[str, Any]]:
    return [entry.content for entry in entries()]


def test_first_note_makes_a_journal_and_says_so(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    assert note("heard", "clear", "--gain", 5) == 0
    said = capsys.readouterr()
    assert "new journal: search.journal" in said.err
    assert "saved in search.journal: A, 2026-11-24 14:40 MSK, heard clear, gain at 5" in said.err
    assert said.out.startswith("A 24/14:40+3 HEARD CLEAR G5 ")


def test_entry_has_all_that_is_asked_of_it(note: Note) -> None:
    note("heard", "strong")
    [entry] = entries()
    assert uuid.UUID(entry.id).version == 4
    assert (entry.observer, entry.time, entry.clock_source) == ("A", NOW, "system")
    assert (entry.content["level_db"], entry.content["level_unit"]) == (24.0, "hand")


def test_only_journal_here_is_taken(note: Note) -> None:
    Journal.create("ridge.journal", Configuration(observer="Z")).close()
    assert note("silence", "--minutes", 10) == 0
    [entry] = entries("ridge.journal")
    assert entry.observer == "Z"
    assert entry.content == {
        "kind": "silence",
        "heard": False,
        "ear": "by ear",
        "duration_s": 600.0,
    }


def test_several_journals_must_be_named(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.journal", "b.journal"):
        Journal.create(name, Configuration()).close()
    assert note("heard", "clear") == 2
    assert "a.journal, b.journal" in capsys.readouterr().err
    assert note("heard", "clear", "-j", "b.journal") == 0


@pytest.mark.parametrize(
    ("words", "kind"),
    [("h c", "level"), ("b 243 -s", "bearing"), ("sil", "silence"), ("sig -a 1,2", "sighting"),
     ("p 43.3499 42.4453", "place"), ("te tracks here", "note"),
     ("tu start", "turn"), ("se -g 5", "setup"), ("com phone", "compass")],
)  # fmt: skip
def test_short_forms(note: Note, words: str, kind: str) -> None:
    assert note(*words.split()) == 0
    assert contents()[0]["kind"] == kind


def test_ambiguous_short_form_is_refused(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    assert note("s") == 2
    assert "silence or sighting" in capsys.readouterr().err or "sighting or silence"


def test_bearing_says_what_it_took_for_granted(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    note("bearing", 243)
    said = capsys.readouterr().err
    assert "true north" in said
    assert "taken as broad" in said
    assert contents()[0]["bearing_sigma_deg"] == 20.0


def test_several_directions_of_a_null(note: Note) -> None:
    assert note("bearing", 240, "--or", 60, "--weakest", "--error", 8) == 0
    [content] = contents()
    assert (content["bearing_deg"], content["bearing_alternatives_deg"]) == (240.0, [60.0])
    assert (content["bearing_sigma_deg"], content["bearing_reference"]) == (8.0, "true; weakest")


def test_magnetic_needs_a_place(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    assert note("bearing", 236, "--magnetic") == 2
    assert "--at PLACE" in capsys.readouterr().err
    assert contents() == []


@pytest.mark.parametrize("before", [[], ["place", "43.3499", "42.4453"]])
def test_magnetic_is_turned_at_the_place_and_date(
    note: Note, before: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    asked: list[Any] = []

    def turn(*where: Any) -> float:
        asked.append(where)
        return 7.46

    monkeypatch.setattr("receiver.geodesy.declination_deg", turn)
    at = [] if before else ["--at", "43.3499,42.4453"]
    assert not before or note(*before) == 0
    assert note("bearing", 236, "--magnetic", "--sharp", *at) == 0
    assert asked == [(43.3499, 42.4453, NOW.date())]
    assert contents()[-1]["bearing_deg"] == 243.5
    assert contents()[-1]["bearing_reference"] == "magnetic 236, declination +7.5"
    assert "declination 7.5 east" in capsys.readouterr().err


def test_note_for_another_observer(note: Note) -> None:
    words = "bearing 100 -t -s --observer B --at 38TKP9295202841 --time 14:35 --collar Batraz"
    assert note(*words.split()) == 0
    [observation] = derived().observations
    assert (observation.observer, observation.collar) == ("B", "Batraz")
    assert observation.time == NOW - timedelta(minutes=5)
    # 38TKP9295202841 as the mgrs library writes 43.3499, 42.4453
    assert observation.latitude_deg == pytest.approx(43.3499, abs=1e-4)
    assert observation.longitude_deg == pytest.approx(42.4453, abs=1e-4)


@pytest.mark.parametrize("time", ["23:59", "2026-11-22 10:00", "noon"])
def test_unlikely_times_are_refused(note: Note, time: str) -> None:
    assert note("heard", "clear", "--time", time) == 2
    assert contents() == []
    if time != "noon":
        assert note("heard", "clear", "--time", time, "--sure") == 0


def test_sighting_may_be_days_old(note: Note) -> None:
    words = ["sighting", "--at", "43.3499,42.4453", "-r", 300, "-t", "rumour"]
    assert note(*words, "--when", "2026-11-20 07:20") == 0
    [content] = contents()
    assert content["time"] == "2026-11-20T04:20:00+00:00"
    assert (content["radius_m"], content["trust"]) == (300.0, 0.3)


def test_undo_takes_back_the_last_and_deletes_nothing(note: Note) -> None:
    note("bearing", 10, "-a", "43,42")
    note("bearing", 20, "-a", "43,42")
    assert note("undo") == 0
    assert [o.bearing_deg for o in derived().observations if o.kind == "bearing"] == [10.0]
    assert note("undo") == 0
    assert [o for o in derived().observations if o.kind == "bearing"] == []
    assert len(entries()) == 4
    assert note("undo") == 2


def test_undo_takes_back_a_place(note: Note) -> None:
    note("place", "43.0", "42.0")
    note("heard", "clear")
    assert len(derived().observations) == 1
    note("undo", entries()[0].id[:8])
    assert sorted(o.kind for o in derived().unplaced) == ["level", "note"]


def test_correction_keeps_time_and_place(note: Note, monkeypatch: pytest.MonkeyPatch) -> None:
    note("bearing", 243, "-s", "-a", "43.3499,42.4453", "-O", "B")
    note("heard", "clear", "-O", "B")
    monkeypatch.setattr(StandingClock, "now_utc", NOW + timedelta(minutes=9))
    assert note("correct", "bearing", 248, "-s", "-O", "B") == 0
    [bearing] = [o for o in derived().observations if o.kind == "bearing"]
    assert (bearing.bearing_deg, bearing.time, bearing.observer) == (248.0, NOW, "B")
    assert bearing.latitude_deg == 43.3499
    assert bearing.supersedes_id == entries()[0].id


def test_json_is_the_entry(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    note("silence", "--json")
    entry = json.loads(capsys.readouterr().out)
    assert entry["id"] == entries()[0].id
    assert entry["content"] == {"kind": "silence", "heard": False, "ear": "by ear"}


def test_dictated_line_is_saved_as_the_others_note_once(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    note("bearing", 243, "-s", "-O", "B", "-a", "43.34991,42.44531", "-T", "14:35", "-j", "b.jrn")
    line = capsys.readouterr().out.strip()
    assert note("verify", line) == 0
    assert not Path("search.journal").exists()
    assert note("verify", line, "--save") == 0
    assert note("verify", line.lower(), "--save") == 0
    [entry] = entries()
    assert entry.observer == "B"
    assert entry.content.pop("text") == f"by radio: {line}"
    [original] = entries("b.jrn")
    rounded = {"latitude_deg": 43.3499, "longitude_deg": 42.4453}
    assert entry.content == {**original.content, **rounded}


def test_wrong_letter_is_refused(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    note("silence")
    line = capsys.readouterr().out.strip()
    assert note("verify", line.replace("24/", "25/"), "--save") == 1
    assert "say it again" in capsys.readouterr().err
    assert len(entries()) == 1


def test_line_without_sense_is_code_four(note: Note) -> None:
    from receiver.notes.readback import check_letter

    assert note("verify", f"HELLO WORLD {check_letter('HELLO WORLD')}") == 4


def test_sheets_give_observer_and_collar(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    Path("baksan.toml").write_text('observer = "K"\n[collars."Батраз"]\nserial = "1"\n')
    note("heard", "clear")
    [entry] = entries()
    assert (entry.observer, entry.content["collar"]) == ("K", "Батраз")
    note("heard", "clear", "--collar", "Batraz")
    assert "no sheet of a collar 'Batraz'" in capsys.readouterr().err


def test_broken_settings_do_not_stop_a_note(note: Note) -> None:
    Path("baksan.toml").write_text("[collars\n")
    assert note("heard", "clear") == 0


def test_uncalibrated_dbm_is_refused(note: Note) -> None:
    assert note("heard", "--level", "-97", "--unit", "dBm") == 2
    assert note("heard", "--level", "-97") == 0
    assert contents()[0]["level_unit"] == "dB"


@pytest.mark.parametrize("spoil", [b"", b"junk" * 100, None])
def test_file_that_is_no_journal_is_not_touched(note: Note, spoil: bytes | None) -> None:
    path = Path("given.journal")
    path.mkdir() if spoil is None else path.write_bytes(spoil)
    assert note("heard", "clear") == 2
    assert spoil is None or path.read_bytes() == spoil


@pytest.mark.parametrize(
    "words",
    ["bearing", "bearing 400", "bearing nan", "bearing 1 -s -b", "bearing 1 -l -w", "heard",
     "heard loud", "silence -m 0", "sighting -r 0", "sighting -t maybe", "place nowhere",
     "place 91 0", "undo", "correct bearing 1", "heard clear -z Mars/Base", "text"],
)  # fmt: skip
def test_wrong_words_are_code_two_and_write_nothing(note: Note, words: str) -> None:
    assert note(*words.split()) == 2
    assert not Path("search.journal").exists() or contents() == []


# --- what a receiver hears with -------------------------------------------------------------------


def test_setup_is_said_bit_by_bit_and_shown(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    assert note("setup", "--antenna", "yagi", "--directional", "--gain", 5) == 0
    assert note("setup", "--attenuator", 20) == 0
    assert contents()[-1] == {"kind": "setup", "receiver": "hand", "attenuator_db": 20.0}
    capsys.readouterr()
    assert note("setup") == 0
    shown = {line[:20].strip(): line[21:] for line in capsys.readouterr().out.splitlines()}
    assert (shown["antenna"], shown["gain"], shown["attenuator_db"]) == ("yagi", "5", "20")
    assert (shown["squelch"], shown["radio check"]) == ("unknown", "UNTESTED today")
    assert (shown["receiver"], shown["directional"]) == ("hand", "yes")
    assert len(entries()) == 2
    assert note("setup", "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["attenuator_db"], plain["mode"], plain["radio_check"]) == (20.0, None, None)


def test_looking_at_the_setup_writes_nothing(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("baksan.toml").write_text('[receivers.hand]\nantenna = "whip"\n')
    assert note("setup") == 0
    assert "antenna              whip" in capsys.readouterr().out
    assert not Path("search.journal").exists()


def test_setup_says_whether_levels_stay_comparable(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    note("setup", "--gain", 5, "--mode", "cw")
    assert "a new stretch of levels begins" in capsys.readouterr().err
    assert contents()[-1]["mode"] == "CW"
    note("setup", "--mode", "CW")
    assert "nothing changes" in capsys.readouterr().err
    with Journal.open(Path("search.journal")) as journal:
        journal.append([Entry(id="c", observer="A", time=NOW, content={
            "kind": "calibration", "receiver": "hand", "calibration_id": "x", "raw": [0, 9],
            "db": [0.0, 20.0], "unit": "dB"})])  # fmt: skip
    note("setup", "--attenuator", 20)
    assert "levels stay comparable" in capsys.readouterr().err
    note("setup", "--attenuator", 0, "--antenna", "whip")
    assert "a new stretch of levels begins" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("setup", "--attenuator", 999), ("setup", "--squelch", "half"), ("setup", "--antenna", ""),
     ("setup", "--side", "up"), ("setup", "--azimuth", "nan"), ("turn", "begin"),
     ("turn", "end", "--loudest", 400), ("turn", "start", "--polarisation", "round"),
     ("compass", "stars"), ("compass", "phone", "--error", 0), ("silence", "--ear", "nose"),
     ("silence", "--frequency", "loud"), ("silence", "--frequency", -5),
     ("setup", "--receiver", "", "--gain", 5), ("setup", "--gain", " "),
     ("setup", "--receiver", "a\tb", "--gain", 5), ("heard", "clear", "--receiver", " "),
     ("silence", "--receiver", "x" * 61)],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_written(
    note: Note, words: tuple[Any, ...]
) -> None:
    assert note(*words) == 2
    assert not Path("search.journal").exists()


def test_of_several_receivers_one_has_to_be_named(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal.create(Path("search.journal"), Configuration()) as journal:
        address = "uniden:serial:/dev/x"
        journal.append([Source(source=s, address=address, observer="A") for s in ("left", "right")])
    assert note("setup", "--gain", 5) == 2
    assert "--receiver left or right or hand" in capsys.readouterr().err
    assert note("setup", "--gain", 5, "--receiver", "left") == 0
    assert contents() == [{"kind": "setup", "receiver": "left", "gain": "5"}]


def test_receivers_of_others_are_not_ours(note: Note, tmp_path: Path) -> None:
    theirs = [Source(source="trx", address="uniden:serial:/dev/x", observer="A")]
    ours = [Source(source="r30", address="icom:serial:/dev/y?model=r30", observer="B")]
    with Journal.create(tmp_path / "theirs.journals", Configuration()) as other:
        other.append(theirs)
    with Journal.create(Path("search.journal"), Configuration()) as journal:
        journal.append(ours)
        journal.merge(tmp_path / "theirs.journals")
    note("setup", "--gain", 5)
    note("setup", "--gain", 5, "--observer", "B")
    assert [content["receiver"] for content in contents()] == ["hand", "r30"]


def test_name_that_may_be_a_slip_is_told(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    Path("baksan.toml").write_text('[receivers.r30]\nantenna = "yagi"\n')
    note("setup", "--receiver", "R30", "--gain", 5)
    assert "look" not in capsys.readouterr().err
    note("setup", "--receiver", "r3", "--gain", 5)
    assert "a receiver r3 was not named before; there is hand, r30" in capsys.readouterr().err
    assert [c["receiver"] for c in contents() if c["kind"] == "setup"] == ["r30", "r3"]


def test_two_receivers_by_ear_share_no_offset(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal.create(Path("search.journal"), Configuration()) as journal:
        address = "icom:serial:/dev/y?model=r30"
        journal.append([Source(source="r30", address=address, observer="A")])
    note("heard", "clear", "--gain", 5, "--receiver", "r30")
    assert "without a cable" not in capsys.readouterr().err
    note("heard", "clear", "--gain", 5)
    assert "taken as without a cable; else add --receiver r30" in capsys.readouterr().err
    assert [c.get("receiver") for c in contents()] == ["r30", None]
    assert len({o.session for o in derived().unplaced}) == 2


def test_turn_is_true_and_says_what_is_missing(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    note("place", "43.3499", "42.4453")
    assert note("turn", "start", "-p", "both") == 0
    assert note("turn", "end", "--loudest", 236, "--weakest", 50, "--magnetic", "--full") == 0
    end = contents()[-1]
    assert end["loudest_deg"] == pytest.approx(236 + 7.4, abs=1.0)  # east of north there and then
    assert (end["full"], end["state"]) == (True, "end")
    said = capsys.readouterr().err
    assert "look: nobody said that the antenna is directional" in said
    assert "without --" not in said
    note("turn", "start")
    assert note("turn", "end") == 0
    said = capsys.readouterr().err
    for option in ("--loudest", "--full", "--polarisation"):
        assert f"without {option}" in said


def test_end_without_a_beginning_is_told(
    note: Note, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note("turn", "end", "--loudest", 240)
    said = capsys.readouterr().err
    assert "taken as degrees from true north" in said
    assert "no turn with hand was begun in the ten minutes before" in said
    note("turn", "start")
    monkeypatch.setattr(StandingClock, "now_utc", NOW + timedelta(minutes=11))
    note("turn", "end", "--loudest", 240)
    assert "no turn with hand was begun" in capsys.readouterr().err


def test_silence_says_at_once_whether_it_counts(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    note("place", "43.3499", "42.4453")
    note("silence", "--minutes", 10)
    assert "it does not count: the squelch is not known" in capsys.readouterr().err
    note("setup", "--antenna", "whip", "--omni", "--squelch", "open", "--mode", "CW", "--gain", 5)
    with Journal.open(Path("search.journal")) as journal:
        journal.append([Entry(id="c", observer="A", time=NOW, content={
            "kind": "radio_check", "receiver": "hand", "passed": True})])  # fmt: skip
    capsys.readouterr()
    note("silence", "--minutes", 10)
    assert "it counts as silence" in capsys.readouterr().err
    assert "silence" in [o.kind for o in derived().observations]
    note("silence", "--minutes", 10, "--ear", "meter", "--frequency", "150.34M")
    said = capsys.readouterr()
    assert "nothing heard in 10 minutes on 150.34 MHz, by a meter alone" in said.err
    assert "it does not count: a meter alone proves no silence" in said.err
    assert "no line to read back" in said.err
    assert said.out == ""


def test_new_kinds_are_taken_back_and_described(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    note("compass", "phone", "--checked")
    assert contents()[-1]["sigma_deg"] == 5.0
    note("setup", "--gain", "max")
    capsys.readouterr()
    assert note("undo") == 0
    assert "taken back: 2026-11-24 14:40 MSK, hand hears with: gain max" in capsys.readouterr().err
    assert note("undo") == 0
    assert "compass: phone" in capsys.readouterr().err
    assert derived().observations == []


def test_what_another_program_wrote_can_be_taken_back(note: Note) -> None:
    strange: list[dict[str, Any]] = [
        {"kind": "weather"}, {"kind": "compass"}, {"kind": "setup", "attenuator_db": "x"}, {}
    ]  # fmt: skip
    with Journal.create(Path("search.journal"), Configuration()) as journal:
        for number, content in enumerate(strange):
            journal.append([Entry(id=f"{number}", observer="A", time=NOW, content=content)])
    for _ in strange:
        assert note("undo") == 0
    assert note("undo") == 2
