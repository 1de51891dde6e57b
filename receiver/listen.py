"""Recording: one thread a source, every byte to the journal before anything is computed from it.

A lost source is opened again with a growing pause and takes no other along; the time without it is
a gap in the journal. Nothing here understands what was heard: `receiver.derive` does, from the
journal, live as in replay.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from receiver import instruments, positions, samples
from receiver.address import Address
from receiver.clock import Clock, Stamp
from receiver.config import Collar
from receiver.errors import (
    ConfigError,
    MissingExtraError,
    ReceiverError,
    SourceError,
    SourceTimeoutError,
)
from receiver.instruments import Answering, Instrument, Polled, Tunable
from receiver.journal import Writer
from receiver.links import EndOfInput, Link, open_link
from receiver.positions import PositionSource
from receiver.records import OWN_RADIO, Detection, Gap, Heard, Source
from receiver.scanning import Plan, Scan
from receiver.status import Role, State, Status
from receiver.tap import NoTap, Tap

if TYPE_CHECKING:
    pass

NO_ANSWER_HINT = "is the receiver on, and are address and speed right?"
READ_TIMEOUT_S = 0.2
DEADLINE_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 5.0
UNREAD_BYTES = 2000
UNREAD = {
    "receiver": "bytes come, but nothing in them can be read: is the speed right (?baud=...)?",
    "position": "bytes come, but no place: no view of the sky yet, or a wrong speed (?baud=...)",
}

# The computer's sleep is noticed where it was longer than this; shorter, nothing was missed.
LEAST_SLEEP_NS = 1_000_000_000
ASLEEP = "this computer slept"


class Recorder:
    """One source: opened, read, asked, answered, opened again."""

    def __init__(
        self,
        address: Address,
        observer: str,
        writer: Writer,
        clock: Clock,
        scan: Scan | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.address = address
        self.role, self.parser = _parser(address)
        self.status = Status(name=address.name, role=self.role)
        self._tap: Tap = tap or NoTap()
        is_tapped = tap is not None and self.role == "receiver"
        self._is_read = is_tapped or isinstance(self.parser, Polled)
        self._scan = scan if isinstance(self.parser, Tunable) else None
        self._expected_s = _expected_s(address)
        self._last: Stamp | None = None
        self._slept_ns = clock.slept_ns()
        self._observer = observer
        self._writer = writer
        self._clock = clock
        self._asked_ns: int | None = None
        self._understood = False
        self._unread_bytes = 0

    def run(self, stop: threading.Event) -> None:
        """Record until `stop` is set or the input ends. Never raises."""
        if self.role != "samples":  # a source in the journal is one whose bytes are there
            self._writer.submit(self.source_row())
        pause_s = FIRST_PAUSE_S
        while not stop.is_set():
            try:
                self._session(stop)
            except (EndOfInput, ConfigError, MissingExtraError) as error:
                self._gap(str(error), "ended")  # trying again would not help
                return
            except Exception as error:  # also a fault of ours: the next try may go well
                pause_s = FIRST_PAUSE_S if self.status.state != "lost" else pause_s
                known = isinstance(error, SourceError)
                if self.status.state != "lost":
                    self._gap(str(error) if known else f"a fault: {error!r}", "lost")
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _session(self, stop: threading.Event) -> None:
        """Record one connection until it is lost."""
        link = open_link(self._wired())
        try:
            self._opened(link)
            while not stop.is_set():
                self._step(link)
        finally:
            link.close()

    def _wired(self) -> Address:
        """Return the address with the speed that the instrument usually has, unless one is said."""
        usual: dict[str, str] = getattr(self.parser, "serial_options", {})
        return replace(self.address, options={**usual, **self.address.options})

    def _opened(self, link: Link) -> None:
        self.parser.reset()
        self._asked_ns = None
        if self.status.state == "lost":
            self._gap("heard again", "hearing", ended=True)
        self.status.state, self.status.reason = "hearing", ""
        self.status.since_ns = self._clock.now().monotonic_ns
        if self._scan is not None and isinstance(self.parser, Tunable):
            self._scan.reset()
            self.parser.prepare()
        if not isinstance(self.parser, Polled | Answering) and (hello := _hello(self.parser)):
            link.write(hello)

    def _step(self, link: Link) -> None:
        """Ask when it is time, read what has come, write it down, answer it."""
        self._watch_sleep()
        self._tune()
        self._ask(link)
        chunk = link.read(self._timeout_s())
        if not chunk:
            self._watch_silence()
            return
        stamp = self._clock.now()
        self._asked_ns = None
        self._write_down(link, chunk, stamp)
        status = self.status
        status.heard_ns, status.state = stamp.monotonic_ns, "hearing"
        status.reason = "" if self._understood else status.reason
        status.chunks += 1
        self._reply(link, chunk, stamp.monotonic_ns)

    def _write_down(self, link: Link, chunk: bytes, stamp: Stamp) -> None:
        self._submit(chunk, stamp, datagram=link.datagrams)

    def _submit(self, raw: bytes, stamp: Stamp, *, datagram: bool = False) -> None:
        self._writer.submit(
            Heard(
                source=self.address.name,
                kind="datagram" if datagram else "bytes",
                time=stamp.utc,
                monotonic_ns=stamp.monotonic_ns,
                boot_id=self._clock.boot_id,
                clock_source=self._clock.source,
                raw=raw,
            )
        )

    def _watch_sleep(self) -> None:
        """Write down that the computer slept: nothing was heard, and nobody was silent."""
        now, slept_ns = self._clock.now(), self._clock.slept_ns()
        if slept_ns - self._slept_ns > LEAST_SLEEP_NS and self._last is not None:
            self._write_gap(ASLEEP, self._last)
            self._write_gap(ASLEEP, now, ended=True)
            self._asked_ns = None
        self._slept_ns, self._last = slept_ns, now

    def _tune(self) -> None:
        if self._scan is None or not isinstance(self.parser, Tunable):
            return
        now = self._clock.now()
        if dial := self._scan.next(now.utc, now.monotonic_ns):
            self.parser.tune(dial.frequency_hz)
            self.status.tuned = f"{dial.collar} {dial.frequency_hz / 1e6:.4f}"

    def _ask(self, link: Link) -> None:
        if isinstance(self.parser, Polled):
            now_ns = self._clock.now().monotonic_ns
            if question := self.parser.poll(now_ns):
                link.write(question)
                self._asked_ns = now_ns if self._asked_ns is None else self._asked_ns

    def _reply(self, link: Link, chunk: bytes, monotonic_ns: int) -> None:
        if isinstance(self.parser, Answering) and (answer := self.parser.answer(chunk)):
            link.write(answer)
        if self._is_read or not self._understood or self._is_live_position():
            self._look_into(chunk, monotonic_ns)

    def _is_live_position(self) -> bool:
        """Tell whether this is a GPS that may begin to stand still, not the log of one."""
        return self.role == "position" and self.address.transport not in ("file", "fixed")

    def _look_into(self, chunk: bytes, monotonic_ns: int) -> None:
        """Let a polled parser know that its question was answered; notice a wrong speed."""
        try:
            found = self.parser.receive(chunk, self._clock.now().utc, monotonic_ns)
        except Exception as error:  # its bytes are saved: it can be read when we are mended
            known = isinstance(error, ReceiverError)
            self.status.reason = str(error) if known else f"a fault in reading: {error!r}"
            return
        self.status.refused = getattr(self.parser, "refused", 0)
        readings = [one for one in found if isinstance(one, Detection)]
        self._tap.readings(self.address.name, readings)
        if self._scan is not None:
            for reading in readings:
                self._scan.read(reading)
        self._unread_bytes += len(chunk)
        if found and not self._understood:
            self._understood, self.status.reason = True, ""
        if self._understood and self._is_live_position():
            self.status.reason = getattr(self.parser, "complaint", "")
        doubtful = self.address.transport == "serial" and not self._understood
        if doubtful and self._unread_bytes > UNREAD_BYTES:
            self.status.reason = UNREAD[self.role]

    def _timeout_s(self) -> float:
        if not isinstance(self.parser, Polled):
            return READ_TIMEOUT_S
        return min(READ_TIMEOUT_S, self.parser.poll_interval_s / self._clock.speed)

    def _watch_silence(self) -> None:
        now_ns = self._clock.now().monotonic_ns
        if self._asked_ns is not None and self._real_s(now_ns - self._asked_ns) > DEADLINE_S:
            raise SourceTimeoutError(
                f"{self.address.name}: no answer for {DEADLINE_S:.0f} s; "
                + getattr(self.parser, "no_answer_hint", NO_ANSWER_HINT),
                str(self.address),
            )
        expected_s = self._expected_s or self.parser.expected_interval_s
        heard_ns = self.status.heard_ns
        if expected_s is not None and heard_ns is not None:
            quiet = now_ns - heard_ns > max(expected_s, READ_TIMEOUT_S) * 1e9
            self.status.state = "silent" if quiet else "hearing"

    def _real_s(self, span_ns: int) -> float:
        return span_ns / 1e9 / self._clock.speed

    def source_row(self) -> Source:
        """Return the row that says how this source's bytes are to be read."""
        return Source(
            source=self.address.name,
            address=str(self.address),
            observer=self._observer,
            receiver=self.address.options.get("receiver"),
            role=self.role,
        )

    def own_radio(self, transmitting: bool) -> None:
        """Write down that the team's own voice radio transmits, or does so no more."""
        self._write_gap(OWN_RADIO, self._clock.now(), ended=not transmitting)

    def _gap(self, reason: str, state: State, *, ended: bool = False) -> None:
        stamp = self._clock.now()
        self.status.state, self.status.reason = state, "" if ended else reason
        self.status.since_ns = stamp.monotonic_ns
        self._write_gap(reason, stamp, ended=ended)

    def _write_gap(self, reason: str, stamp: Stamp, *, ended: bool = False) -> None:
        self._writer.submit(
            Gap(
                source=self.address.name,
                time=stamp.utc,
                monotonic_ns=stamp.monotonic_ns,
                boot_id=self._clock.boot_id,
                reason=reason,
                ended=ended,
            )
        )


def _parser(address: Address) -> tuple[Role, Instrument | PositionSource]:
    if address.instrument in positions.POSITIONS:
        return "position", positions.build(address)
    if address.instrument in samples.SAMPLES:
        return "samples", samples.build(address)
    return "receiver", instruments.build(address)


def _expected_s(address: Address) -> float | None:
    """Return after which silence the user wants to know: `expected_s=600`, None as usual."""
    said = "expected_s" in address.options
    return instruments.seconds(address, "expected_s", 60.0) if said else None


def _hello(parser: Instrument | PositionSource) -> bytes:
    greet: Callable[[], bytes] | None = getattr(parser, "hello", None)
    return greet() if greet else b""


class Listening:
    """All sources of one observer, recorded until `close`."""

    def __init__(
        self,
        addresses: Sequence[Address],
        observer: str,
        writer: Writer,
        clock: Clock,
        plan: Plan | None = None,
        collars: Sequence[Collar] = (),
        tap: Tap | None = None,
    ) -> None:
        from receiver.sampler import Sampler

        self._stop = threading.Event()
        self._transmitting = False
        self._recorders = [
            Sampler(address, observer, writer, clock, collars, tap)
            if address.instrument in samples.SAMPLES
            else Recorder(address, observer, writer, clock, Scan(plan) if plan else None, tap)
            for address in addresses
        ]
        self._samplers = [r for r in self._recorders if isinstance(r, Sampler)]
        self._threads = [
            threading.Thread(target=r.run, args=(self._stop,), name=r.address.name, daemon=True)
            for r in self._recorders
        ]
        for thread in self._threads:
            thread.start()

    @property
    def statuses(self) -> list[Status]:
        """What a screen shows, one for each source."""
        return [recorder.status for recorder in self._recorders]

    def maybe(self) -> str:
        """Say which beacon in samples may be one, "" for none."""
        doubtful = (t for r in self._samplers for t in r.status.beacons if t.call == "maybe")
        track = next(doubtful, None)
        return (
            ""
            if track is None
            else f"{track.collar or 'not listed'} {track.frequency_hz / 1e6:.4f} MHz"
        )

    def play(self, folder: Path, say: Callable[[str], None]) -> None:
        """Play the last minute about the beacon that is heard least surely."""
        beacons = [(track, r) for r in self._samplers for track in r.status.beacons]
        if not beacons:
            say("no beacon is heard in samples")
            return
        track, sampler = min(beacons, key=lambda one: one[0].log_likelihood)
        sampler.play(track, folder, say)

    @property
    def sources(self) -> list[Source]:
        """The rows that say how each source's bytes are to be read."""
        return [r.source_row() for r in self._recorders]

    def own_radio(self, transmitting: bool) -> None:
        """Write down for each receiver that the own voice radio transmits, or does so no more."""
        self._transmitting = transmitting
        for recorder in self._recorders:
            if recorder.role == "receiver":
                recorder.own_radio(transmitting)

    def heard(self, folder: Path, say: Callable[[str], None]) -> None:
        """Keep the last and the next minute of every source of samples in files in `folder`."""
        for sampler in self._samplers:
            sampler.keep(folder, say)

    @property
    def ended(self) -> bool:
        """Tell whether every source has come to its end; without any there is none to come."""
        return bool(self._threads) and not any(thread.is_alive() for thread in self._threads)

    def close(self, timeout_s: float = 3.0) -> None:
        """Stop all sources; may be called twice."""
        self._stop.set()
        if self._transmitting:  # forgotten: nothing would count any more, also tomorrow
            self.own_radio(False)
        for sampler in self._samplers:
            sampler.close()
        for thread in self._threads:
            thread.join(timeout_s)
