"""Listening to one receiver for a while, between questions to the user: calibration, radio check.

What is heard goes into the journal as always, so a trial is part of the record.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from receiver.address import Address
from receiver.clock import Clock
from receiver.config import Configuration, Setup
from receiver.derive import Derivation
from receiver.errors import SourceError
from receiver.instruments import Tunable
from receiver.journal import Journal, Writer
from receiver.listen import Recorder
from receiver.meters import calibrated
from receiver.notes import content as notes
from receiver.records import Detection, Entry

OPENS_WITHIN_S = 6.0
LOOK_S = 0.05


class Trial(AbstractContextManager["Trial"]):
    """One receiver, recorded while this is open.

    Raises:
        SourceError: the receiver cannot be reached, or says nothing.
    """

    def __init__(
        self, address: Address, journal: Path, configuration: Configuration, clock: Clock
    ) -> None:
        self.name = address.name
        self.observer = configuration.observer
        self._clock = clock
        self._journal = (
            Journal.open(journal) if journal.exists() else Journal.create(journal, configuration)
        )
        self.faults: list[str] = []
        self._writer = Writer(self._journal, self.faults.append)
        self._copy = Journal.open(journal, readonly=True)
        self._derivation = Derivation(configuration)
        self._seq = -1
        for row in self._copy.rows():
            if row.origin == self._copy.origin:
                self._seq = max(self._seq, row.seq)
                if isinstance(row, Entry):  # an earlier calibration holds
                    self._derivation.add(row)
        self._recorder = Recorder(address, self.observer, self._writer, clock)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._recorder.run, args=(self._stop,), daemon=True)
        self._thread.start()

    def setup(self) -> Setup:
        """Return what the receiver hears with, as far as anybody said."""
        known = self._derivation.result().register
        return known.hearing(self.observer, self.name, self._clock.now().utc).setup

    @property
    def tunable(self) -> Tunable | None:
        """The receiver, where it can be told what to listen to."""
        parser = self._recorder.parser
        return parser if isinstance(parser, Tunable) else None

    @property
    def has_meter(self) -> bool:
        """Tell whether it shows a level all the time, and not only what it hears."""
        return self._recorder.parser.expected_interval_s is not None

    def listen(
        self, seconds: float, enough: Callable[[list[Detection]], bool] = lambda found: False
    ) -> list[Detection]:
        """Return what was read in some seconds, or until it is enough.

        Raises:
            SourceError: a receiver with a meter says nothing, or it is lost, and why.
        """
        self._take()  # what came before is of another setting
        begin_ns = self._clock.now().monotonic_ns
        found: list[Detection] = []
        while self._clock.now().monotonic_ns - begin_ns < seconds * 1e9 and not enough(found):
            self._clock.wait(LOOK_S, self._stop)
            found += self._take()
            waited_s = (self._clock.now().monotonic_ns - begin_ns) / 1e9
            if not found and waited_s > OPENS_WITHIN_S and self._is_mute:
                break
        if not found and self._is_mute:
            status = self._recorder.status
            raise SourceError(f"{self.name}: nothing to read; {status.reason or status.state}")
        return self._calibrated(found)

    @property
    def _is_mute(self) -> bool:
        return self.has_meter or self._recorder.status.state == "lost"

    def _calibrated(self, found: list[Detection]) -> list[Detection]:
        known = self._derivation.result().register
        return [
            calibrated(one, known.calibration(self.observer, self.name, one.time)) for one in found
        ]

    def _take(self) -> list[Detection]:
        self._writer.flush(2.0)
        found: list[Detection] = []
        for row in self._copy.rows(after=self._seq):
            if row.origin != self._copy.origin:
                continue
            self._seq = max(self._seq, row.seq)
            events = self._derivation.add(row)
            found += [e for e in events if isinstance(e, Detection) and e.source == self.name]
        return found

    def write(self, content: dict[str, Any]) -> Entry:
        """Commit an entry about this receiver."""
        entry = notes.entry(content, self.observer, self._clock)
        self._writer.submit(entry)
        self._writer.flush(5.0)
        return entry

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join(3.0)
        self._writer.flush(5.0)
        self._writer.stop()
        self._copy.close()
        self._journal.close()
