"""Single pulses at a known frequency, each with its own level, told as soon as it has ended.

For homing by ear: the beacon is strong enough to be heard in one pulse, and what counts is that its
level is told at once and is that of this pulse alone. (`pulses` and `tracks` find the weakest.)

A window of the pulse's length slides over the band about the known frequency, an eighth of its
length a step. In it the power P of each frequency is told by a Fourier transform. Noise N of a
frequency is the median of the last seconds over ln 2. A pulse is where P / N is more than noise
reaches in `FALSE_ALARM_S`; noise of all frequencies at once (an ignition) counts as noise. It has
ended when P has fallen to half: then the window is 1 - 1/sqrt(2) = 0.29 of its length beyond the
pulse's end. What stays longer than some pulse lengths is no pulse.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from receiver.dsp.lowering import MOST_WIDTH, Lowering

Samples = NDArray[np.complex64]
Floats = NDArray[np.float32]

BLOCK_S = 0.02  # samples are taken in such blocks: how they come makes no difference
STEPS = 8  # of the window in a pulse length
PAD = 4  # frequencies in 1 / pulse length
MEDIAN_S, LEAST_ROWS, MEDIAN_EVERY_ROWS = 3.0, 16, 8
FALSE_ALARM_S = 300.0
LOOKS = 12.0  # windows and frequencies that noise may choose among, in each hertz and second
BEYOND = 1.0 - math.sqrt(0.5)
LONGEST = 4.0  # pulse lengths
AGAIN = 4.0  # times louder than since the end of a pulse: the next one
CLIPPED_SHARE = 0.01
QUIET = 1e-12  # of full scale squared: the noise of silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Beep:
    """A pulse: seconds from the first sample to its end, its own power over full scale in dB.

    Noise is taken off. `noise_db` is noise in the pulse's bandwidth on the same scale, `offset_hz`
    its frequency (of sound its pitch). `told_s` is how far samples had come when it was told. Where
    `saturated`, samples were cut off and its level is a lower bound.
    """

    end_s: float
    told_s: float
    level_db: float
    noise_db: float
    offset_hz: float
    saturated: bool


class _Heap(NamedTuple):
    """A pulse that goes on: the window in which it began, its loudest so far, the last one's power.

    `samples` are those of the loudest window and a step more on both sides.
    """

    first: int
    window: int
    bin: int
    power: float
    noise: float
    samples: Samples
    last: float


class Beeper:
    """Measures the pulses in a stream of samples, complex (IQ) or real (sound).

    Args:
        rate_hz: of the samples.
        offset_hz: the frequency from the middle of the band; of sound its pitch.
        drift_hz: how far it may be off.
        pulse_s: the pulse's length.
        full_scale: at which samples are cut off.
        is_real: whether it is sound.
    """

    def __init__(
        self,
        rate_hz: float,
        offset_hz: float,
        drift_hz: float,
        pulse_s: float,
        full_scale: float,
        *,
        is_real: bool = False,
    ) -> None:
        drift_hz = max(min(drift_hz, MOST_WIDTH / 2 * rate_hz - 1 / pulse_s), 1 / pulse_s)
        width_hz = 2 * drift_hz + 2 / pulse_s
        self.lowering = Lowering(rate_hz, offset_hz, width_hz, is_real=is_real)
        self._rate_hz, self._offset_hz, self._scale = rate_hz, offset_hz, full_scale
        self._low_hz = self.lowering.low_hz
        self._size = max(STEPS, round(pulse_s * self._low_hz))
        self._hop = max(1, self._size // STEPS)
        self._points = scipy.fft.next_fast_len(PAD * self._size)
        reach = int(drift_hz / self._low_hz * self._points)
        self._bins = np.arange(-reach, reach + 1)
        self._least = math.log(LOOKS * (2 * drift_hz + 1 / pulse_s) * FALSE_ALARM_S)
        self._rows: deque[Floats] = deque(maxlen=round(MEDIAN_S / pulse_s))
        self._noise: Floats | None = None
        self._carriers: Floats = np.zeros(len(self._bins), np.float32)  # not yet in the median
        self._block = max(1, round(rate_hz * BLOCK_S))
        self._waiting: NDArray[Any] = np.zeros(0, np.float32 if is_real else np.complex64)
        self._taken = 0  # samples
        self._clipped: deque[int] = deque(maxlen=50)  # the last blocks that were cut off
        self._low: Samples = np.zeros(self._hop, np.complex64)  # from a step before a window
        self._window = 0  # number of the next window; the first begins with the first sample
        self._heap: _Heap | None = None
        self._fallen: float | None = None  # least power since a pulse ended, until it is noise

    @property
    def delay_s(self) -> float:
        """How long after its end a pulse is told at most: block, filter, window."""
        late = 2 * self.lowering.delay / self._rate_hz
        return BLOCK_S + late + (BEYOND * self._size + 3 * self._hop) / self._low_hz

    def push(self, samples: NDArray[Any]) -> list[Beep]:
        """Take samples; return the pulses that have ended by now, in order."""
        self._waiting = np.concatenate((self._waiting, samples))
        whole = len(self._waiting) // self._block * self._block
        blocks, self._waiting = self._waiting[:whole], self._waiting[whole:]
        beeps: list[Beep] = []
        for block in blocks.reshape(-1, self._block):
            self._note_clipping(block)
            self._taken += self._block
            self._low = np.concatenate((self._low, self.lowering.push(block)))
            beeps += self._windows()
        return beeps

    # --- windows --------------------------------------------------------------------------------

    def _windows(self) -> list[Beep]:
        size, hop = self._size, self._hop
        count = (len(self._low) - size - 2 * hop) // hop + 1
        if count <= 0:
            return []
        around = np.lib.stride_tricks.sliding_window_view(self._low, size + 2 * hop)[::hop][:count]
        windows = around[:, hop:-hop]
        spectra = scipy.fft.fft(windows, self._points, axis=1)[:, self._bins]
        power = np.square(np.abs(spectra)) / np.float32(size * self._scale) ** 2
        beeps = [self._look(*one) for one in zip(power, around, strict=True)]
        self._low = self._low[count * hop :]
        return [beep for beep in beeps if beep is not None]

    def _look(self, power: Floats, around: Samples) -> Beep | None:
        """Look at the next window, given the power of each frequency in it."""
        number, self._window = self._window, self._window + 1
        if number % STEPS == 0:
            self._learn(power)
        if self._noise is None:
            return None
        ratio: Floats = np.divide(power, np.maximum(self._noise, self._carriers), dtype=np.float32)
        at = int(ratio.argmax())
        if self._heap is not None:
            return self._go_on(number, power, around)
        if self._is_fresh(float(power[at]), float(ratio[at])) and self._stands_out(ratio, at):
            here, noise = float(power[at]), float(self._noise[at])
            self._heap = _Heap(number, number, at, here, noise, around.copy(), here)
        return None

    def _learn(self, power: Floats) -> None:
        """Learn what noise is from windows that do not overlap."""
        self._rows.append(power.copy())
        self._carriers = np.minimum(self._carriers, power)
        count = self._window // STEPS
        if len(self._rows) >= LEAST_ROWS and (
            self._noise is None or count % MEDIAN_EVERY_ROWS == 0
        ):
            middle = np.median(np.stack(self._rows), axis=0) / math.log(2.0)
            # A median of few rows may be low by chance: not below that of most frequencies.
            least = max(float(np.median(middle)), QUIET / self._size)
            self._noise = np.maximum(middle, least).astype(np.float32)

    def _is_fresh(self, power: float, ratio: float) -> bool:
        """Tell whether this is no longer the flank of the pulse that ended last."""
        if self._fallen is not None:
            if power > AGAIN * self._fallen and ratio >= self._least:
                self._fallen = None
            elif ratio < self._least:
                self._fallen = None
                return False
            else:
                self._fallen = min(self._fallen, power)
                return False
        return ratio >= self._least

    def _stands_out(self, ratio: Floats, at: int) -> bool:
        """Tell whether it is louder than what all frequencies have just now."""
        everywhere = float(np.median(ratio)) / math.log(2.0)
        return bool(ratio[at] >= self._least * max(1.0, everywhere))

    def _go_on(self, number: int, power: Floats, around: Samples) -> Beep | None:
        heap = self._heap
        assert heap is not None
        near = slice(max(0, heap.bin - PAD), heap.bin + PAD + 1)
        at = near.start + int(power[near].argmax())
        here = float(power[at])
        if number - heap.first > (LONGEST + 1) * STEPS:
            self._heap, self._carriers = None, power.copy()
            return None
        if here > heap.power:
            self._heap = _Heap(heap.first, number, at, here, heap.noise, around.copy(), here)
            return None
        if here > heap.power / 2:
            self._heap = heap._replace(last=here)
            return None
        self._heap, self._fallen = None, here
        return self._beep(heap, number, here)

    # --- a pulse that has ended -----------------------------------------------------------------

    def _beep(self, heap: _Heap, number: int, here: float) -> Beep:
        """Return a pulse, of which window `number` has less than half the power."""
        power, offset_hz = self._measured(heap)
        half, last, now = (math.sqrt(p) for p in (heap.power / 2, heap.last, here))
        fell = number - 1 + (last - half) / max(last - now, 1e-30)  # amplitudes fall on a line
        lies_s = self.lowering.delay / self._rate_hz
        end_s = (fell * self._hop + (1 - BEYOND) * self._size) / self._low_hz - lies_s
        begin_s = heap.window * self._hop / self._low_hz - lies_s
        first, past = int(begin_s / BLOCK_S), int(end_s / BLOCK_S)
        return Beep(
            end_s=end_s,
            told_s=self._taken / self._rate_hz,
            level_db=_db(max(power - heap.noise, 0.1 * heap.noise)),
            noise_db=_db(heap.noise),
            offset_hz=offset_hz,
            saturated=any(first <= block <= past for block in self._clipped),
        )

    def _measured(self, heap: _Heap) -> tuple[float, float]:
        """Return power and frequency at the top between the windows and their frequencies."""
        size, samples = self._size, heap.samples
        bins = self._bins[heap.bin] + np.linspace(-0.5, 0.5, 9)
        turns = np.exp(-2j * np.pi / self._points * np.outer(bins, np.arange(len(samples))))
        within = slice(self._hop, -self._hop)
        best = int(np.abs(turns[:, within] @ samples[within]).argmax())
        sums = np.cumsum(np.concatenate(([0.0], turns[best] * samples)))
        top = float(np.abs(sums[size:] - sums[:-size]).max()) / (size * self._scale)
        beside_hz = float(bins[best]) / self._points * self._low_hz
        return top * top, self._offset_hz + beside_hz

    def _note_clipping(self, block: NDArray[Any]) -> None:
        numbers = block.view(np.float32)
        if float(np.mean(np.abs(numbers) >= self._scale)) > CLIPPED_SHARE:
            self._clipped.append(self._taken // self._block)


def _db(power: float) -> float:
    return 10.0 * math.log10(power)
