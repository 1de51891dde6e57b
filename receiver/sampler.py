"""A source of samples among the receivers: listened to live, and kept on demand."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from receiver.address import Address
from receiver.clock import Clock, Stamp
from receiver.config import Collar
from receiver.errors import ReceiverError
from receiver.journal import Writer
from receiver.links import Link
from receiver.listen import Recorder
from receiver.notes import content
from receiver.samples.keeper import KEPT_NS, Keeper
from receiver.samples.stream import Stream
from receiver.tap import Tap

if TYPE_CHECKING:
    from receiver.detecting import LiveWatch
    from receiver.heard import News, Track

WAITING_CHUNKS = 500  # of at most 64 kB: a minute of 250,000 samples a second, 7 s of 2.4 million
END_S = 10.0
TOO_SLOW = "this computer is too slow: some seconds were not listened to; take a lower rate"


class _Chunk(NamedTuple):
    """Whole samples that came; a stretch begins with them where `first`."""

    data: bytes
    arrived: Stamp
    first: bool


class Sampler(Recorder):
    """A source of samples: beacons or bursts are listened for in it, what is heard is written down.

    The samples themselves would fill the journal: the last minute is in memory, and HEARD keeps it
    in a file. One thread reads, another listens: what takes it long must not lose samples.
    """

    def __init__(
        self,
        address: Address,
        observer: str,
        writer: Writer,
        clock: Clock,
        collars: Sequence[Collar] = (),
        tap: Tap | None = None,
    ) -> None:
        from receiver.detecting import bursts_of

        super().__init__(address, observer, writer, clock, tap=tap)
        assert isinstance(self.parser, Stream)
        self._stream, self.status.tuned = self.parser, self.parser.words
        self._keeper = Keeper(address.name, self._stream, clock)
        self._collars = tuple(collars)
        self._bursts = bursts_of(address, self._stream)
        self._waiting: queue.Queue[_Chunk | None] = queue.Queue(WAITING_CHUNKS)
        self._first = True  # of a stretch, for who listens
        self._new = True  # and for the tap
        self._complaint = ""
        self._live: LiveWatch | None = None
        self._tracks: dict[str, Track] = {}

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set or the input ends. Never raises."""
        listener = threading.Thread(target=self._listen, daemon=True)
        listener.start()
        super().run(stop)
        self._waiting.put(None)
        listener.join(END_S)

    def _opened(self, link: Link) -> None:
        super()._opened(link)
        self._first = self._new = True
        self._writer.submit(self.source_row())  # a new stretch: the gain may have been changed

    def _write_down(self, link: Link, chunk: bytes, stamp: Stamp) -> None:
        self._stream.receive(chunk, stamp.utc, stamp.monotonic_ns)
        self._tap.samples(self.address.name, self._stream, self._stream.fresh, stamp, self._new)
        self._new = False
        try:
            self._waiting.put_nowait(_Chunk(self._stream.fresh, stamp, self._first))
            self._first = False
        except queue.Full:
            self._first, self._complaint = True, TOO_SLOW

    def _reply(self, link: Link, chunk: bytes, monotonic_ns: int) -> None:
        meter, self._understood = self._stream.meter, True
        self.status.level_dbfs = None if meter.level is None else meter.level.level_dbfs
        self.status.reason = meter.complaint or self._complaint

    # --- the thread that listens ----------------------------------------------------------------

    def _listen(self) -> None:
        try:
            while (chunk := self._waiting.get()) is not None:
                if chunk.first:
                    self._end()
                    self._live = self._begin()
                if self._live is not None:
                    self._tell(self._live, self._live.take(chunk.data, chunk.arrived))
            self._end()
        except Exception as error:  # it goes on being kept on demand
            known = isinstance(error, ReceiverError)
            said = str(error) if known else f"a fault in listening: {error!r}"
            self._complaint = f"not listened to: {said}"
            while self._waiting.get() is not None:
                pass

    def _begin(self) -> LiveWatch:
        from receiver.detecting import LiveWatch, centre_hz
        from receiver.listening_plan import Plan

        is_iq, rate_hz = self._stream.kind == "iq", self._stream.rate_hz
        collars = self._collars if is_iq and self._stream.frequency_hz else ()
        middle_hz = centre_hz(self._stream.frequency_hz, rate_hz, is_iq=is_iq)
        plan = Plan(frequency_hz=middle_hz, collars=collars, bursts=self._bursts)
        return LiveWatch(self._stream, plan)

    def _end(self) -> None:
        """Write down what the last samples of a stretch give."""
        live, self._live = self._live, None
        if live is not None and live.clock.count:
            self._tell(live, live.finish())

    def _tell(self, live: LiveWatch, heard: Iterable[News]) -> None:
        from receiver.detecting import as_bytes

        for news in heard:
            self._tracks.update({track.track_id: track for track in news.tracks})
            self._tracks = {key: t for key, t in self._tracks.items() if not t.ended}
            self.status.beacons = tuple(t for t in self._tracks.values() if t.call != "faint")
            if news.tracks:
                self._tap.beacons(self.address.name, self._stream, list(self._tracks.values()))
            if raw := as_bytes(news, live.when):
                self._submit(raw, self._clock.now())
        if lost := live.clock.lost_samples:
            seconds = self._stream.seconds_of(lost)
            self._complaint = f"{seconds:.2f} s of samples were lost on the way"

    # --- what is kept ---------------------------------------------------------------------------

    def keep(self, folder: Path, say: Callable[[str], None]) -> None:
        """Keep the last and the next minute in a file in `folder`; `say` tells the user."""
        self._keeper.keep(folder, say, self._note)

    def play(self, track: Track, folder: Path, say: Callable[[str], None]) -> None:
        """Make the last minute about a beacon audible, and play it."""
        threading.Thread(target=self._play, args=(track, folder, say), daemon=True).start()

    def _play(self, track: Track, folder: Path, say: Callable[[str], None]) -> None:
        from receiver.samples import tone

        if self._stream.kind != "iq":
            say("this is sound already: listen to the receiver")
            return
        now, ring = self._clock.now(), self._stream.ring
        data, _ = ring.read(ring.since(now.monotonic_ns - KEPT_NS), ring.capacity_bytes)
        offset_hz = track.frequency_hz - (self._stream.frequency_hz or 0.0)
        path = folder / f"maybe-{now.utc:%Y%m%dT%H%M%SZ}-{track.track_id}.wav"
        try:
            whole = tone.Tone(self._stream.form, self._stream.rate_hz, offset_hz)
            tone.write(path, tone.audible(data, whole))
        except (ReceiverError, MemoryError) as error:
            say(f"look out: it cannot be played: {error}")
            return
        played = tone.play(path)
        say(f"{'playing' if played else 'no player here; copy and play'} {path.name}")

    def _note(self, text: str) -> None:
        self._writer.submit(content.entry(content.note(text), self._observer, self._clock))

    def close(self) -> None:
        """End a file that is being written."""
        self._keeper.close()
