"""Single keys: what is asked, what they finish, and that a wrong key loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.ui import keypad
from receiver.ui.keypad import Entered, Keypad
from receiver.ui.questions import actions, compass, keys_line

KEYS = keys_line()
TRANSMITS = "OUR RADIO TRANSMITS: nothing counts until v"
TURNING = "TURN RUNS: t ends it"


def typed(text: str, pad: Keypad | None = None) -> list[Entered]:
    pad = pad or Keypad(["r30"])
    return [done for character in text if (done := pad.feed(character))]


FINISHED: list[tuple[str, str, dict[str, Any]]] = [
    ("hc", "heard", {"word": "clear"}),
    ("b243\nms", "bearing", {"degrees": 243.0, "magnetic": True, "sharp": True}),
    ("b12,5\rt\r", "bearing", {"degrees": 12.5, "magnetic": False, "sharp": None}),
    ("s10\n", "silence", {"receiver": "r30", "minutes": 10.0}),
    ("nлёд \n", "note", {"text": "лёд"}),
    ("v", "own radio", {"transmitting": True}),
    ("qy", "end", {"sure": True}),
    ("un", "undo", {"sure": False}),
    ("tv", "turn", {"receiver": "r30", "polarisation": "vertical", "state": "start"}),
    ("gyagi\ny5\n20\no\n\n", "setup",
     {"receiver": "r30", "antenna": "yagi", "directional": True, "gain": "5",
      "attenuator_db": 20.0, "squelch": "open", "mode": None, "body": None}),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "what", "values"), FINISHED)
def test_keys_finish_an_action(keys: str, what: str, values: dict[str, Any]) -> None:
    pad = Keypad(["r30"])
    assert typed(keys, pad) == [Entered(what, values)]
    assert pad.prompt.splitlines()[-1] == KEYS


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [("рс", "hc"), ("и243\nьы", "b243\nms"), ("м", "v"), ("йн", "qy"), ("ЕМ", "tv")],  # noqa: RUF001
)
def test_keys_of_a_cyrillic_layout_are_the_same_keys(cyrillic: str, latin: str) -> None:
    assert typed(cyrillic) == typed(latin)


def test_turn_begins_and_ends() -> None:
    pad = Keypad()
    begin, end = typed("tb" + "t243\n60\nmy", pad)
    hand = {"receiver": "hand"}
    assert begin.values == {**hand, "polarisation": "both", "state": "start"}
    assert end.values == {**hand, "loudest_deg": 243.0, "weakest_deg": 60.0, "magnetic": True,
                          "full": True, "state": "end"}  # fmt: skip
    (again,) = typed("t\n", pad)
    assert again.values == {**hand, "polarisation": None, "state": "start"}
    (unsaid,) = typed("t\n\nn", pad)
    assert unsaid.values["magnetic"] is None  # without a direction nobody asks from which north


def test_of_several_receivers_it_is_asked_which() -> None:
    pad = Keypad(["r30", "r85"])
    pad.feed("t")
    assert pad.prompt.startswith("which receiver? 1 r30, 2 r85, 0 by ear")
    (begin,) = typed("29v", pad)
    assert begin.values["receiver"] == "r85"
    (end,) = typed("t90\n\nty", pad)  # the end is of the receiver of the beginning
    assert end.values["receiver"] == "r85"
    (silence,) = typed("s05\n", pad)
    assert silence.values == {"receiver": "hand", "minutes": 5.0}


def test_what_goes_on_stands_in_the_prompt_until_it_ends() -> None:
    pad = Keypad(["r30"])
    typed("vtv", pad)
    assert pad.prompt.splitlines() == [TRANSMITS, TURNING, KEYS]
    typed("vt\n\n\n", pad)
    assert pad.prompt == KEYS
    assert len(KEYS) < 80


def test_what_cannot_be_is_asked_again_and_says_why() -> None:
    pad = Keypad()
    assert typed("b999\n", pad) == []
    assert "999 cannot be: 0 to 360" in pad.prompt
    assert typed("abc\n", pad) == []
    assert "is not a number" in pad.prompt
    assert typed("24x\x7f3\nms", pad)[0].values["degrees"] == 243.0


def test_escape_takes_all_back_and_wrong_keys_are_passed_over() -> None:
    pad = Keypad()
    assert typed("b24\x1b", pad) == []
    assert pad.prompt == KEYS
    assert typed("hxyzhc", pad) == [Entered("heard", {"word": "clear"})]
    assert typed("hs\n\n\n", pad) == [Entered("heard", {"word": "strong"})]


def test_only_y_is_a_yes() -> None:
    pad = Keypad()
    assert typed("qwy", pad) == []
    assert pad.prompt == KEYS
    assert typed("йцн", Keypad()) == []
    assert typed("ufy", Keypad()) == []
    assert typed("qy", pad) == [Entered("end", {"sure": True})]


def test_questions_wait_until_something_is_finished() -> None:
    pad = Keypad()
    pad.feed("b")
    asked = actions()["g"]
    pad.ask(asked.what, asked.steps, receiver="r30")
    pad.ask("compass", compass())
    assert pad.prompt.startswith("bearing, degrees")
    typed("243\nt\n", pad)
    assert pad.prompt.startswith("r30: antenna")
    (setup,) = typed("whip\n\n\n\n\n\n\n", pad)
    assert setup.values["receiver"] == "r30"
    assert setup.values["antenna"] == "whip"
    assert typed("p", pad) == [Entered("compass", {"compass": "phone"})]


@given(st.text(max_size=300))
def test_no_keys_are_ever_an_error(text: str) -> None:
    pad = Keypad()
    typed(text, pad)
    assert len(pad.prompt) < 700
    pad.feed("\x1b")
    assert typed("hc", pad)[-1:] == [Entered("heard", {"word": "clear"})]


@pytest.mark.parametrize(("key", "sure"), [("y", True), ("д", True), ("n", False), ("н", False)])
def test_a_russian_no_is_no_yes(key: str, sure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded case: it lies on the key of y, and took the last row back."""
    monkeypatch.setattr(keypad, "language", lambda: "ru")
    assert any(entered.values.get("sure") for entered in typed(f"u{key}")) is sure
