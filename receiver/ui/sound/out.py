"""The thread that makes the sound of a search while it is recorded.

It is told by the threads of the sources and never keeps them waiting: what it cannot take in time
is not sounded. A fault in it ends the sound, with a line, and nothing else.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from receiver.clock import Clock, Stamp
from receiver.config import Collar
from receiver.errors import ReceiverError
from receiver.language import phrase
from receiver.records import Detection
from receiver.ui.sound.desk import Desk, Out, Tone
from receiver.ui.sound.headphones import headphones_warning
from receiver.ui.sound.sinks import DeviceSink, Sink, WavSink

if TYPE_CHECKING:
    from receiver.heard import Track
    from receiver.homing.snapshot import Snapshot
    from receiver.samples.stream import Stream

WAITING = 200  # pieces of samples, lines and snapshots
TICK_S = 0.02
END_S = 5.0

Say = Callable[[str], None]
Task = Callable[[], Out]


def open_sound(
    destination: str | None,
    clock: Clock,
    say: Say,
    *,
    collar: Collar | None = None,
    tone: Tone = "raw",
) -> SoundOut | None:
    """Begin to sound; None where there shall be none or can be none, which is said in a line.

    Args:
        destination: "default", a part of a sound device's name, or a file ending in .wav.
        clock: that of the session.
        say: tells the user a line; it is also called by the thread of sound.
        collar: which is homed in on.
        tone: what goes out of samples: their raw sound, the meter tone, or both.
    """
    if destination is None:
        return None
    try:
        sink = _sink(destination)
    except ReceiverError as error:
        say(phrase("no sound: {why}; the search goes on without it", why=error))
        return None
    if isinstance(sink, DeviceSink) and (warning := headphones_warning(sink.name)):
        say(warning)
    return SoundOut(sink, clock, say, collar=collar, tone=tone)


def _sink(destination: str) -> Sink:
    if destination.casefold().endswith(".wav"):
        return WavSink(Path(destination))
    return DeviceSink(destination)


class SoundOut:
    """Sounds what it is told, until `close`. A tap for recorders (`receiver.tap`)."""

    def __init__(
        self,
        sink: Sink,
        clock: Clock,
        say: Say,
        *,
        collar: Collar | None = None,
        tone: Tone = "raw",
    ) -> None:
        self._desk = Desk(collar, tone, say, clock.speed)
        self._sink, self._clock, self._say = sink, clock, say
        self._tasks: queue.Queue[Task] = queue.Queue(WAITING)
        self._lost: set[str] = set()  # sources whose samples have a hole
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        self._thread.start()

    # --- told by other threads ------------------------------------------------------------------

    def samples(self, source: str, stream: Stream, data: bytes, stamp: Stamp, first: bool) -> None:
        """Take whole samples; `first` where they do not follow those before."""
        desk, now_s = self._desk, stamp.monotonic_ns / 1e9
        first = first or source in self._lost
        self._lost.discard(source)
        if not self._put(lambda: desk.samples(source, stream, data, now_s, first=first)):
            self._lost.add(source)

    def readings(self, source: str, found: Sequence[Detection]) -> None:
        """Take what a receiver said."""
        desk, clock = self._desk, self._clock
        self._put(lambda: desk.readings(source, found, clock.now().monotonic_ns / 1e9))

    def beacons(self, source: str, stream: Stream, tracks: Sequence[Track]) -> None:
        """Take the beacons that are heard in samples: sound follows that of the collar."""
        self._put(lambda: self._desk.beacons(source, stream, tracks))

    def show(self, snapshot: Snapshot) -> None:
        """Take what a searcher sees now: a turn, another gain, calls."""
        desk, clock = self._desk, self._clock
        self._put(lambda: desk.snapshot(snapshot, clock.now().monotonic_ns / 1e9))

    def home(self, collar: Collar | None) -> None:
        """Home in on another collar."""
        self._put(lambda: self._desk.home(collar))

    def close(self) -> None:
        """Sound what waits, and end; may be called twice."""
        self._stop.set()
        self._thread.join(END_S)

    def _put(self, task: Task) -> bool:
        """Tell the thread what to do; False where it has too much to do, or has ended."""
        if not self._thread.is_alive():
            return False
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            return False
        return True

    # --- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not (self._stop.is_set() and self._tasks.empty()):
                self._sink.write(self._next())
        except ReceiverError as error:
            self._say(phrase("no sound any more: {why}; the search goes on", why=error))
        except Exception as error:
            self._say(
                phrase("no sound any more, by a fault: {why}; the search goes on", why=repr(error))
            )
        finally:
            self._end()

    def _next(self) -> Out:
        try:
            return self._tasks.get(timeout=TICK_S)()
        except queue.Empty:
            return self._desk.tick(self._clock.now().monotonic_ns / 1e9)

    def _end(self) -> None:
        try:
            self._sink.close()
        except ReceiverError as error:
            self._say(str(error))
