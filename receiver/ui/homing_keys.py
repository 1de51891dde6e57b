"""The keys of the last kilometre: one key each for what is done with cold hands.

HEARD is the space bar as well as h. The figures are the close-in chain: each makes the receiver
deafer by one step, a second press takes the step back, and each is a session of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from receiver.config import Setup
from receiver.errors import ConfigError, InputError
from receiver.geodesy import parse_place
from receiver.homing.gains import GAIN_STEPS, NO_ANTENNA
from receiver.language import phrase
from receiver.notes import content as notes
from receiver.ui.questions import (
    GAIN_STEP,
    HEARD,
    SURE,
    URGENT,
    YES_NO,
    Action,
    Step,
    common,
    heard,
    numeric,
)

STEP_KEYS = dict(zip("123456", GAIN_STEPS, strict=True))
_OFF_TUNE = "off tune"
OPEN, ON = "open", "on"


def step_words(step: str) -> str:
    """Say a step of the close-in chain and the key that takes it; others as they are."""
    words = {
        "attenuator": phrase("attenuator (key 1)"),
        "off tune 5 kHz": phrase("5 kHz off tune (key 2)"),
        "off tune 10 kHz": phrase("10 kHz off tune (key 3)"),
        "off tune 20 kHz": phrase("20 kHz off tune (key 4)"),
        NO_ANTENNA: phrase("no antenna (key 5)"),
        "body shield": phrase("your body between you and it (key 6)"),
    }
    return words.get(step, step)


def actions() -> dict[str, Action]:
    """Return what each key of `baksan home` begins, in the user's language."""
    steps = {key: Action(GAIN_STEP, values={"step": step}) for key, step in STEP_KEYS.items()}
    alarm = Action("call", (_call(),))
    return {
        **common(),
        **steps,
        HEARD: Action("heard", (_heard(),)),
        "h": Action("heard", (_heard(),)),
        "e": Action("sighting", _sighting()),
        "w": Action("place", (_place(),)),
        "c": Action("next collar"),
        "p": Action("approach", _approach()),
        "l": Action("light"),
        "k": Action("pair"),
        URGENT: alarm,
        "a": alarm,
        "q": Action("end", (_end(),)),
    }


def _heard() -> Step:
    choices = {**(heard().choices or {}), HEARD: "clear"}
    return Step("word", phrase("HEARD: SPACE clear, f faint, s strong"), choices, optional=False)


def _call() -> Step:
    choices = {"s": "animal seen", "d": "danger"}
    return Step("call", phrase("CALL TO ALL: s ANIMAL SEEN, d DANGER"), choices, optional=False)


def _sighting() -> tuple[Step, ...]:
    trust = {"c": notes.TRUST["certain"], "l": notes.TRUST["likely"], "r": notes.TRUST["rumour"]}
    return (
        numeric("radius_m", phrase("animal or trace seen within how many metres (Enter: 200)"),
                1, 100_000),
        Step("trust", phrase("c certain, l likely (Enter), r rumour"), trust),
    )  # fmt: skip


def _place() -> Step:
    said = phrase("where you are: latitude longitude (43.3499 42.4453)")
    return Step("place", said, parse=_read_place, optional=False)


def _read_place(text: str) -> tuple[float, float]:
    try:
        return parse_place(text)
    except InputError as error:
        raise ConfigError(str(error)) from error


def _approach() -> tuple[Step, ...]:
    """The leader types a word as well as a number: no glove does both by mistake."""
    word = phrase("LEADER")
    return (
        numeric("limit_m", phrase("approach limit in metres, by the leader alone; 0 none"),
                0, notes.LARGEST_APPROACH_LIMIT_M, optional=False),
        Step("word", phrase("type {word} to set it", word=word), parse=_typed(word),
             optional=False),
    )  # fmt: skip


def _typed(word: str) -> Any:
    def read(text: str) -> str:
        if text.strip().casefold() != word.casefold():
            raise ConfigError(phrase("not {word}: the limit stays", word=word))
        return word

    return read


def _end() -> Step:
    return Step(SURE, phrase("end homing? y n"), YES_NO, optional=False)


def key_words() -> tuple[str, ...]:
    """Return what the keys do: HEARD, the call to all, then the others as they are needed."""
    return (
        phrase("SPACE HEARD"),
        phrase("! CALL ALL"),
        phrase("t turn"),
        phrase("b bearing"),
        phrase("s silence"),
        phrase("e seen"),
        phrase("n note"),
        phrase("g gain"),
        phrase("w your place"),
        phrase("v voice"),
        phrase("u undo"),
        phrase("1 attenuator"),
        phrase("2 3 4 off tune 5 10 20 kHz"),
        phrase("5 no antenna"),
        phrase("6 body"),
        phrase("c next collar"),
        phrase("p limit"),
        phrase("k phone"),
        phrase("l light"),
        phrase("q end"),
    )


class GainChain:
    """Which steps of the close-in chain are taken, receiver by receiver.

    `setup_of` tells what a receiver hears with: the antenna that is taken off, and put on again.
    """

    def __init__(self, setup_of: Callable[[str], Setup | None] = lambda receiver: None) -> None:
        self._setup_of = setup_of
        self._taken: dict[str, tuple[str, ...]] = {}
        self._before: dict[str, tuple[str, ...]] = {}
        self._antennas: dict[str, dict[str, Any]] = {}

    def taken(self, receiver: str) -> tuple[str, ...]:
        """Return the steps that a receiver hears through now."""
        return self._taken.get(receiver, ())

    def press(self, receiver: str, step: str) -> dict[str, Any]:
        """Take a step, or take it back; return what the receiver hears with from now on."""
        before = self.taken(receiver)
        off_tune = step.startswith(_OFF_TUNE)
        others = [s for s in before if s != step and not (off_tune and s.startswith(_OFF_TUNE))]
        now = tuple(others if step in before else [*others, step])
        self._before[receiver], self._taken[receiver] = before, now
        changed = self._antenna(receiver, off=step in now) if step == NO_ANTENNA else {}
        return {"gain": ", ".join(now) or OPEN, **changed}

    def _antenna(self, receiver: str, *, off: bool) -> dict[str, Any]:
        """Return what is on after the antenna was taken off, or put on again."""
        if not off:
            return self._antennas.get(receiver, {"antenna": ON})
        setup = None if receiver in self._antennas else self._setup_of(receiver)
        if setup is not None:
            self.hears_with(receiver, {"antenna": setup.antenna, "directional": setup.directional})
        return {"antenna": "none", "directional": False}

    def hears_with(self, receiver: str, said: Mapping[str, Any]) -> None:
        """Note which antenna is on, for when it is taken off and put on again."""
        if said.get("antenna") not in (None, "none"):
            names = ("antenna", "directional")
            self._antennas[receiver] = {n: said[n] for n in names if said.get(n) is not None}

    def undo(self, receiver: str) -> None:
        """Forget the last step of a receiver."""
        self._taken[receiver] = self._before.get(receiver, ())
