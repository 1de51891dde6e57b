"""The likeliest bits behind a convolutional code of rate 1/2 and length 7 (171, 133 octal)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bits = NDArray[np.int64]

LENGTH, GENERATORS = 7, (0o171, 0o133)
STATES = 1 << LENGTH - 1  # the newest bit is the highest


def _parity(values: Bits, mask: int) -> Bits:
    return np.array([(int(value) & mask).bit_count() & 1 for value in values])


_REGISTERS = np.arange(2 * STATES)  # a new bit before a state
# What is sent for each register, as +1 and -1.
_SENT = np.stack([2.0 * _parity(_REGISTERS, mask) - 1.0 for mask in GENERATORS])


def encoded(bits: Bits) -> Bits:
    """Return the two coded bits of each bit, (bits, 2); the register begins with zeros."""
    state, out = 0, np.zeros((len(bits), 2), np.int64)
    for number, bit in enumerate(bits):
        register = int(bit) * STATES | state
        out[number] = [(register & mask).bit_count() & 1 for mask in GENERATORS]
        state = register >> 1
    return out


def decoded(odds: Floats) -> Bits:
    """Return the bits whose code fits the log odds, (bits, 2), best; zeros at both ends."""
    worth = np.full(STATES, -np.inf)
    worth[0] = 0.0
    # Two registers lead to each state: they differ in their oldest bit.
    chosen = np.zeros((len(odds), STATES), np.int64)
    for number, pair in enumerate(odds):
        gained = worth[_REGISTERS % STATES] + pair @ _SENT / 2.0
        either = gained.reshape(STATES, 2)
        chosen[number] = either.argmax(axis=1)
        worth = either.max(axis=1)
    bits, state = np.zeros(len(odds), np.int64), 0
    for number in range(len(odds) - 1, -1, -1):
        bits[number] = state >> LENGTH - 2
        state = (state << 1 | int(chosen[number, state])) % STATES
    return bits
