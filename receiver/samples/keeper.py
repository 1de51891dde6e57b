"""HEARD: the last and the next minute of a stream go into a file beside the journal.

Sound becomes a WAV file, IQ a raw file whose name says frequency and rate as rtl_433 reads them:
`heard-20261127T054512Z-r30.wav`, `heard-20261127T054512Z-sdr_150.2M_1024k.cu8`.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from receiver.clock import Clock, Stamp
from receiver.errors import WriteError
from receiver.samples.stream import KEPT_S, Stream

KEPT_NS = int(KEPT_S * 1e9)
LOOK_S = 2.0
PIECE_BYTES = 256_000
# So much of the disk stays free: the journal comes first.
KEEP_FREE_BYTES = 200_000_000
HEADER_BYTES = 44  # of a WAV file without a sample
Say = Callable[[str], None]


class _Order(NamedTuple):
    """What to keep: from which position of the ring, where to, and whom to tell."""

    folder: Path
    begin: Stamp
    position: int
    before_s: float
    say: Say
    note: Say


class Keeper:
    """Keeps samples of one stream on demand, in a thread of its own."""

    def __init__(self, name: str, stream: Stream, clock: Clock) -> None:
        self._name, self._stream, self._clock = name, stream, clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._until_ns = 0

    def keep(self, folder: Path, say: Say, note: Say) -> None:
        """Begin a file with the last minute, and go on for one; a running one goes on longer.

        `say` tells the user, `note` writes into the journal which file it is.
        """
        now, ring = self._clock.now(), self._stream.ring
        position = ring.since(now.monotonic_ns - KEPT_NS)
        with self._lock:
            running = self._until_ns > 0
            if not running and position == ring.end:
                say(f"look out: {self._name}: nothing came in the last minute, nothing is kept")
                return
            self._until_ns = now.monotonic_ns + KEPT_NS
        if running:
            say(f"{self._name}: goes on being kept for {KEPT_S:.0f} s")
            return
        order = _Order(folder, now, position, self._stream.seconds(ring.end - position), say, note)
        self._thread = threading.Thread(target=self._run, args=(order,), daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = 3.0) -> None:
        """End a running file now."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, order: _Order) -> None:
        path, size, lost = None, 0, 0
        try:
            with new_file(order.folder, order.begin, self._name, self._stream) as (path, append):
                for data, missed in self._pieces(order.position):
                    require_room(order.folder, len(data))
                    append(data)
                    if size == 0:
                        order.note(self._words(path, order.before_s))
                    size, lost = size + len(data), lost + missed
        except (OSError, WriteError) as error:
            order.say(f"look out: {self._name}: what is heard cannot be kept: {error}")
            with self._lock:
                self._until_ns = 0
        if size and path is not None:
            hole = f", {self._stream.seconds(lost):.1f} s are missing: slow disk" if lost else ""
            seconds = self._stream.seconds(size)
            order.say(f"kept beside the journal: {path.name}, {seconds:.0f} s{hole}")
        elif path is not None and path.stat().st_size <= HEADER_BYTES:
            path.unlink(missing_ok=True)

    def _words(self, path: Path, before_s: float) -> str:
        return (
            f"{self._stream.kind} of {self._name} is kept in {path.name}: the last {before_s:.0f} s"
            f" and the next {KEPT_S:.0f} s ({self._stream.words})"
        )

    def _pieces(self, position: int) -> Iterator[tuple[bytes, int]]:
        """Yield the samples from a position on until the time is over.

        With each piece, how many bytes before it are missing: nobody took them in time.
        """
        while True:
            data, first = self._stream.ring.read(position, PIECE_BYTES)
            if data:
                yield data, first - position
                position = first + len(data)
            caught_up = len(data) < PIECE_BYTES
            if self._is_over(caught_up):
                return
            if caught_up:
                self._clock.wait(LOOK_S, self._stop)

    def _is_over(self, caught_up: bool) -> bool:
        """Tell whether all is kept; who cannot catch up with the stream ends a minute later."""
        with self._lock:
            due_ns = self._until_ns + (0 if caught_up else KEPT_NS)
            if self._clock.now().monotonic_ns < due_ns and not (caught_up and self._stop.is_set()):
                return False
            self._until_ns = 0
            return True


def require_room(folder: Path, size_bytes: int) -> None:
    """Refuse to take what the journal needs of the disk.

    Raises:
        WriteError: too little would be left.
    """
    free = shutil.disk_usage(folder).free
    if free - size_bytes < KEEP_FREE_BYTES:
        raise WriteError(f"{free / 1e6:.0f} MB are left on this disk, and the journal needs them")


@contextmanager
def new_file(
    folder: Path, begin: Stamp, name: str, stream: Stream
) -> Iterator[tuple[Path, Callable[[bytes], None]]]:
    """Make a file that was not there; yield it, and what appends to it for good.

    Raises:
        OSError: it cannot be written.
    """
    tidy = re.sub(r"[^\w.-]", "_", name)
    stem = f"heard-{begin.utc:%Y%m%dT%H%M%SZ}-{tidy}"
    path, file = _create(folder, stem, _suffix(stream))
    with file:
        if stream.kind == "audio":
            with wave.open(file, "wb") as sound:
                sound.setnchannels(1)
                sound.setsampwidth(stream.form.frame_bytes)
                sound.setframerate(stream.rate_hz)
                yield path, lambda data: _append(file, data, sound.writeframes)
        else:
            yield path, lambda data: _append(file, data, file.write)


def _append(file: BinaryIO, data: bytes, write: Callable[[bytes], object]) -> None:
    write(data)
    file.flush()
    os.fsync(file.fileno())


def _create(folder: Path, stem: str, suffix: str) -> tuple[Path, BinaryIO]:
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        try:
            return path, path.open("xb")
        except FileExistsError:
            number += 1


def _suffix(stream: Stream) -> str:
    if stream.kind == "audio":
        return ".wav"
    tuned = "" if stream.frequency_hz is None else f"_{stream.frequency_hz / 1e6:.10g}M"
    return f"{tuned}_{stream.rate_hz / 1e3:.10g}k.{stream.format_name}"
