"""One place of the spectra at full resolution: the signal about a bin, back in time.

Frames that are one pulse length T apart overlap so that they add up to the signal. A few bins of
each are transformed back and added: that is the signal about a frequency, filtered and thinned out,
for three pulse lengths. Nothing of the samples needs to be kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.spectra import EDGE, HOPS, Layout, Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 40  # that are looked at about a place: +-20 bins of 0.8 / T, so +-800 Hz at 20 ms
STEPS = BINS * 4 // 5  # points in a pulse length
TAPER = 8  # bins at each end that fade out, so that the filter is short
EARLY = 3  # points by which the filter rings before the frame

# Where in the signal a pulse may begin: half a hop, and a point, before and after the frame.
# The sum of points n to m is the signal from half a point before n to half a point after m.
MIDDLE = EARLY + STEPS + EDGE / 2 * STEPS + 0.5
REACH = STEPS // HOPS // 2 + 1
STARTS = np.arange(round(MIDDLE) - REACH, round(MIDDLE) + REACH + 1)
OFFSETS = np.arange(-3, 4) * 0.25  # in bins


class Peaks(NamedTuple):
    """The loudest pulse near each place.

    `q` is its energy over the density of noise. It begins `delay` pulse lengths after the middle of
    the frame's rising edge, `offset` bins above the bin. `longer` is the energy that twice the
    length about the same middle holds: half of `q` for a pulse, twice `q` for what goes on.
    """

    q: Floats
    delay: Floats
    offset: Floats
    longer: Floats


def _taper() -> Floats:
    fade = np.sin(0.5 * np.pi * (np.arange(TAPER) + 0.5) / TAPER) ** 2
    taper = np.ones(BINS)
    taper[:TAPER], taper[-TAPER:] = fade, fade[::-1]
    return taper


def baseband(spectra: Samples, rows: Ints, bins: Ints) -> NDArray[np.complex128]:
    """Return the signal about bins, (places, 2 STEPS + BINS), from T before a row's frame on.

    The first EARLY points lie before that. A point is T / STEPS after the one before it, and the
    sum of the filtered samples of that time.
    """
    around = np.arange(BINS) - BINS // 2
    columns = (bins[:, None] + around) % spectra.shape[1]
    frames = np.array([-HOPS, 0, HOPS])
    cut = spectra[(rows[:, None] + frames)[:, :, None], columns[:, None, :]]
    # A frame begins hop / size = 1/5 of a turn of each bin after the one before it.
    turns = np.exp(-2j * np.pi * np.mod(0.2 * frames * bins[:, None], 1.0))
    pieces = np.fft.ifft(cut * (_taper() * turns[:, :, None]), axis=2)
    # The cut begins BINS / 2 below the bin: half a turn for each point.
    pieces = np.roll(pieces * (1.0 - 2.0 * (np.arange(BINS) % 2)), EARLY, axis=2)
    signal = np.zeros((len(rows), 2 * STEPS + BINS), np.complex128)
    for number in range(3):
        signal[:, number * STEPS : number * STEPS + BINS] += pieces[:, number]
    return signal


def peaks(spectra: Samples, rows: Ints, bins: Ints, noise: Floats, layout: Layout) -> Peaks:
    """Look finely at places: within half a hop in time and 3/4 of a bin in frequency.

    `noise` is the mean square of noise in a sample, for each place.
    """
    signal = baseband(spectra, rows, bins)
    turns = np.exp(-2j * np.pi / BINS * OFFSETS[:, None] * np.arange(signal.shape[1]))
    sums = np.zeros((len(rows), len(OFFSETS), signal.shape[1] + 1), np.complex128)
    np.cumsum(signal[:, None, :] * turns, axis=2, out=sums[:, :, 1:])
    q = np.abs(sums[:, :, STARTS + STEPS] - sums[:, :, STARTS]) ** 2
    q /= (noise * layout.pulse)[:, None, None]
    place = np.arange(len(rows))
    turn, start = np.divmod(q.reshape(len(rows), -1).argmax(axis=1), len(STARTS))
    best = q[place, turn, start]
    late, late_gain = _vertex(q, place, turn, start, axis=2)
    high, high_gain = _vertex(q, place, turn, start, axis=1)
    begin = STARTS[start] - STEPS // 2
    longer = np.abs(sums[place, turn, begin + 2 * STEPS] - sums[place, turn, begin]) ** 2
    return Peaks(
        q=best + late_gain + high_gain,
        delay=(STARTS[start] + late - MIDDLE) / STEPS,
        offset=OFFSETS[turn] + high * 0.25,
        longer=longer / (2.0 * noise * layout.pulse),
    )


def _vertex(
    q: Floats, place: Ints, turn: Ints, start: Ints, axis: int
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return how far from the largest value a parabola through its neighbours is highest."""
    at = [place, turn, start]
    middle = np.clip(at[axis], 1, q.shape[axis] - 2)
    inside = middle == at[axis]
    values = []
    for step in (-1, 0, 1):
        at[axis] = middle + step
        values.append(q[at[0], at[1], at[2]])
    before, here, after = values
    bend = np.minimum(before - 2.0 * here + after, -1e-12)
    shift = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    gain = -0.25 * (before - after) * shift
    return np.where(inside, shift, 0.0), np.where(inside, gain, 0.0)
