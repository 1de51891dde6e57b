"""Single keys while listening: from a key press to a finished entry, without any menu.

A pure state machine: characters in, a prompt and sometimes a finished `Entered` out. Nothing that
was typed can be lost by a wrong key: it is passed over, Backspace takes one back, Escape all.
Letters of a Cyrillic layout count as the key that they are on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from receiver.clock import Stamp
from receiver.errors import ConfigError
from receiver.language import language, phrase
from receiver.records import CALL, HAND
from receiver.ui.questions import (
    ABOUT_A_RECEIVER,
    HEARD,
    SURE,
    URGENT,
    YES_NO,
    YES_NO_RUSSIAN,
    Actions,
    Step,
    actions,
    keys_line,
    sure,
    turn_end,
    turn_start,
    which,
)

_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю"
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
SAME_KEY = str.maketrans(_CYRILLIC + _CYRILLIC.upper(), _LATIN * 2)
ESCAPE, BACKSPACES, ENTERS = "\x1b", "\x7f\b", "\r\n"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Entered:
    """What was finished: `what` names the action, `values` what was typed for each step.

    `begun` is when its first key was pressed: what is entered is about that moment.
    """

    what: str
    values: dict[str, Any] = field(default_factory=dict)
    begun: Stamp | None = field(default=None, compare=False)


@dataclass(slots=True)
class _Asked:
    """A row of questions, as far as it has been answered; `by_itself`: no key began it."""

    what: str
    steps: list[Step]
    values: dict[str, Any]
    begun: Stamp | None = None
    by_itself: bool = False
    typed: str = ""
    fault: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether anything of it has been answered."""
        return any(v is not None for name, v in self.values.items() if name != "receiver")


class Keypad:
    """What is being typed, and what has been asked.

    Of several receivers it is asked which one is meant; Enter is the one whose level is `shown`.
    `stamp` tells when a key was pressed. `turn_of` is the one that is being turned, `transmitting`
    whether the team's own voice radio is, `maybe` a beacon that may be one: they stand in the
    prompt until they end. `last` says what was entered last, which `u` takes back.
    """

    def __init__(
        self,
        receivers: Sequence[str] = (),
        table: Callable[[], Actions] = actions,
        shown: Callable[[], str | None] = lambda: None,
        stamp: Callable[[], Stamp | None] = lambda: None,
    ) -> None:
        self._receivers, self._table, self._receiver_shown = tuple(receivers), table, shown
        self._stamp = stamp
        self.turn_of: str | None = None
        self.transmitting = False
        self.maybe = ""
        self.last = ""
        self._asked: _Asked | None = None
        self._waiting: list[_Asked] = []

    @property
    def runs(self) -> list[str]:
        """What goes on until it is ended, and what waits for an answer."""
        doubt = phrase("MAYBE {beacon}: m: play it, or write down what a test gave",
                       beacon=self.maybe)  # fmt: skip
        return [
            *[phrase("OUR RADIO TRANSMITS: nothing counts until v")] * self.transmitting,
            *[phrase("TURN RUNS: t ends it")] * (self.turn_of is not None),
            *[doubt] * bool(self.maybe),
        ]

    @property
    def question(self) -> str:
        """What is being asked and typed, "" for nothing."""
        asked = self._asked
        if asked is None:
            return ""
        fault = f"  ({asked.fault})" if asked.fault else ""
        receiver = asked.values.get("receiver") if asked.by_itself else None
        about = f"{receiver}: " if receiver else ""
        ways_out = self._ways_out(by_itself=asked.by_itself)
        return f"{about}{asked.steps[0].prompt}: {asked.typed}_{fault}  {ways_out}"

    def _ways_out(self, *, by_itself: bool) -> str:
        if not by_itself:
            return phrase("[Esc: no]")
        hears = HEARD in self._table()
        return phrase("[SPACE: HEARD, Esc: later]") if hears else phrase("[Esc: later]")

    @property
    def prompt(self) -> str:
        """The lines under the table: the keys, or what is being asked and typed."""
        return self.question or "\n".join([*self.runs, keys_line()])

    def ask(self, what: str, steps: tuple[Step, ...], **known: Any) -> None:
        """Ask something unasked, once what is being typed is finished."""
        self._waiting.append(_Asked(what, [*steps], known, self._stamp(), by_itself=True))
        if self._asked is None:
            self._next()

    def feed(self, character: str) -> Entered | None:
        """Take one key; return what it finishes."""
        asked = self._asked
        if character == ESCAPE:
            return None if asked is None else self._leave(asked)
        if asked is None:
            return self._begin(character.translate(SAME_KEY).lower())
        if self._is_urgent(asked, character):
            return self._interrupt(asked, character)
        if asked.steps[0].choices is not None:
            return self._choose(asked, character)
        return self._type(asked, character)

    def _leave(self, asked: _Asked) -> Entered | None:
        """Ask no more of this; of what nobody has begun, ask nothing at all, and keep the rest."""
        if asked.by_itself:
            self._waiting = [other for other in self._waiting if not other.by_itself]
            if asked.is_answered:
                return self._finish(asked)
        self._next()
        return None

    def _is_urgent(self, asked: _Asked, character: str) -> bool:
        """Tell whether a key is not meant for what is being asked: in a text it may be."""
        step = asked.steps[0]
        keys = (URGENT,) if asked.what == CALL else (URGENT, HEARD)
        is_key = character in keys and character in self._table()
        is_free = step.is_number or not asked.typed
        return is_key and is_free and character not in (step.choices or {})

    def _interrupt(self, asked: _Asked, key: str) -> Entered | None:
        """Begin something that does not wait; what is being asked goes on afterwards."""
        what = self._table()[key].what
        self._waiting = [other for other in self._waiting if other.what != what]
        if asked.steps[0].name != SURE and asked.what not in (what, CALL):
            self._waiting.insert(0, asked)
        return self._begin(key)

    def _begin(self, key: str) -> Entered | None:
        what, steps = "turn", turn_start() if self.turn_of is None else turn_end()
        values: dict[str, Any] = {}
        if key != "t":
            table = self._table()
            if key not in table:
                return None
            action = table[key]
            what, steps, values = action.what, action.steps, dict(action.values)
        if what == "undo" and self.last:
            steps = (sure(phrase("take back: {entry}? y n", entry=self.last)),)
        asked = _Asked(what, [*steps], values, self._stamp())
        if what in ABOUT_A_RECEIVER:
            self._ask_which(asked)
        if not asked.steps:
            return self._finish(asked)
        self._asked = asked
        return None

    def _ask_which(self, asked: _Asked) -> None:
        if asked.what == "turn" and self.turn_of is not None:
            asked.values["receiver"] = self.turn_of
        elif len(self._receivers) > 1:
            asked.steps.insert(0, which(self._receivers, self._receiver_shown()))
        else:
            asked.values["receiver"] = self._receivers[0] if self._receivers else HAND

    def _choose(self, asked: _Asked, character: str) -> Entered | None:
        step = asked.steps[0]
        choices = step.choices or {}
        is_yes_no = choices is YES_NO and language() == "ru"
        said = YES_NO_RUSSIAN.get(character.lower()) if is_yes_no else None
        key = said or character.translate(SAME_KEY).lower()
        if key in choices:
            return self._answer(asked, choices[key])
        if step.name == SURE:  # only y is a yes: who leans on the keys ends no recording
            self._next()
            return self._begin(key) if self._asked is None and key.isalpha() else None
        return self._answer(asked, step.default) if character in ENTERS and step.optional else None

    def _type(self, asked: _Asked, character: str) -> Entered | None:
        step = asked.steps[0]
        if character in BACKSPACES:
            asked.typed = asked.typed[:-1]
        elif character not in ENTERS:
            usable = character.isprintable() and len(asked.typed) < LONGEST
            asked.typed += character if usable else ""
        elif asked.typed.strip():
            return self._parse(asked, step)
        elif step.optional:
            return self._answer(asked, None)
        return None

    def _parse(self, asked: _Asked, step: Step) -> Entered | None:
        try:
            return self._answer(asked, step.parse(asked.typed.strip()))
        except ConfigError as error:
            asked.fault, asked.typed = str(error), ""
            return None

    def _answer(self, asked: _Asked, value: Any) -> Entered | None:
        asked.values[asked.steps.pop(0).name] = value
        asked.typed = asked.fault = ""
        while asked.steps and _is_beside_the_point(asked.steps[0], asked.values):
            asked.values[asked.steps.pop(0).name] = None
        return None if asked.steps else self._finish(asked)

    def _finish(self, asked: _Asked) -> Entered:
        values = asked.values
        if asked.what == "turn":
            starts = self.turn_of is None
            values["state"] = "start" if starts else "end"
            self.turn_of = values["receiver"] if starts else None
        elif asked.what == "own radio":
            self.transmitting = not self.transmitting
            values["transmitting"] = self.transmitting
        self._next()
        return Entered(asked.what, values, asked.begun)

    def _next(self) -> None:
        """Go on with what waits, if anything does."""
        self._asked = self._waiting.pop(0) if self._waiting else None


def _is_beside_the_point(step: Step, answered: Mapping[str, Any]) -> bool:
    return bool(step.after) and all(answered.get(name) is None for name in step.after)
