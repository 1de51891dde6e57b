"""What is written beside a recording."""

from __future__ import annotations

import threading

from receiver.cli.aside import MOST_WAITING, Aside


def test_a_terminal_that_stands_still_holds_up_nobody() -> None:
    goes_on, written = threading.Event(), list[int]()
    with Aside() as aside:
        aside.do(lambda: goes_on.wait(10.0) and None)
        for number in range(10 * MOST_WAITING):
            aside.do(lambda number=number: written.append(number))  # type: ignore[misc]
        assert written == []
        goes_on.set()
        while not written:
            threading.Event().wait(0.01)
    assert written[0] == 0
    assert len(written) <= MOST_WAITING + 1


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    written = list[str]()

    def gone() -> None:
        raise BrokenPipeError

    with Aside() as aside:
        aside.do(gone)
        aside.do(lambda: written.append("a line"))
    assert written == ["a line"]
