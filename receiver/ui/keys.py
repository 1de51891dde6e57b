"""The keys of a running search: from the terminal to entries in the journal."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TextIO

from receiver.clock import Clock, Stamp
from receiver.config import Collar, Setup
from receiver.errors import ConfigError
from receiver.homing.snapshot import Standing
from receiver.language import phrase
from receiver.notes import content as notes
from receiver.notes.describing import describe
from receiver.records import APPROACH, TURN, Entry, Place
from receiver.ui.homing_keys import ON, GainChain
from receiver.ui.keypad import Entered, Keypad
from receiver.ui.questions import GAIN_STEP, Actions, actions, antenna, compass, setup

LOOK_S = 0.1
SAVED_WITHIN_S = 2.0
PLACED = ("level", "bearing", "silence", "sighting")  # what counts only where a place is known
USUAL_RADIUS_M = 200.0  # of a sighting where nobody said it
# What arrows, Home, Delete and the function keys send: no Escape, and no letter either.
_SPECIAL_KEY = re.compile(r"\x1b(?:\[[0-9;]*[ -/]*[@-~]|O.|\[\[.)")


@contextmanager
def single_keys(stream: TextIO | None = None) -> Iterator[int]:
    """Let each key come at once and unechoed; the terminal is put back whatever happens.

    Ctrl-Z and the quit key are without effect: a stopped recording hears nothing. One that another
    program stops (SIGTSTP) leaves the terminal as it was, and takes it again when it goes on.
    """
    descriptor = (stream or sys.stdin).fileno()
    before = termios.tcgetattr(descriptor)

    def take() -> None:
        tty.setcbreak(descriptor, termios.TCSANOW)
        now = termios.tcgetattr(descriptor)
        for key in (termios.VSUSP, termios.VQUIT):
            now[6][key] = b"\0"
        termios.tcsetattr(descriptor, termios.TCSANOW, now)

    def pause(signum: int, frame: object) -> None:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
        os.kill(os.getpid(), signal.SIGSTOP)
        take()

    handled = signal.signal(signal.SIGTSTP, pause)
    try:
        take()
        yield descriptor
    finally:
        signal.signal(signal.SIGTSTP, handled)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What keys may do: each is a function of the running search.

    `other` does what only some commands have (the next collar, another light) and returns the
    content of a row where one is to be saved. `shown` is the receiver whose level is shown, `setup`
    what one hears with by now.
    """

    submit: Callable[[Entry], None]
    keep: Callable[[], None]
    saved: Callable[[float], bool]
    own_radio: Callable[[bool], None]
    end: Callable[[], None]
    place: Callable[[], Place | Standing | None]
    maybe: Callable[[], str]
    play: Callable[[], None]
    say: Callable[[str], None]
    prompt: Callable[[str], None]
    other: Callable[[Entered], notes.Content | None] = lambda done: None
    shown: Callable[[], str | None] = lambda: None
    setup: Callable[[str], Setup | None] = lambda receiver: None


class Keys:
    """Reads keys in a thread of its own until `stop` is set.

    `pad` is what is asked and typed; `collar` is the one that HEARD is about, and may change.
    """

    def __init__(
        self,
        deeds: Deeds,
        clock: Clock,
        observer: str,
        receivers: list[str],
        collar: str | None = None,
        table: Callable[[], Actions] = actions,
    ) -> None:
        self._deeds, self._clock, self._observer, self.collar = deeds, clock, observer, collar
        self.pad = Keypad(receivers, table, deeds.shown, clock.now)
        self._chain = GainChain(deeds.setup)
        self._last: Entry | None = None
        self._last_is_step = False

    def ask(self, unknown: list[str], named_no_compass: bool) -> None:
        """Ask what nobody has said yet: what these receivers hear with, which compass is used."""
        for receiver in unknown:
            self.pad.ask("setup", setup(), receiver=receiver)
        if named_no_compass:
            self.pad.ask("compass", compass())
        self._deeds.prompt(self.pad.prompt)

    def home(self, collar: Collar | None) -> None:
        """What is entered from now on is about another collar."""
        self.collar = None if collar is None else collar.name

    def run(self, descriptor: int, stop: threading.Event) -> None:
        """Take keys until `stop` is set."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        while not stop.is_set():
            ready, _, _ = select.select([descriptor], [], [], LOOK_S)
            if not ready:
                self._look_for_maybe()
                continue
            typed = _read(descriptor)
            if not typed:
                return  # the terminal is gone; listening goes on
            for character in _SPECIAL_KEY.sub("", decoder.decode(typed)):
                self.press(character)

    def _look_for_maybe(self) -> None:
        if (maybe := self._deeds.maybe()) != self.pad.maybe:
            self.pad.maybe = maybe
            self._deeds.prompt(self.pad.prompt)

    def press(self, character: str) -> None:
        """Take one key."""
        done = self.pad.feed(character)
        if done is not None:
            try:
                self._do(done)
            except ConfigError as error:
                self._refuse(done, error)
            except Exception as error:  # the keys must go on, and so does the recording
                said = phrase("look out: a fault, press the keys again: {fault}", fault=repr(error))
                self._deeds.say(said)
        self._deeds.prompt(self.pad.prompt)

    def _refuse(self, done: Entered, error: ConfigError) -> None:
        """Keep what cannot be used as a note: it was typed once, with cold hands."""
        typed = ", ".join(f"{k} {v}" for k, v in done.values.items() if v is not None)
        if done.what == "turn":
            self._turn_goes_back(done.values["state"], done.values["receiver"])
        self._save(notes.note(f"{done.what}: {typed}; NOT used: {error}"), done.begun)

    def _turn_goes_back(self, state: str, receiver: str) -> None:
        self.pad.turn_of = None if state == "start" else receiver

    def _do(self, done: Entered) -> None:
        if done.what == "own radio":
            transmitting = done.values["transmitting"]
            self._deeds.own_radio(transmitting)
            off, on = phrase("own voice radio is off"), phrase("own voice radio transmits")
            self._deeds.say(on if transmitting else off)
        elif done.what == "end":
            if done.values["sure"]:
                self._deeds.end()
        elif done.what == "maybe" and done.values["test"] == "play":
            self._deeds.play()
        elif done.what == "undo":
            self._undo(done.values["sure"])
        elif content := self._content(done):
            if done.what == "heard":
                self._deeds.keep()
            self._save(content, done.begun)
            self._last_is_step = done.what == GAIN_STEP

    def _content(self, done: Entered) -> notes.Content | None:
        values = {key: value for key, value in done.values.items() if value is not None}
        receiver = values.pop("receiver", "")
        match done.what:
            case "heard":
                return notes.heard(values["word"])
            case "bearing":
                return self._bearing(**values)
            case "silence":
                return {**notes.silence(values["minutes"]), "receiver": receiver}
            case "note":
                return notes.note(values["text"])
            case "maybe":
                beacon = self.pad.maybe or "no beacon is called MAYBE now"
                then = values.get("then", "not said whether it stayed")
                return notes.note(f"MAYBE {beacon}: {values['test']}: {then}")
            case "setup":
                self._chain.hears_with(receiver, values)
                return notes.setup(receiver, values) if values else None
            case "turn":
                turn_deg = self._declination_deg() if values.pop("magnetic", False) else 0.0
                return notes.turn(receiver, declination_deg=turn_deg, **values)
            case "compass":
                return notes.compass(values["compass"]) if values else None
        return self._homing_content(done.what, values, receiver) or self._deeds.other(done)

    def _homing_content(
        self, what: str, values: dict[str, Any], receiver: str
    ) -> notes.Content | None:
        match what:
            case "sighting":
                trust = values.get("trust", notes.TRUST["likely"])
                return notes.sighting(values.get("radius_m", USUAL_RADIUS_M), trust)
            case "place":
                latitude_deg, longitude_deg = values["place"]
                return {
                    "kind": "place",
                    "latitude_deg": latitude_deg,
                    "longitude_deg": longitude_deg,
                }
            case "gain step":
                return self._gain_step(receiver, values["step"])
            case "call":
                return notes.call(values["call"])
            case "approach":
                return notes.approach_limit(values["limit_m"])
        return None

    def _gain_step(self, receiver: str, step: str) -> notes.Content:
        said = self._chain.press(receiver, step)
        if said.get("antenna") == ON:  # nobody had said which
            self.pad.ask("setup", antenna(), receiver=receiver)
        return notes.setup(receiver, said)

    def _bearing(self, degrees: float, magnetic: bool, sharp: bool = False) -> notes.Content:
        turn = self._declination_deg() if magnetic else None
        sigma = notes.SIGMA_DEG["sharp" if sharp else "broad"]
        return notes.bearing([degrees], sigma_deg=sigma, declination_deg=turn)

    def _declination_deg(self) -> float:
        from receiver.geodesy import declination_deg

        place = self._deeds.place()
        if place is None:
            raise ConfigError(
                phrase("a magnetic bearing needs a place: wait for the GPS, or give it true")
            )
        day = self._clock.now().utc.date()
        return round(declination_deg(place.latitude_deg, place.longitude_deg, day), 1)

    def _save(self, content: notes.Content, begun: Stamp | None = None) -> None:
        """Save an entry; it is about the moment in which its first key was pressed."""
        self._last_is_step = False
        is_of_it = "heard" in content or content["kind"] in ("sighting", APPROACH)
        about = {"collar": self.collar} if self.collar and is_of_it else {}
        entry = notes.entry({**about, **content}, self._observer, self._clock)
        if begun is not None:
            entry = replace(entry, time=begun.utc, monotonic_ns=begun.monotonic_ns)
        self._deeds.submit(entry)
        self._last = entry
        words = describe(entry.content)
        self.pad.last = words
        saved = self._deeds.saved(SAVED_WITHIN_S)
        done = phrase("saved: {entry}", entry=words)
        if content["kind"] in PLACED and self._deeds.place() is None:
            done = phrase("saved: {entry}; NO PLACE IS KNOWN YET", entry=words)
        waits = phrase("NOT SAVED YET, kept in memory: {entry}", entry=words)
        self._deeds.say(done if saved else waits)

    def _undo(self, sure: bool) -> None:
        if not sure or self._last is None:
            self._deeds.say(phrase("nothing is taken back"))
            return
        if self._last.content["kind"] == APPROACH:  # it would lower what the leader has raised
            self._deeds.say(phrase("the approach limit is set anew with p, and not taken back"))
            return
        old, said, was_step = self._last, describe(self._last.content), self._last_is_step
        self._save({"kind": "note", "supersedes_id": old.id, "text": f"taken back: {said}"})
        if old.content["kind"] == TURN:
            self._turn_goes_back(old.content["state"], old.content["receiver"])
        elif was_step:
            self._chain.undo(old.content["receiver"])
        self._last, self.pad.last = None, ""


def _read(descriptor: int) -> bytes:
    """Return what was typed; the rest of a special key may come late over a slow link."""
    try:
        typed = os.read(descriptor, 64)
        if (
            typed.endswith((b"\x1b", b"\x1b[", b"\x1bO"))
            and select.select([descriptor], [], [], LOOK_S)[0]
        ):
            typed += os.read(descriptor, 64)
    except OSError:
        return b""
    return typed


def is_terminal(*streams: Any) -> bool:
    """Tell whether all these streams are a terminal, whose keys can be read."""
    return all(stream is not None and stream.isatty() for stream in streams)


def can_draw() -> bool:
    """Tell whether a terminal can show a screen, and not only lines."""
    return os.environ.get("TERM") not in ("dumb", "unknown")
