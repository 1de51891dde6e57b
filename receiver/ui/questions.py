"""What each key of a recording asks: questions, choices, what they mean; in any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from receiver.errors import ConfigError
from receiver.language import phrase
from receiver.notes import content as notes
from receiver.records import HAND

SURE = "sure"


@dataclass(frozen=True, slots=True)
class Step:
    """One question: `choices` are single keys and what they mean; without, text up to Enter.

    `parse` reads the text and refuses it with a ConfigError; nothing typed is None where allowed.
    With `after`, it is asked only where one of these was answered. In a number a blank
    or `!` can only be meant as a key; `default` is what Enter alone answers.
    """

    name: str
    prompt: str
    choices: dict[str, Any] | None = None
    parse: Callable[[str], Any] = str
    optional: bool = True
    after: tuple[str, ...] = ()
    is_number: bool = False
    default: Any = None


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a reader of numbers within bounds."""

    def read(text: str) -> float:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            raise ConfigError(phrase("{typed} is not a number", typed=repr(text))) from None
        return notes.number(value, phrase("it"), low, high)

    return read


YES_NO = {"y": True, "n": False}
YES_NO_RUSSIAN = {"д": "y", "н": "n"}  # what they mean, and not the key that they lie on


@dataclass(frozen=True, slots=True)
class Action:
    """What a key begins: the name of what is finished, its questions, and what needs none."""

    what: str
    steps: tuple[Step, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


Actions = Mapping[str, Action]
# These are taken whatever is being asked: a call to everybody, and HEARD, which does not wait.
URGENT, HEARD = "!", " "


def _magnetic(*after: str) -> Step:
    choices = {"m": True, "t": False}
    said = phrase("m magnetic (compass), t true")
    return Step("magnetic", said, choices, optional=False, after=after)


def actions() -> dict[str, Action]:
    """Return what each key of `baksan listen` begins, in the user's language."""
    return {**common(), "q": Action("end", (sure(phrase("end listening? y n")),))}


def common() -> dict[str, Action]:
    """Return what the keys of every recording begin."""
    return {
        "h": Action("heard", (heard(),)),
        "b": Action("bearing", bearing()),
        "s": Action("silence", (numeric("minutes", phrase("silence: for how many minutes"),
                                        0.1, 1440, optional=False),)),
        "n": Action("note", (Step("text", phrase("note"), optional=False),)),
        "g": Action("setup", setup()),
        "m": Action("maybe", maybe()),
        "v": Action("own radio"),
        "u": Action("undo", (sure(phrase("take the last note back? y n")),)),
    }  # fmt: skip


def numeric(name: str, prompt: str, low: float, high: float, *, optional: bool = True) -> Step:
    """Return a question for a number within bounds."""
    return Step(name, prompt, parse=number(low, high), optional=optional, is_number=True)


def sure(said: str) -> Step:
    """Return a question that only y answers with yes."""
    return Step(SURE, said, YES_NO, optional=False)


def heard() -> Step:
    """Return the question of HEARD: how loud."""
    choices = {"f": "faint", "c": "clear", "s": "strong"}
    return Step("word", phrase("heard: f faint, c clear, s strong"), choices, optional=False)


def bearing() -> tuple[Step, ...]:
    """Return the questions of a bearing by compass."""
    return (
        numeric("degrees", phrase("bearing, degrees"), 0, 360, optional=False),
        _magnetic(),
        Step("sharp", phrase("s sharp, b broad (Enter)"), {"s": True, "b": False}),
    )


def maybe() -> tuple[Step, ...]:
    """Return the questions of a test of a doubtful beacon."""
    tests = {"p": "play", "h": "held for 60 s", "a": "antenna turned away",
             "u": "antenna unplugged"}  # fmt: skip
    asked = phrase("a MAYBE: p play it, h held for 60 s, a antenna turned away, u unplugged")
    then = phrase("and then? g it went, s it stayed (p: Enter)")
    return (
        Step("test", asked, tests, optional=False),
        Step("then", then, {"g": "it went", "s": "it stayed"}),
    )


def setup() -> tuple[Step, ...]:
    """Return the questions of what a receiver hears with."""
    return (
        *antenna(),
        Step("gain", phrase("mark of the gain knob")),
        numeric("attenuator_db", phrase("attenuator, dB"), 0, 120),
        Step("squelch", phrase("squelch: o open, c closed"), {"o": "open", "c": "closed"}),
        Step("mode", phrase("mode (CW, USB, ...)")),
        Step("body", phrase("where on the body (front, behind, mast, car)")),
    )


def antenna() -> tuple[Step, ...]:
    """Return the questions of which antenna is on."""
    return (
        Step("antenna", phrase("antenna (Enter: as before)")),
        Step("directional", phrase("directional? y n"), YES_NO),
    )


def turn_start() -> tuple[Step, ...]:
    """Return the question as a turn begins."""
    choices = {"v": "vertical", "h": "horizontal", "b": "both"}
    said = phrase("turn begins; antenna: v vertical, h horizontal, b both")
    return (Step("polarisation", said, choices),)


def turn_end() -> tuple[Step, ...]:
    """Return the questions as a turn ends."""
    return (
        numeric("loudest_deg", phrase("turn ends; loudest at, degrees"), 0, 360),
        numeric("weakest_deg", phrase("weakest at, degrees"), 0, 360),
        _magnetic("loudest_deg", "weakest_deg"),
        Step("full", phrase("turned all around? y n"), YES_NO),
    )


def compass() -> tuple[Step, ...]:
    """Return the question of which compass gives headings."""
    choices = {"p": "phone", "m": "magnetic", "e": "electronic", "g": "gps"}
    said = phrase("which compass gives headings? p phone, m magnetic, e electronic, g GPS")
    return (Step("compass", said, choices),)


def keys_line() -> str:
    """Return what the keys of `baksan listen` do."""
    return phrase("h heard  b bearing  t turn  s silence  n note  g gain  v voice  u undo  q end")


ABOUT_A_RECEIVER = ("turn", "silence", "setup", "gain step")
GAIN_STEP = "gain step"


def which(receivers: Sequence[str], usual: str | None = None) -> Step:
    """Ask which receiver it is about, by Enter the `usual` one; 0 is who listens by ear alone."""
    choices = {"0": HAND, **{str(n): name for n, name in enumerate(receivers[:9], 1)}}
    said = ", ".join(f"{key} {name}" for key, name in choices.items() if name != HAND)
    asked = phrase("which receiver? {receivers}, 0 by ear", receivers=said)
    if usual in receivers:
        asked = phrase("{question}, Enter {receiver}", question=asked, receiver=usual)
        return Step("receiver", asked, choices, default=usual)
    return Step("receiver", asked, choices, optional=False)
