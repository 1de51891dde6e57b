"""The keys of the last kilometre: one key each, and the rows that they make."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.clock import SystemClock
from receiver.config import Collar, Setup
from receiver.notes import content as notes
from receiver.records import Entry
from receiver.ui.homing_keys import STEP_KEYS, GainChain, actions, key_words, step_words
from receiver.ui.keypad import Entered, Keypad
from receiver.ui.keys import Deeds, Keys


def typed(text: str, pad: Keypad | None = None) -> list[Entered]:
    pad = pad or Keypad(["r30"], actions)
    return [done for character in text if (done := pad.feed(character))]


FINISHED: list[tuple[str, str, dict[str, Any]]] = [
    ("  ", "heard", {"word": "clear"}),
    (" f", "heard", {"word": "faint"}),
    ("hs", "heard", {"word": "strong"}),
    ("!s", "call", {"call": "animal seen"}),
    ("ad", "call", {"call": "danger"}),
    ("e30\nc", "sighting", {"radius_m": 30.0, "trust": 0.95}),
    ("c", "next collar", {}),
    ("l", "light", {}),
    ("p100\nleader\n", "approach", {"limit_m": 100.0, "word": "LEADER"}),
    ("qy", "end", {"sure": True}),
    *[(key, "gain step", {"step": step, "receiver": "r30"}) for key, step in STEP_KEYS.items()],
]


@pytest.mark.parametrize(("keys", "what", "values"), FINISHED)
def test_keys_finish_an_action(keys: str, what: str, values: dict[str, Any]) -> None:
    assert typed(keys) == [Entered(what, values)]


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [("рс", "hc"), ("фв", "ad"), ("у30\nс", "e30\nc"), ("с", "c"), ("д", "l")],  # noqa: RUF001
)
def test_keys_of_a_cyrillic_layout_are_the_same_keys(cyrillic: str, latin: str) -> None:
    assert typed(cyrillic) == typed(latin) != []


def test_the_call_to_all_comes_before_any_choice() -> None:
    assert typed("h!d") == [Entered("call", {"call": "danger"})]
    assert typed("b240\n!s") == [Entered("call", {"call": "animal seen"})]
    assert typed("nhelp!\n") == [Entered("note", {"text": "help!"})]  # but not inside a text


def test_the_limit_wants_the_word_as_well() -> None:
    pad = Keypad(["r30"], actions)
    assert typed("p50\n\n\nyes\n", pad) == []
    assert "not LEADER: the limit stays" in pad.question
    assert typed("p-5\n\n", Keypad(["r30"], actions)) == []
    assert typed("\x1b" + "p50\n\x1b", pad) == []
    assert pad.question == ""


def test_of_several_receivers_a_gain_step_asks_which() -> None:
    (done,) = typed("12", Keypad(["r30", "r85"], actions))
    assert done.values == {"step": "attenuator", "receiver": "r85"}


def test_steps_add_up_and_are_taken_back() -> None:
    chain = GainChain()
    assert chain.press("r30", "attenuator") == {"gain": "attenuator"}
    assert chain.press("r30", "off tune 5 kHz") == {"gain": "attenuator, off tune 5 kHz"}
    assert chain.press("r30", "off tune 20 kHz") == {"gain": "attenuator, off tune 20 kHz"}
    bare = chain.press("r30", "no antenna")
    assert (bare["antenna"], bare["directional"]) == ("none", False)
    chain.undo("r30")
    assert chain.taken("r30") == ("attenuator", "off tune 20 kHz")
    assert chain.press("r30", "attenuator") == {"gain": "off tune 20 kHz"}
    assert chain.press("r30", "off tune 20 kHz") == {"gain": "open"}
    assert chain.taken("r85") == ()


def test_every_step_says_its_key() -> None:
    for key, step in STEP_KEYS.items():
        assert f"(key {key})" in step_words(step)
    assert step_words("lower the mast") == "lower the mast"


def test_the_longest_chain_may_be_saved() -> None:
    chain = GainChain()
    for step in STEP_KEYS.values():
        said = chain.press("r30", step)
    assert notes.setup("r30", said)["gain"].count(",") == 3


class Saved:
    """Keys whose rows are kept in a list."""

    def __init__(self) -> None:
        self.rows: list[Entry] = []
        self.others: list[Entered] = []
        self.said: list[str] = []
        nothing: Any = lambda *args: None  # noqa: E731
        deeds = Deeds(submit=self.rows.append, keep=nothing, saved=lambda s: True,
                      own_radio=nothing, end=nothing, place=nothing, maybe=lambda: "",
                      play=nothing, say=self.said.append, prompt=nothing,
                      other=self.other)  # fmt: skip
        self.keys = Keys(deeds, SystemClock(), "A", ["r30"], "made-7", actions)

    def other(self, done: Entered) -> notes.Content | None:
        self.others.append(done)
        return notes.note("next collar") if done.what == "next collar" else None

    def type(self, text: str) -> list[dict[str, Any]]:
        for character in text:
            self.keys.press(character)
        return [dict(row.content) for row in self.rows]


def test_each_gain_step_is_a_row_and_no_antenna_asks_which_is_on_again() -> None:
    saved = Saved()
    rows = saved.type("1355")
    assert [row["gain"] for row in rows] == [
        "attenuator",
        "attenuator, off tune 10 kHz",
        "attenuator, off tune 10 kHz, no antenna",
        "attenuator, off tune 10 kHz",
    ]
    assert saved.keys.pad.question.startswith("r30: antenna")
    assert saved.type("yagi\ny")[-1] == {"kind": "setup", "receiver": "r30", "antenna": "yagi",
                                         "directional": True}  # fmt: skip


def test_an_undone_step_is_a_new_row_and_no_step() -> None:
    saved = Saved()
    rows = saved.type("13uy" + "1")
    assert rows[2]["supersedes_id"] == saved.rows[1].id
    assert rows[3]["gain"] == "open"  # the attenuator of before was on, and is taken back


def test_an_approach_limit_is_set_anew_and_not_taken_back() -> None:
    """Recorded case: taking a raised limit back lowered it without the leader's word."""
    rows = Saved().type("p1000\nleader\n" + "uy")
    assert [row["kind"] for row in rows] == ["approach_limit"]


def test_what_only_homing_has_goes_to_the_command() -> None:
    saved = Saved()
    rows = saved.type("cl")
    assert [done.what for done in saved.others] == ["next collar", "light"]
    assert rows == [{"kind": "note", "text": "next collar"}]


def test_calls_limits_and_sightings_are_rows() -> None:
    rows = Saved().type("!d" + "p0\nleader\n" + "e20\nr" + "e\n\n")
    assert rows == [
        {"kind": "call", "call": "danger"},
        {"kind": "approach_limit", "limit_m": 0.0, "collar": "made-7"},
        {"kind": "sighting", "radius_m": 20.0, "trust": 0.3, "collar": "made-7"},
        {"kind": "sighting", "radius_m": 200.0, "trust": 0.7, "collar": "made-7"},
    ]


def test_what_is_entered_is_about_the_collar_that_is_homed_in_on() -> None:
    saved = Saved()
    saved.type("  ")
    saved.keys.home(Collar(name="made-8", frequency_hz=150e6))
    rows = saved.type("  " + "p50\nleader\n")
    assert [row["collar"] for row in rows] == ["made-7", "made-8", "made-8"]


@given(st.text(max_size=200))
def test_no_keys_are_ever_an_error(text: str) -> None:
    pad = Keypad(["r30"], actions)
    typed(text, pad)
    assert typed("\x1b\x1b  ", pad)[-1:] == [Entered("heard", {"word": "clear"})]


def test_heard_and_the_call_stand_first() -> None:
    assert key_words()[:2] == ("SPACE HEARD", "! CALL ALL")


def test_figures_are_the_close_in_chain_in_its_order() -> None:
    """The order of section 1 of the project's page on field use, and of the printed keys."""
    assert STEP_KEYS == {
        "1": "attenuator", "2": "off tune 5 kHz", "3": "off tune 10 kHz", "4": "off tune 20 kHz",
        "5": "no antenna", "6": "body shield",
    }  # fmt: skip


def test_a_call_to_all_waits_for_no_question() -> None:
    """Recorded case: ! and d were taken for the name of an antenna."""
    saved = Saved()
    saved.keys.ask(["r30"], True)
    assert "antenna" in saved.keys.pad.question
    assert saved.type("!d")[-1] == {"kind": "call", "call": "danger"}


def test_heard_waits_for_no_question_and_what_was_asked_goes_on() -> None:
    """Recorded case: the space bar was taken for the name of an antenna."""
    saved = Saved()
    saved.keys.ask(["r30", "r85"], True)
    for character in "yagi":
        saved.keys.press(character)
    assert saved.type("\n") == []
    assert saved.keys.pad.question.startswith("r30: directional")
    assert "SPACE: HEARD" in saved.keys.pad.question
    assert saved.type("  ")[-1]["heard"] is True
    assert saved.keys.pad.question.startswith("r30: directional")
    rows = saved.type("y\n\n\n\n\n")
    assert rows[-1]["antenna"] == "yagi"
    assert rows[-1]["directional"] is True
    assert saved.keys.pad.question.startswith("r85: antenna")


def test_escape_leaves_all_that_nobody_asked_for() -> None:
    saved = Saved()
    saved.keys.ask(["r30", "r85"], True)
    saved.type("\x1b")
    assert saved.keys.pad.question == ""


def test_who_is_asked_sure_is_not_asked_again_after_a_call() -> None:
    saved = Saved()
    saved.type("q!s")
    assert saved.keys.pad.question == ""
    assert saved.type("b90\n!!s")[-1] == {"kind": "call", "call": "animal seen"}
    assert "magnetic" in saved.keys.pad.question
    assert saved.type("tb")[-1]["kind"] == "bearing"


def test_a_gain_step_is_by_enter_of_the_receiver_whose_level_is_shown() -> None:
    """Recorded case: unasked, it went to whatever was shown just then."""
    shown = ["r85"]
    pad = Keypad(["r30", "r85"], actions, lambda: shown[0])
    pad.feed("1")
    assert "Enter r85" in pad.question
    shown[0] = "r30"
    steps = typed("\n" + "11" + "10", pad)
    assert [step.values["receiver"] for step in steps] == ["r85", "r30", "hand"]
    shown[0] = "00000000000000a1"  # nothing with a knob
    pad.feed("1")
    assert "Enter" not in pad.question


def test_no_antenna_is_taken_back_to_the_antenna_of_before() -> None:
    """Recorded case: whoever pressed Enter went on without an antenna, and all was "very near"."""
    chain = GainChain(lambda receiver: Setup(receiver=receiver, antenna="yagi", directional=True))
    assert chain.press("r30", "no antenna")["antenna"] == "none"
    assert chain.press("r30", "no antenna") == {
        "gain": "open", "antenna": "yagi", "directional": True,
    }  # fmt: skip
    rows = Saved().type("55")
    assert rows[-1] == {"kind": "setup", "receiver": "r30", "gain": "open", "antenna": "on"}


def test_undo_of_a_setup_takes_no_gain_step_back() -> None:
    rows = Saved().type("1" + "gyagi\ny\n\n\n\n\n" + "uy" + "1")
    assert rows[-1]["gain"] == "open"


def test_heard_and_the_call_interrupt_a_number_and_do_not_pile_up() -> None:
    saved = Saved()
    rows = saved.type("b34!d")
    assert rows == [{"kind": "call", "call": "danger"}]
    assert "34_" in saved.keys.pad.question
    rows = saved.type("  " + "0\nt\n")
    assert [row["kind"] for row in rows] == ["call", "level", "bearing"]
    assert rows[-1]["bearing_deg"] == 340
    piled = Saved()
    assert piled.type(" ! ! ! s") == [{"kind": "call", "call": "animal seen"}]
    assert "HEARD" in piled.keys.pad.question  # a blank never drops a call
    assert [row["kind"] for row in piled.type("s")] == ["call", "level"]
    assert piled.keys.pad.question == ""  # no call is left for the next s


def test_undo_after_a_refused_entry_takes_back_the_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded case: the gain step before it was looked for in a note."""
    saved = Saved()
    rows = saved.type("1" + "b240\nm\n" + "uy")
    assert "NOT used" in rows[1]["text"]
    assert rows[2]["supersedes_id"] == saved.rows[1].id
    assert not [said for said in saved.said if "fault" in said]


def test_an_antenna_that_is_put_on_again_is_the_one_last_said() -> None:
    """Recorded case: after an undo, or a setup just entered, another antenna came back."""
    saved = Saved()
    saved.type("gyagi\ny\n\n\n\n\n")
    assert saved.type("5" + "5")[-1]["antenna"] == "yagi"
    assert saved.type("uy" + "5")[-1]["antenna"] == "yagi"
    saved.type("gdipole\nn\n\n\n\n\n")
    assert saved.type("55")[-1] | {"gain": ""} == {
        "kind": "setup", "receiver": "r30", "gain": "", "antenna": "dipole", "directional": False,
    }  # fmt: skip


def test_a_place_is_typed_and_one_that_is_none_is_asked_again() -> None:
    saved = Saved()
    assert saved.type("w43.3499 42.4453\n") == [
        {"kind": "place", "latitude_deg": 43.3499, "longitude_deg": 42.4453}
    ]
    saved.type("w43.3499\n")
    assert "write 43.3499,42.4453" in saved.keys.pad.question


def test_undo_names_what_it_takes_back() -> None:
    saved = Saved()
    saved.type("b243\nt\nu")
    assert "take back: bearing 243 degrees true" in saved.keys.pad.question
    assert saved.type("y")[-1]["text"].startswith("taken back: bearing 243")
    saved.type("u")
    assert "bearing" not in saved.keys.pad.question


def test_an_entry_is_of_the_moment_of_its_first_key() -> None:
    """Recorded case: a bearing that waited under a call was stamped six minutes late."""
    saved = Saved()
    saved.type("b24")
    begun = datetime.now(UTC)
    time.sleep(0.05)
    saved.type("!d" + "3\nt\n")
    call, bearing = saved.rows
    assert bearing.time < begun < call.time
    assert bearing.monotonic_ns < call.monotonic_ns


def test_esc_keeps_what_was_answered_of_what_the_start_asks() -> None:
    saved = Saved()
    saved.keys.ask(["r30", "r85"], True)
    rows = saved.type("yagi\ny\x1b")
    assert rows == [{"kind": "setup", "receiver": "r30", "antenna": "yagi", "directional": True}]
    assert saved.keys.pad.question == ""


def test_a_command_after_undo_is_obeyed_and_a_digit_is_not() -> None:
    """Recorded case: u, then w and a place: its digits were taken for gain steps."""
    saved = Saved()
    rows = saved.type("n1\n" + "uw43.0, 42.0\n" + "u4")
    assert [row["kind"] for row in rows] == ["note", "place"]
