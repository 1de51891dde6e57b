"""Single keys while listening: from a key press to a finished entry, without any menu.

A pure state machine: characters in, a prompt and sometimes a finished `Entered` out. Nothing that
was typed can be lost by a wrong key: it is passed over, Backspace takes one back, Escape all.
Letters of a Cyrillic layout count as the key that they are on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from receiver.errors import ConfigError
from receiver.notes import content as notes

KEYS = "h heard  b bearing  t turn  s silence  n note  g gain  v voice radio  u undo  q end"
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
    """

    name: str
    prompt: str
    choices: dict[str, Any] | None = None
    parse: Callable[[str], Any] = str
    optional: bool = True


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
    "v": ("own radio", ()),
    "u": ("undo", (Step("sure", "take the last note back? y n", _YES_NO, optional=False),)),
    "q": ("end", (Step("sure", "end listening? y n", _YES_NO, optional=False),)),
}  # fmt: skip
TURN_START: tuple[Step, ...] = (
    Step("polarisation", "turn begins; antenna: v vertical, h horizontal, b both", _POLARISATION),
)
TURN_END = (
    Step("loudest_deg", "turn ends; loudest at, degrees true", parse=_number(0, 360)),
    Step("weakest_deg", "weakest at, degrees true", parse=_number(0, 360)),
    Step("full", "turned all around? y n", _YES_NO),
)
COMPASS = (Step("compass", "which compass gives headings? p phone, m magnetic, e electronic, g GPS",
                {"p": "phone", "m": "magnetic", "e": "electronic", "g": "gps"}),)  # fmt: skip


class Keypad:
    """What is being typed, and what has been asked."""

    def __init__(self) -> None:
        self._what = ""
        self._steps: list[Step] = []
        self._values: dict[str, Any] = {}
        self._typed = ""
        self._fault = ""
        self._turning = False
        self._extra: dict[str, Any] = {}
        self._waiting: list[tuple[str, tuple[Step, ...], dict[str, Any]]] = []

    @property
    def prompt(self) -> str:
        """The line under the table: the keys, or what is being asked and typed."""
        if not self._steps:
            return KEYS
        fault = f"  ({self._fault})" if self._fault else ""
        about = f"{self._extra['receiver']}: " if "receiver" in self._extra else ""
        return f"{about}{self._steps[0].prompt}: {self._typed}_{fault}"

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
        what, steps = "turn", TURN_START
        if key == "t":
            steps = TURN_END if self._turning else TURN_START
        elif key in ACTIONS:
            what, steps = ACTIONS[key]
        else:
            return None
        self._what, self._steps, self._values = what, list(steps), {}
        return None if steps else self._finish()

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
        return None if self._steps else self._finish()

    def _finish(self) -> Entered:
        values = {**self._extra, **self._values}
        if self._what == "turn":
            values["state"] = "end" if self._turning else "start"
            self._turning = not self._turning
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
