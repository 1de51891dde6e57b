"""The last minute in memory, against a plain list of bytes; and that it never grows."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from receiver.samples.ring import RingBuffer

SECOND = 1_000_000_000


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(1, 50), st.integers(0, 400),
       st.integers(0, 60))  # fmt: skip
def test_ring_holds_the_end_of_all_that_was_pushed(
    pieces: list[bytes], capacity: int, position: int, most: int
) -> None:
    ring = RingBuffer(capacity)
    for number, piece in enumerate(pieces):
        ring.push(piece, number * SECOND)
    whole = b"".join(pieces)
    assert ring.end == len(whole)
    data, first = ring.read(position, most)
    assert first == max(position, len(whole) - capacity, 0)
    assert data == whole[first : first + most]


def test_since_finds_what_came_after_a_time() -> None:
    ring = RingBuffer(100)
    for second in range(10):
        ring.push(bytes([second]) * 4, second * SECOND)
    assert ring.since(7 * SECOND) == 28
    assert ring.since(6 * SECOND + 1) == 28
    assert ring.since(-SECOND) == 0
    assert ring.since(10 * SECOND) == ring.end == 40
    ring.push(bytes(90), 10 * SECOND)
    assert ring.since(-SECOND) == 30


def test_ring_does_not_grow_with_what_comes_in_crumbs_or_in_floods() -> None:
    ring, flood = RingBuffer(1_000_000), bytes(65_536)
    tracemalloc.start()
    for number in range(20_000):
        ring.push(b"x", number * SECOND)
    for number in range(2_000):
        ring.push(flood, (20_000 + number) * SECOND)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 400_000
