"""The homing screen beside a recording: in a thread of its own that may fail without harm.

What fails on the screen goes on as one line a second. Nobody who shows a snapshot or says a word
ever waits for a terminal.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from receiver.errors import MissingExtraError, ReceiverError
from receiver.homing.snapshot import Snapshot
from receiver.language import phrase, translated
from receiver.ui.homescreen import plain
from receiver.ui.homescreen.layout import Row
from receiver.ui.homescreen.rows import STALLED_S, Below, drawn
from receiver.ui.homing_keys import key_words
from receiver.ui.keys import Keys, can_draw, is_terminal, single_keys

if TYPE_CHECKING:
    from receiver.ui.homescreen.app import HomeApp

MESSAGE_S = 8.0
CODE_S = 120.0
LINE_EVERY_S = 1.0
ASKED_EVERY_S = 5.0  # behind a question that was forgotten: a STOP must be seen there, too
LOOK_S = 0.1
END_S = 2.0
Ticks = Callable[[], float]


class HomeFace:
    """Shows the newest snapshot until it is closed: `show`, `say`, `take` come from any thread."""

    def __init__(self, ticks: Ticks, screen: bool = True, stream: TextIO | None = None) -> None:
        self._ticks, self._stream = ticks, stream or sys.__stderr__ or sys.stderr
        self._snapshot: Snapshot | None = None
        self._news_s = ticks()
        self._said: deque[str] = deque(maxlen=50)
        self._message, self._message_s = "", ticks()
        self._code: tuple[str, ...] = ()
        self._code_s = ticks()
        self._keys: Keys | None = None
        self._over = threading.Event()
        self._app: HomeApp | None = None
        self._thread = threading.Thread(target=self._run, args=(screen,), daemon=True)

    def begin(self) -> None:
        """Begin to show."""
        self._thread.start()

    def show(self, snapshot: Snapshot) -> None:
        """Show this from now on."""
        self._snapshot, self._news_s = snapshot, self._ticks()

    @property
    def is_running(self) -> bool:
        """Whether it still shows anything."""
        return self._thread.is_alive()

    @property
    def has_news(self) -> bool:
        """Whether there is anything to show yet."""
        return self._snapshot is not None

    def say(self, message: str) -> None:
        """Show a message for a while."""
        message = translated(message)
        self._said.append(message)
        self._message, self._message_s = message, self._ticks()

    def show_code(self, make: Callable[[], tuple[str, ...]]) -> None:
        """Show a code, its lines and its address, to be read with a phone; again: hide it."""
        is_shown = bool(self._code) and self._ticks() - self._code_s < CODE_S
        if self._app is None:
            self._said.extend(make())
        else:
            self._code, self._code_s = () if is_shown else make(), self._ticks()

    def take(self, keys: Keys) -> None:
        """Show what these keys ask."""
        self._keys = keys

    def change_light(self) -> None:
        """Go from night to day and back."""
        if self._app is not None:
            self._app.change_light()

    def close(self) -> None:
        """End, and give the terminal back."""
        self._over.set()
        self._thread.join(END_S)

    def rows(self, width: int, height: int) -> list[Row]:
        """Return the screen at a size; ends it once this is closed."""
        if self._over.is_set() and self._app is not None:
            self._app.exit()
        return drawn(self._snapshot, self._below(), width, height)

    def _below(self) -> Below:
        pad = None if self._keys is None else self._keys.pad
        is_fresh = self._ticks() - self._message_s < MESSAGE_S
        return Below(
            runs=() if pad is None else tuple(pad.runs),
            question="" if pad is None else pad.question,
            keys=() if pad is None else key_words(),
            message=self._message if is_fresh else "",
            stalled_s=self._ticks() - self._news_s,
            code=self._code if self._ticks() - self._code_s < CODE_S else (),
        )

    def _run(self, screen: bool) -> None:
        if screen:
            self._draw()
        if not self._over.is_set():
            self._write_lines()

    def _draw(self) -> None:
        try:
            from receiver.ui.homescreen.app import HomeApp

            self._app = HomeApp(self.rows)
            self._app.run()
            fault = self._app.fault
        except ImportError:
            fault = MissingExtraError(phrase("the homing screen"), "ui")
        except Exception as error:
            fault = error
        self._app = None
        if not self._over.is_set():
            why = phrase("it ended") if fault is None else _words(fault)
            self.say(phrase("look out: no screen, lines go on: {fault}", fault=why))

    def _write_lines(self) -> None:
        asked, written_s, has_told_keys = "", 0.0, False
        while not self._over.wait(LOOK_S):
            lines = self._unsaid()
            if self._keys is not None and not has_told_keys:
                has_told_keys = True
                lines.append("  ".join(key_words()))
            question = "" if self._keys is None else self._keys.pad.question
            due_s = ASKED_EVERY_S if question else LINE_EVERY_S
            if self._ticks() - written_s >= due_s:
                written_s = self._ticks()
                lines.append(self._line())
                asked = ""
            if question and question != asked:
                lines.append(question)
            asked = question
            if not self._write(lines):
                return
        self._write([*self._unsaid(), self._line()])

    def _unsaid(self) -> list[str]:
        return [self._said.popleft() for _ in range(len(self._said))]

    def _line(self) -> str:
        stalled_s = self._ticks() - self._news_s
        if self._snapshot is None:
            return phrase("opening the receivers")
        said = plain.line(self._snapshot)
        return plain.stalled(said, stalled_s) if stalled_s > STALLED_S else said

    def _write(self, lines: list[str]) -> bool:
        try:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
        except (OSError, ValueError):
            return False  # the terminal is gone; the recording goes on
        return True


def _words(fault: Exception) -> str:
    return str(fault) if isinstance(fault, ReceiverError) else repr(fault)


@contextmanager
def homescreen(
    ticks: Ticks, *, lines: bool = False
) -> Iterator[tuple[HomeFace, Callable[[Keys], None]]]:
    """Give the face of a running search, and what starts its keys.

    `ticks` is a clock in seconds that never jumps. With `lines`, or where no terminal can draw, it
    is one line a second. Call it from the main thread: the terminal is put back when it ends.
    """
    over, threads = threading.Event(), list[threading.Thread]()
    if not is_terminal(sys.stdin, sys.stderr):
        face = HomeFace(ticks, screen=False)
        face.begin()
        try:
            yield face, lambda keys: None
        finally:
            face.close()
        return
    with single_keys() as descriptor:
        face = HomeFace(ticks, screen=can_draw() and not lines)
        face.begin()

        def start(keys: Keys) -> None:
            face.take(keys)
            threads.append(threading.Thread(target=keys.run, args=(descriptor, over), daemon=True))
            threads[-1].start()

        try:
            yield face, start
        finally:
            over.set()  # before the terminal is put back: later keys are the shell's
            for thread in threads:
                thread.join(END_S)
            face.close()
