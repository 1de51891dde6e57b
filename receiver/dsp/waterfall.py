"""The picture of a recording: how far each part of the band stood over the noise, and when.

Of each stretch of time and band the loudest is kept, so that a pulse of 20 ms in an hour is seen.
"""

from __future__ import annotations

import numpy as np

from receiver.dsp.spectra import Floats, Layout

COLUMNS, ROWS = 1000, 1000


class Waterfall:
    """At most 2 ROWS rows in time, of COLUMNS parts of the band each; longer ones are merged."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.columns = min(COLUMNS, layout.size)
        self._begins = np.arange(self.columns) * layout.size // self.columns
        self._rows: Floats = np.zeros((2 * ROWS, self.columns), np.float32)
        self._count, self._merged = 0, 1
        self._waiting: list[Floats] = []

    @property
    def row_s(self) -> float:
        """Seconds from one row to the next."""
        return self._merged * self.layout.hop_s

    def add(self, power: Floats, level: Floats) -> None:
        """Take spectra over the floor of their bins."""
        for row in np.maximum.reduceat(power / level, self._begins, axis=1):
            self._waiting.append(row)
            if len(self._waiting) == self._merged:
                self._append(np.max(self._waiting, axis=0))
                self._waiting = []

    def rows_db(self, last: int | None = None) -> Floats:
        """Return the rows, (rows, columns) from the lowest frequency on, in dB over the noise."""
        begin = 0 if last is None else max(0, self._count - last)
        rows = np.maximum(self._rows[begin : self._count], 1e-3)
        return np.asarray(10.0 * np.log10(np.roll(rows, self.columns // 2, axis=1)))

    def _append(self, row: Floats) -> None:
        if self._count == len(self._rows):
            self._count //= 2
            self._merged *= 2
            self._rows[: self._count] = np.maximum(self._rows[0::2], self._rows[1::2])
        self._rows[self._count] = row
        self._count += 1
