"""Single keys while listening: from a key press to a finished entry, without any menu.

A pure state machine: characters in, a prompt and sometimes a finished `Entered` out. Nothing that
was typed can be lost by a wrong key: it is passed over, Backspace takes one back, Escape all.
Letters of a Cyrillic layout count as the key that they are on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from receiver.errors import ConfigError
from receiver.notes import content as notes
from receiver.records import HAND

KEYS = "h heard  b bearing  t turn  s silence  n note  g gain  v voice  u undo  q end"  # 80 columns
_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю"
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
SAME_KEY = str.maketrans(_CYRILLIC + _CYRILLIC.upper(), _LATIN * 2)
ESCAPE, BACKSPACES, ENTERS = "\x1b", "\x7f\b", "\r\n"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Entered:
    """What was finished: `what` names the action, `values` what was typed for each step."""

    what: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One question: `choices` are single keys and what they mean; without, text up to Enter.

    `parse` reads the text and refuses it with a ConfigError; nothing typed is None where allowed.
    With `after`, it is asked only where one of these was answered.
    """

    name: str
    prompt: str
    choices: dict[str, Any] | None = None
    parse: Callable[[str], Any] = str
    optional: bool = True
    after: tuple[str, ...] = ()


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            raise ConfigError(f"{text!r} is not a number") from None
        return notes.number(value, "it", low, high)

    return read


_POLARISATION = {"v": "vertical", "h": "horizontal", "b": "both"}
_YES_NO = {"y": True, "n": False}
ACTIONS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "h": ("heard", (Step("word", "heard: f faint, c clear, s strong",
                         {"f": "faint", "c": "clear", "s": "strong"}, optional=False),)),
    "b": ("bearing", (
        Step("degrees", "bearing, degrees", parse=_number(0, 360), optional=False),
        Step("magnetic", "m magnetic (compass), t true", {"m": True, "t": False}, optional=False),
        Step("sharp", "s sharp, b broad (Enter)", {"s": True, "b": False}),
    )),
    "s": ("silence", (Step("minutes", "silence: for how many minutes", parse=_number(0.1, 1440),
                           optional=False),)),
    "n": ("note", (Step("text", "note", optional=False),)),
    "g": ("setup", (
        Step("antenna", "antenna (Enter: as before)"),
        Step("directional", "directional? y n", _YES_NO),
        Step("gain", "mark of the gain knob"),
        Step("attenuator_db", "attenuator, dB", parse=_number(0, 120)),
        Step("squelch", "squelch: o open, c closed", {"o": "open", "c": "closed"}),
        Step("mode", "mode (CW, USB, ...)"),
        Step("body", "where on the body (front, behind, mast, car)"),
    )),
    "m": ("maybe", (
        Step("test", "a MAYBE: p play it, h held for 60 s, a antenna turned away, u unplugged",
             {"p": "play", "h": "held for 60 s", "a": "antenna turned away",
              "u": "antenna unplugged"}, optional=False),
        Step("then", "and then? g it went, s it stayed (p: Enter)",
             {"g": "it went", "s": "it stayed"}),
    )),
    "v": ("own radio", ()),
    "u": ("undo", (Step("sure", "take the last note back? y n", _YES_NO, optional=False),)),
    "q": ("end", (Step("sure", "end listening? y n", _YES_NO, optional=False),)),
}  # fmt: skip
TURN_START: tuple[Step, ...] = (
    Step("polarisation", "turn begins; antenna: v vertical, h horizontal, b both", _POLARISATION),
)
TURN_END = (
    Step("loudest_deg", "turn ends; loudest at, degrees", parse=_number(0, 360)),
    Step("weakest_deg", "weakest at, degrees", parse=_number(0, 360)),
    Step(
        "magnetic",
        "m magnetic (compass), t true",
        {"m": True, "t": False},
        optional=False,
        after=("loudest_deg", "weakest_deg"),
    ),
    Step("full", "turned all around? y n", _YES_NO),
)
COMPASS = (Step("compass", "which compass gives headings? p phone, m magnetic, e electronic, g GPS",
                {"p": "phone", "m": "magnetic", "e": "electronic", "g": "gps"}),)  # fmt: skip
ABOUT_A_RECEIVER = ("turn", "silence", "setup")
TRANSMITS = "OUR RADIO TRANSMITS: nothing counts until v"
TURNING = "TURN RUNS: t ends it"
MAYBE = "m: play it, or write down what a test gave"


def which(receivers: Sequence[str]) -> Step:
    """Ask which receiver it is about; 0 is who listens by ear, without a cable."""
    choices = {"0": HAND, **{str(n): name for n, name in enumerate(receivers[:9], 1)}}
    said = ", ".join(f"{key} {name}" for key, name in choices.items() if name != HAND)
    return Step("receiver", f"which receiver? {said}, 0 by ear", choices, optional=False)


class Keypad:
    """What is being typed, and what has been asked.

    Of several receivers it is asked which one is meant. `turn_of` is the one that is being turned,
    `transmitting` whether the team's own voice radio is, `maybe` a beacon that may be one: they
    stand in the prompt until they end.
    """

    def __init__(self, receivers: Sequence[str] = ()) -> None:
        self._receivers = tuple(receivers)
        self.turn_of: str | None = None
        self.transmitting = False
        self.maybe = ""
        self._what = ""
        self._steps: list[Step] = []
        self._values: dict[str, Any] = {}
        self._typed = ""
        self._fault = ""
        self._extra: dict[str, Any] = {}
        self._waiting: list[tuple[str, tuple[Step, ...], dict[str, Any]]] = []

    @property
    def prompt(self) -> str:
        """The line under the table: the keys, or what is being asked and typed."""
        if not self._steps:
            turning = self.turn_of is not None
            runs = [TRANSMITS] * self.transmitting + [TURNING] * turning
            doubt = [f"MAYBE {self.maybe}: {MAYBE}"] if self.maybe else []
            return "\n".join([*runs, *doubt, KEYS])
        fault = f"  ({self._fault})" if self._fault else ""
        about = f"{self._extra['receiver']}: " if "receiver" in self._extra else ""
        return f"{about}{self._steps[0].prompt}: {self._typed}_{fault}  [Esc: no]"

    def ask(self, what: str, steps: tuple[Step, ...], **extra: Any) -> None:
        """Ask something unasked, once what is being typed is finished."""
        self._waiting.append((what, steps, extra))
        self._go_on()

    def feed(self, character: str) -> Entered | None:
        """Take one key; return what it finishes."""
        if character == ESCAPE:
            self._clear()
            return None
        if not self._steps:
            return self._begin(character.translate(SAME_KEY).lower())
        step = self._steps[0]
        if step.choices is not None:
            return self._choose(step, character)
        return self._type(step, character)

    def _begin(self, key: str) -> Entered | None:
        what, steps = "turn", TURN_START if self.turn_of is None else TURN_END
        if key != "t":
            if key not in ACTIONS:
                return None
            what, steps = ACTIONS[key]
        self._what, self._steps, self._values = what, list(steps), {}
        if what in ABOUT_A_RECEIVER:
            self._ask_which()
        return None if self._steps else self._finish()

    def _ask_which(self) -> None:
        if self._what == "turn" and self.turn_of is not None:
            self._values["receiver"] = self.turn_of
        elif len(self._receivers) > 1:
            self._steps.insert(0, which(self._receivers))
        else:
            self._values["receiver"] = self._receivers[0] if self._receivers else HAND

    def _choose(self, step: Step, character: str) -> Entered | None:
        key = character.translate(SAME_KEY).lower()
        assert step.choices is not None
        if key in step.choices:
            return self._answer(step.choices[key])
        return self._answer(None) if character in ENTERS and step.optional else None

    def _type(self, step: Step, character: str) -> Entered | None:
        if character in BACKSPACES:
            self._typed = self._typed[:-1]
        elif character not in ENTERS:
            usable = character.isprintable() and len(self._typed) < LONGEST
            self._typed += character if usable else ""
        elif self._typed.strip():
            return self._parse(step)
        elif step.optional:
            return self._answer(None)
        return None

    def _parse(self, step: Step) -> Entered | None:
        try:
            return self._answer(step.parse(self._typed.strip()))
        except ConfigError as error:
            self._fault, self._typed = str(error), ""
            return None

    def _answer(self, value: Any) -> Entered | None:
        self._values[self._steps.pop(0).name] = value
        self._typed = self._fault = ""
        while self._steps and self._is_beside_the_point(self._steps[0]):
            self._values[self._steps.pop(0).name] = None
        return None if self._steps else self._finish()

    def _is_beside_the_point(self, step: Step) -> bool:
        return bool(step.after) and all(self._values.get(name) is None for name in step.after)

    def _finish(self) -> Entered:
        values = {**self._extra, **self._values}
        if self._what == "turn":
            starts = self.turn_of is None
            values["state"] = "start" if starts else "end"
            self.turn_of = values["receiver"] if starts else None
        elif self._what == "own radio":
            self.transmitting = not self.transmitting
            values["transmitting"] = self.transmitting
        done = Entered(self._what, values)
        self._clear()
        return done

    def _clear(self) -> None:
        self._what, self._steps, self._values = "", [], {}
        self._typed = self._fault = ""
        self._extra = {}
        self._go_on()

    def _go_on(self) -> None:
        if not self._steps and self._waiting:
            self._what, steps, self._extra = self._waiting.pop(0)
            self._steps, self._values = list(steps), {}
