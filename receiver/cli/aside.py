"""What is written to a terminal that may have been stopped (Ctrl-S): it holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Full, Queue
from types import TracebackType

MOST_WAITING = 50
END_S = 2.0


class Aside:
    """Does one thing after another in a thread of its own; what it cannot take is left out."""

    def __init__(self) -> None:
        self._waiting: Queue[Callable[[], None] | None] = Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="aside", daemon=True)

    def do(self, deed: Callable[[], None] | None) -> None:
        """Do this as soon as what came before is done."""
        try:
            self._waiting.put_nowait(deed)
        except Full:
            return

    def _run(self) -> None:
        while (deed := self._waiting.get()) is not None:
            with suppress(Exception):  # the terminal is gone, perhaps; the recording goes on
                deed()

    def __enter__(self) -> Aside:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.do(None)
        self._thread.join(END_S)
