"""A pseudo-terminal with an emulated collar at its far end."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable
from contextlib import suppress

LONGEST_READ = 4096
ON_ITS_WAY_S = 0.2  # a pseudo-terminal forgets what was not read when it is closed


class Cable:
    """A cable to whatever `answer`s; what it says comes in pieces of `piece_bytes`.

    It is unplugged after `dies_after` bytes, in the middle of whatever is said then.
    """

    def __init__(
        self, answer: Callable[[bytes], list[bytes]], piece_bytes: int, dies_after: int | None
    ) -> None:
        self._answer, self._piece_bytes, self._left = answer, piece_bytes, dies_after
        self._closed = threading.Event()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        threading.Thread(target=self._run, name="emulated collar", daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while heard := os.read(self._master, LONGEST_READ):
                for message in self._answer(heard):
                    self._say(message)
        self._unplug()

    def _say(self, message: bytes) -> None:
        for begin in range(0, len(message), self._piece_bytes):
            piece = message[begin : begin + self._piece_bytes][: self._left]
            os.write(self._master, piece)
            if self._left is not None:
                self._left -= len(piece)
                if self._left == 0:
                    self._closed.wait(ON_ITS_WAY_S)
                    raise OSError("unplugged")

    def _unplug(self) -> None:
        master, self._master = self._master, -1
        if master >= 0:
            os.close(master)

    def close(self) -> None:
        """Unplug it, at both ends."""
        self._closed.set()
        self._unplug()
        with suppress(OSError):
            os.close(self._slave)
